//! What a configuration says about a directory server.

use std::path::PathBuf;
use std::time::Duration;

use quibus::config::{Config, ConfigError, Section, section};

use crate::failure_times::FailureTimes;
use crate::quotas::Quotas;

section! {
    /// What a directory server keeps and how it judges silence; read by quibus-directory only.
    pub struct DirectorySettings in "directory" {
        /// The server's folder: its incarnation outlives the process there.
        data: Option<PathBuf> = None, like "\"/var/lib/quibus-directory\"";
        /// TCP address of /livez, /readyz and /metrics; "" for none.
        admin: String = "127.0.0.1:7466".into();
        /// Lets the admin address be another than loopback. Nobody is asked there who he is.
        admin_beyond_loopback: bool = false;
        /// How long a stop may take; what is left then is cut off.
        stop_within: Duration = Duration::from_secs(20);
        /// A peer that was not heard for this long is silent.
        silent_after: Duration = FailureTimes::default().silent_after;
        /// A peer that was silent for this long is down: no longer a recipient.
        down_after: Duration = FailureTimes::default().down_after;
        /// A peer that was down for this long is removed.
        removed_after: Duration = FailureTimes::default().removed_after;
        /// How long everybody has to be heard after this server has started or stood still.
        reattach_grace: Duration = FailureTimes::default().reattach_grace;
        /// The longest wait until everybody has applied a change.
        barrier: Duration = Duration::from_secs(2);
        /// How long the older of two processes of one name has to show that it lives.
        probe: Duration = Duration::from_secs(1);
        /// Most peers at a time.
        max_peers: usize = Quotas::default().peers;
        /// Most peers whose last incarnation is remembered after they left.
        max_remembered: usize = Quotas::default().remembered;
    }
}

impl DirectorySettings {
    /// What a configuration says.
    ///
    /// # Errors
    /// As [`Config::section`], and what must not be zero and is: a server without peers, and
    /// silence that nobody could avoid.
    pub fn of(config: &Config) -> Result<Self, ConfigError> {
        let settings: Self = config.section()?;
        let are_zero = [
            ("silent_after", settings.silent_after.is_zero()),
            ("down_after", settings.down_after.is_zero()),
            ("removed_after", settings.removed_after.is_zero()),
            ("probe", settings.probe.is_zero()),
            ("max_peers", settings.max_peers == 0),
        ];
        config.above_zero(Self::NAME, &are_zero)?;
        Ok(settings)
    }

    /// How long silence has to last to mean something.
    pub fn times(&self) -> FailureTimes {
        FailureTimes {
            silent_after: self.silent_after,
            down_after: self.down_after,
            removed_after: self.removed_after,
            reattach_grace: self.reattach_grace,
        }
    }

    /// How much the server holds.
    pub fn quotas(&self) -> Quotas {
        Quotas {
            peers: self.max_peers,
            remembered: self.max_remembered,
            ..Quotas::default()
        }
    }
}

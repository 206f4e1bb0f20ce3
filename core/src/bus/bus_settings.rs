//! What a configuration says about a bus.

use std::time::Duration;

use bytesize::ByteSize;

use crate::config::{Config, ConfigError, Section, Setting, section};
use crate::peers::Timings;
use crate::session::MemoryBudget;

section! {
    /// How this process takes part in the bus.
    pub struct BusSettings in "bus" {
        /// Directory servers, "host:port" each; one that answers is enough.
        directories: Vec<String> = Vec::new();
        /// The part of this process's name after the dot, where the program names the service only.
        instance: String = "0".into();
        /// How long a start looks for a directory.
        registration_timeout: Duration = Duration::from_secs(10);
        /// How long a send waits for its reply unless it says otherwise.
        send_timeout: Duration = Duration::from_secs(30);
        /// Nothing heard from a peer for this long while something is unacknowledged: it is asked.
        ping_after: Duration = Timings::default().ping_after;
        /// Nothing heard for this long after that: the link is broken, and another is dialled.
        broken_after: Duration = Timings::default().broken_after;
        /// A link on which nothing was exchanged for this long is closed until it is needed.
        idle_after: Duration = Timings::default().idle;
        /// A peer whose lane stays full for this long is slow, and publishers pass it by.
        slow_after: Duration = Timings::default().slow_peer;
        /// What all lanes and links may hold beyond what each has beforehand; at least 16 MiB.
        memory_budget: ByteSize = ByteSize(MemoryBudget::DEFAULT);
    }
}

impl BusSettings {
    /// What a configuration says.
    ///
    /// # Errors
    /// As [`Config::section`], every time-out of zero, and a memory budget below
    /// [`MemoryBudget::LEAST`].
    pub fn of(config: &Config) -> Result<Self, ConfigError> {
        let settings: Self = config.section()?;
        let times = [
            ("registration_timeout", settings.registration_timeout),
            ("send_timeout", settings.send_timeout),
            ("ping_after", settings.ping_after),
            ("broken_after", settings.broken_after),
            ("idle_after", settings.idle_after),
            ("slow_after", settings.slow_after),
        ];
        config.above_zero(Self::NAME, &times.map(|(key, time)| (key, time.is_zero())))?;
        if settings.memory_budget.0 < MemoryBudget::LEAST {
            let least = ByteSize(MemoryBudget::LEAST).show().unwrap_or_default();
            let complaint = format!("two lanes need more; give at least {least}");
            let given = settings.memory_budget.show().unwrap_or_default();
            let fault = config.unfit(Self::NAME, "memory_budget", given, complaint);
            return Err(fault.into());
        }
        Ok(settings)
    }

    /// What all lanes and links of the process may hold.
    pub fn budget(&self) -> MemoryBudget {
        MemoryBudget::new(self.memory_budget.0)
    }

    /// How long things may take between two peers.
    pub fn timings(&self) -> Timings {
        Timings {
            ping_after: self.ping_after,
            broken_after: self.broken_after,
            idle: self.idle_after,
            slow_peer: self.slow_after,
            ..Timings::default()
        }
    }
}

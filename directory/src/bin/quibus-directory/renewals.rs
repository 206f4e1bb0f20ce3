//! Renewed certificates, which are taken while the server runs.

use std::io;
use std::time::SystemTime;

use quibus_quic::Quic;

use crate::failure::Failure;
use crate::health::Health;
use crate::settings::Settings;

/// Requests to read the certificate, its key and the CA bundle again: SIGHUP, elsewhere none.
pub(crate) struct Renewals {
    #[cfg(unix)]
    hangups: tokio::signal::unix::Signal,
}

impl Renewals {
    /// From here on SIGHUP ends the process no more. Needs a tokio runtime.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self {
            #[cfg(unix)]
            hangups: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup())?,
        })
    }

    /// Waits for the next one.
    pub(crate) async fn next(&mut self) {
        #[cfg(unix)]
        if self.hangups.recv().await.is_some() {
            return;
        }
        std::future::pending().await
    }
}

/// Takes what the files say by now. If that is of no use, it says so, and all stays as it was.
pub(crate) fn renew(settings: &Settings, quic: &Quic, health: &Health) {
    let renewed = || -> Result<_, Failure> {
        let (_, credentials) = settings.credentials()?;
        let ends = credentials.certificate().not_after();
        quic.renew(credentials).map_err(Failure::from)?;
        Ok(ends)
    };
    match renewed() {
        Ok(ends) => {
            health.certificate_ends_at(ends);
            let left = ends.duration_since(SystemTime::now()).unwrap_or_default();
            tracing::info!(seconds_left = left.as_secs(), "the certificate is renewed");
        }
        Err(failure) => {
            let error = failure.to_string();
            tracing::error!(error = error.trim(), "the certificate stays the old one");
        }
    }
}

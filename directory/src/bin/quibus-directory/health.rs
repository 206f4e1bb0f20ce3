//! How the server fares.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use quibus_directory::Directory;

/// How the server fares; shared by whoever changes it and whoever asks.
#[derive(Debug)]
pub(crate) struct Health {
    phase: Mutex<Phase>,
    certificate_ends: Mutex<SystemTime>,
}

/// Where the server is in its life.
#[derive(Debug, Clone)]
pub(crate) enum Phase {
    Starting,
    Serving(Arc<Directory>),
    Stopping,
}

impl Health {
    pub(crate) fn new(certificate_ends: SystemTime) -> Arc<Self> {
        Arc::new(Self {
            phase: Mutex::new(Phase::Starting),
            certificate_ends: Mutex::new(certificate_ends),
        })
    }

    pub(crate) fn enter(&self, phase: Phase) {
        *self.phase.lock().unwrap_or_else(PoisonError::into_inner) = phase;
    }

    pub(crate) fn phase(&self) -> Phase {
        let phase = self.phase.lock().unwrap_or_else(PoisonError::into_inner);
        phase.clone()
    }

    pub(crate) fn certificate_ends(&self) -> SystemTime {
        let ends = self.certificate_ends.lock();
        *ends.unwrap_or_else(PoisonError::into_inner)
    }

    /// The certificate is another by now.
    pub(crate) fn certificate_ends_at(&self, moment: SystemTime) {
        let mut ends = self
            .certificate_ends
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *ends = moment;
    }

    /// Whether peers can register; else why not.
    pub(crate) fn readiness(&self, now: SystemTime) -> Result<(), &'static str> {
        match self.phase() {
            Phase::Starting => Err("starting"),
            Phase::Stopping => Err("stopping"),
            Phase::Serving(_) if now > self.certificate_ends() => {
                Err("the certificate has expired; issue a new one and reload (SIGHUP)")
            }
            Phase::Serving(_) => Ok(()),
        }
    }
}

//! How the server fares.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use quibus_directory::Directory;

/// How the server fares; shared by whoever changes it and whoever asks.
#[derive(Debug)]
pub(crate) struct Health {
    phase: Mutex<Phase>,
    certificate_ends: SystemTime,
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
            certificate_ends,
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
        self.certificate_ends
    }

    /// Whether peers can register; else why not.
    pub(crate) fn readiness(&self, now: SystemTime) -> Result<(), &'static str> {
        match self.phase() {
            Phase::Starting => Err("starting"),
            Phase::Stopping => Err("stopping"),
            Phase::Serving(_) if now > self.certificate_ends => {
                Err("the certificate has expired; issue a new one and restart")
            }
            Phase::Serving(_) => Ok(()),
        }
    }
}

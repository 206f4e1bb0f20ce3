//! How a link ended, in the words of the contract.

use std::sync::{Arc, OnceLock};

use quibus::transport::{CloseReason, LinkEnd};
use quinn::{Connection, ConnectionError};

use crate::settings;

/// Remembers the reason for which this side closed a link, which quinn does not, and translates
/// quinn's errors into ends. Shared by a link and its lanes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ending {
    here: Arc<OnceLock<CloseReason>>,
}

impl Ending {
    /// Closes `connection` unless it has ended already.
    pub(crate) fn close(&self, connection: &Connection, reason: CloseReason) {
        if connection.close_reason().is_some() {
            return;
        }
        let reason = *self.here.get_or_init(|| reason);
        connection.close(settings::code(reason), b"");
    }

    /// What `error` means.
    pub(crate) fn classify(&self, error: &ConnectionError) -> LinkEnd {
        match error {
            // Nobody closed the link itself: the transport as a whole was.
            ConnectionError::LocallyClosed => {
                LinkEnd::Here(self.here.get().copied().unwrap_or(CloseReason::Stopping))
            }
            ConnectionError::ApplicationClosed(close) => {
                LinkEnd::There(CloseReason::from_code(close.error_code.into_inner()))
            }
            ConnectionError::TimedOut => {
                LinkEnd::Broken("no packet came within the idle time-out".to_owned())
            }
            ConnectionError::Reset => {
                LinkEnd::Broken("the other process knows nothing of it: it restarted".to_owned())
            }
            // The reason in it is the other side's text, so only its number is shown.
            ConnectionError::ConnectionClosed(close) => {
                let code = u64::from(close.error_code);
                LinkEnd::Broken(format!(
                    "the other side's QUIC layer gave up (error {code:#x})"
                ))
            }
            other => LinkEnd::Broken(other.to_string()),
        }
    }
}

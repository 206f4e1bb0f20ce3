//! Why the directory could not be asked.

use crate::directory::contract::RequestError;
use crate::message::HandlerError;

use super::send_error::SendError;

/// What to do about a request to the directory that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Setback {
    /// Nobody answered: attach again, perhaps elsewhere, and repeat.
    Unanswered(String),
    /// This run is unknown there: register again.
    Unknown,
    /// A newer process has this peer id.
    Fenced,
    /// The request itself is refused; repeating it changes nothing.
    Refused(String),
}

impl From<SendError<RequestError>> for Setback {
    fn from(error: SendError<RequestError>) -> Self {
        match error {
            SendError::Rejected(RequestError::NotRegistered) => Self::Unknown,
            SendError::Rejected(RequestError::Fenced(_)) => Self::Fenced,
            SendError::Rejected(refused) => Self::Refused(refused.to_string()),
            SendError::Failed { .. } | SendError::Panicked | SendError::Undecodable { .. } => {
                Self::Refused(text(&error))
            }
            other => Self::Unanswered(text(&other)),
        }
    }
}

fn text<E: HandlerError>(error: &SendError<E>) -> String {
    match error {
        SendError::Rejected(error) => error.to_string(),
        SendError::Failed { text, .. } => text.clone(),
        SendError::TimedOut { .. } => "no answer in time".into(),
        other => format!("{other:?}"),
    }
}

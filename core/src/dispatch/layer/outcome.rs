//! How a call ended.

use std::any::Any;
use std::fmt;
use std::sync::Mutex;

use super::super::Completion;
use crate::message::{Body, WireError};

/// How a call ended, as layers see it and as they may end one themselves.
#[derive(Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// The handler returned.
    Handled(Reply),
    /// It refused with the error that the command declares.
    Rejected(WireError),
    /// It failed with any other error, or an extractor refused: the text.
    Failed(String),
    /// It failed because the command's body is lost: the text.
    BodyBroken(String),
    /// It panicked.
    Panicked(PanicPayload),
    /// The bytes are no message of its type: the text.
    Undecodable(String),
    /// A rule forbids it: the text. No handler ends so; a layer may.
    Refused(String),
    /// There is too much to do, and nothing was done. No handler ends so; a layer may.
    Overloaded,
}

impl Outcome {
    /// Whether the handler returned without an error.
    pub fn is_handled(&self) -> bool {
        matches!(self, Self::Handled(_))
    }

    /// The kind of end in one word, for metrics and logs.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Handled(_) => "handled",
            Self::Rejected(_) => "rejected",
            Self::Failed(_) => "failed",
            Self::BodyBroken(_) => "body-broken",
            Self::Panicked(_) => "panicked",
            Self::Undecodable(_) => "undecodable",
            Self::Refused(_) => "refused",
            Self::Overloaded => "overloaded",
        }
    }
}

/// The kind of end, and what there is to say of it.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())?;
        match self {
            Self::Rejected(error) => write!(f, ": {}", error.text),
            Self::Failed(text)
            | Self::BodyBroken(text)
            | Self::Undecodable(text)
            | Self::Refused(text) => write!(f, ": {text}"),
            Self::Handled(_) | Self::Panicked(_) | Self::Overloaded => Ok(()),
        }
    }
}

/// What a handler's error means without its types.
impl From<Completion> for Outcome {
    fn from(completion: Completion) -> Self {
        match completion {
            Completion::Rejected(error) => Self::Rejected(error),
            Completion::Failed(text) => Self::Failed(text),
            Completion::BodyBroken(text) => Self::BodyBroken(text),
            Completion::Handled | Completion::HandledWithBody | Completion::Ended(_) => {
                Self::Failed("it ended without its reply".into())
            }
        }
    }
}

/// The reply of a handler, on its way out through the layers.
pub struct Reply {
    pub(super) value: Box<dyn Any + Send>,
    pub(super) body: Option<Body>,
}

impl Reply {
    /// The reply, if the handler's message is answered by `R`s.
    pub fn get<R: 'static>(&self) -> Option<&R> {
        self.value.downcast_ref()
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("body", &self.body.is_some())
            .finish_non_exhaustive()
    }
}

/// What a handler panicked with; its process has logged that already.
pub struct PanicPayload(Mutex<Box<dyn Any + Send>>);

impl PanicPayload {
    pub(super) fn new(payload: Box<dyn Any + Send>) -> Self {
        Self(Mutex::new(payload))
    }

    pub(super) fn into_inner(self) -> Box<dyn Any + Send> {
        self.0.into_inner().unwrap_or_else(|kept| kept.into_inner())
    }
}

impl fmt::Debug for PanicPayload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PanicPayload")
    }
}

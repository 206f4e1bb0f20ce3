//! Why a body ended before its end.

use std::error::Error;
use std::io;

/// Why a body ended before its end. What was read of it until then is not all of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BodyError {
    /// Its link broke, or its sender restarted, before all of it was here; send the message again.
    #[error("the body broke off: {reason}")]
    Broken {
        /// What broke.
        reason: String,
    },
    /// Its sender gave it up: dropped the send, ran into its deadline, or is gone.
    #[error("its sender has given the body up")]
    Cancelled,
    /// What its sender made it of has failed.
    #[error("the body's source failed: {text}")]
    Failed {
        /// The source's error, at most 1 KiB.
        text: String,
    },
    /// It did not begin within the time of its message: no link, or all places of its sender taken
    /// by other bodies, of which four are read at once.
    #[error("the body did not begin in time: read it sooner, or fewer at once from one peer")]
    TooLate,
    /// It is longer than its reader wanted to collect.
    #[error("the body is longer than {limit} bytes")]
    TooLarge {
        /// The reader's limit in bytes.
        limit: usize,
    },
}

impl BodyError {
    /// Whether the body itself is not there, as opposed to not being wanted.
    fn is_loss(&self) -> bool {
        !matches!(self, Self::TooLarge { .. })
    }

    /// The loss of a body that `error` stands for, also where it went through `io::Error`.
    pub(crate) fn lost_in<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Self> {
        let mut next = Some(error);
        while let Some(error) = next {
            let through_io = error
                .downcast_ref::<io::Error>()
                .and_then(io::Error::get_ref);
            let found: Option<&'a Self> = match through_io {
                Some(inner) => (inner as &(dyn Error + 'static)).downcast_ref(),
                None => error.downcast_ref(),
            };
            if found.is_some_and(Self::is_loss) {
                return found;
            }
            next = error.source();
        }
        None
    }
}

impl From<BodyError> for io::Error {
    fn from(error: BodyError) -> Self {
        let kind = match error {
            BodyError::Broken { .. } => io::ErrorKind::UnexpectedEof,
            BodyError::Cancelled => io::ErrorKind::ConnectionAborted,
            BodyError::TooLate => io::ErrorKind::TimedOut,
            BodyError::Failed { .. } | BodyError::TooLarge { .. } => io::ErrorKind::Other,
        };
        Self::new(kind, error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_body_is_found_behind_the_errors_it_went_through() {
        #[derive(Debug, thiserror::Error)]
        #[error("the archive cannot be unpacked")]
        struct Unpacking(#[source] io::Error);
        let lost = BodyError::Cancelled;
        let through = Unpacking(io::Error::from(lost.clone()));
        assert_eq!(BodyError::lost_in(&lost), Some(&lost));
        assert_eq!(BodyError::lost_in(&through), Some(&lost));
        let unwanted = BodyError::TooLarge { limit: 1 };
        assert_eq!(BodyError::lost_in(&unwanted), None);
        assert_eq!(BodyError::lost_in(&io::Error::other("x")), None);
    }
}

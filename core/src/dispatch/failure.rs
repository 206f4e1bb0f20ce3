//! How a handler fails.

use std::any::Any;
use std::error::Error;
use std::fmt;

use crate::message::Untyped;

/// Any error, sendable between threads.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// What handlers, and `main`, return: `?` takes the declared error `E` (the caller gets it typed)
/// and any other error (the caller gets its text).
///
/// ```
/// #[derive(Debug, thiserror::Error, quibus::HandlerError)]
/// enum OrderError {
///     #[error("the shop is closed")]
///     #[quibus(code = 410)]
///     Closed,
/// }
///
/// fn quantity(text: &str, open: bool) -> quibus::Result<u32, OrderError> {
///     if !open {
///         Err(OrderError::Closed)?;
///     }
///     Ok(text.parse()?)
/// }
///
/// use quibus::Failure;
/// assert!(matches!(quantity("3", false), Err(Failure::Rejected(OrderError::Closed))));
/// assert!(matches!(quantity("x", true), Err(Failure::Other(_))));
/// ```
pub type Result<T = (), E = Untyped> = std::result::Result<T, Failure<E>>;

/// Why a handler has no reply.
///
/// It is not a `std::error::Error` (as `anyhow::Error` is not), so that every error converts into
/// it. The price: `?` does not convert a `Box<dyn Error>` or an `anyhow::Error`; the handler of a
/// message without a declared error may return those types themselves.
pub enum Failure<E = Untyped> {
    /// The declared error: part of the contract.
    Rejected(E),
    /// Any other error; its text, at most 1 KiB, is all that travels.
    Other(BoxError),
}

impl<E: 'static, X: Error + Send + Sync + 'static> From<X> for Failure<E> {
    fn from(error: X) -> Self {
        // whether `X` is `E` is known only here: two impls would overlap
        let mut error = Some(error);
        if let Some(declared) = (&mut error as &mut dyn Any).downcast_mut::<Option<E>>()
            && let Some(declared) = declared.take()
        {
            return Self::Rejected(declared);
        }
        match error {
            Some(error) => Self::Other(error.into()),
            None => Self::Other("the error was lost".into()),
        }
    }
}

impl<E: fmt::Display> fmt::Display for Failure<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejected(error) => error.fmt(f),
            Self::Other(error) => error.fmt(f),
        }
    }
}

/// Prints what a person reads when `main` returns it: the text, then the causes.
impl<E: fmt::Display> fmt::Debug for Failure<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        let mut cause = match self {
            Self::Rejected(_) => None,
            Self::Other(error) => error.source(),
        };
        while let Some(error) = cause {
            write!(f, "\n  because: {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, thiserror::Error)]
    #[error("declared")]
    struct Declared;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot start")]
    struct Outer(#[source] std::num::ParseIntError);

    fn parse_error() -> std::num::ParseIntError {
        "x".parse::<u8>().unwrap_err()
    }

    #[test]
    fn the_declared_error_stays_typed_and_any_other_becomes_text() {
        let failure = Failure::<Declared>::from(Declared);
        assert!(matches!(failure, Failure::Rejected(Declared)));
        let failure = Failure::<Declared>::from(parse_error());
        assert!(matches!(&failure, Failure::Other(error) if error.is::<std::num::ParseIntError>()));
        assert_eq!(failure.to_string(), parse_error().to_string());
    }

    #[test]
    fn the_end_of_main_shows_the_causes() {
        let failure = Failure::<Untyped>::from(Outer(parse_error()));
        let shown = format!("cannot start\n  because: {}", parse_error());
        assert_eq!(format!("{failure:?}"), shown);
    }
}

//! Which errors a handler may return.

use super::{BoxError, Failure};
use crate::message::{HandlerError, Untyped};

/// An error that the handler of a message with the declared error `E` may return: `E` itself, a
/// [`Failure`], and where no error is declared anything that becomes a boxed error.
#[diagnostic::on_unimplemented(
    message = "the command declares the error `{E}`, its handler returns the error `{Self}`",
    label = "not the declared error",
    note = "return `quibus::Result<Reply, {E}>`: then `?` takes `{E}` (typed at the caller) and \
            any other error (text only)"
)]
pub trait IntoFailure<E> {
    /// The failure it is.
    fn into_failure(self) -> Failure<E>;
}

impl<E: HandlerError> IntoFailure<E> for E {
    fn into_failure(self) -> Failure<E> {
        Failure::Rejected(self)
    }
}

impl<E> IntoFailure<E> for Failure<E> {
    fn into_failure(self) -> Self {
        self
    }
}

impl<X: Into<BoxError>> IntoFailure<Untyped> for X {
    fn into_failure(self) -> Failure<Untyped> {
        Failure::Other(self.into())
    }
}

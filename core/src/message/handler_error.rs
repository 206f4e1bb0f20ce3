//! The typed error of a command.

use std::fmt;

use super::WireError;
use super::schema::ErrorsDraft;

/// The typed error of a command; written by `derive(HandlerError)`.
///
/// It is part of the contract: callers match on it.
///
/// ```
/// use quibus::message::{HandlerError, WireError};
///
/// #[derive(Debug, PartialEq, thiserror::Error, quibus::HandlerError)]
/// enum OrderError {
///     #[error("sku {0} is not sold here")]
///     #[quibus(code = 404)]
///     UnknownSku(String),
///     #[error("the stock is being counted")]
///     Counting, // without a code: callers see its text only
/// }
///
/// let sent = OrderError::UnknownSku("A9".into()).to_wire().unwrap();
/// assert_eq!((sent.code, sent.text.as_str()), (404, "sku A9 is not sold here"));
/// assert_eq!(OrderError::from_wire(&sent), Some(OrderError::UnknownSku("A9".into())));
/// assert_eq!(OrderError::Counting.to_wire(), None);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the `error` of a command",
    label = "not a handler's error",
    note = "derive `quibus::HandlerError` and give each variant that travels a code: \
            `#[quibus(code = 404)]`"
)]
pub trait HandlerError: fmt::Debug + fmt::Display + Send + Sync + 'static {
    /// What travels; `None` if this variant stays home and only its text travels.
    fn to_wire(&self) -> Option<WireError>;

    /// The variant that travelled; `None` if its code or its details are unknown here, which the
    /// caller sees as a failure with code and text.
    fn from_wire(error: &WireError) -> Option<Self>
    where
        Self: Sized;

    /// Says which variants travel and what they carry, for the description of the command.
    fn describe(errors: &mut ErrorsDraft<'_>)
    where
        Self: Sized,
    {
        let _ = errors;
    }
}

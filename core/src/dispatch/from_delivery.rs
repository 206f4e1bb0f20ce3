//! What a handler may take beside its message.

use super::{Delivery, Needs, Rejection, Single};
use crate::id::MessageId;
use crate::message::Headers;

/// What a handler may take beside its message: an *extractor*.
///
/// `Mode` says for how many messages a call is made; what belongs to one message, as its sender
/// does, is there in [`Single`] mode only.
///
/// ```
/// use quibus::dispatch::{Delivery, FromDelivery, Rejection};
///
/// /// The tenant that a message speaks for.
/// struct Tenant(String);
///
/// impl FromDelivery for Tenant {
///     fn from_delivery(delivery: &Delivery<'_>) -> Result<Self, Rejection> {
///         match delivery.header("tenant") {
///             Some(name) => Ok(Tenant(name.into())),
///             None => Err(Rejection::new("the header `tenant` is missing")),
///         }
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an extractor of a `{Mode}` handler",
    label = "cannot be taken from a delivery",
    note = "a handler takes its message first, then extractors: `State<T>`, `Bus`, `Sender`, \
            `MessageId`, `Deadline`, `Headers`, `Body`",
    note = "for state write `State(name): State<{Self}>` and give it with `.state(…)`; for your \
            own extractor implement `FromDelivery`"
)]
pub trait FromDelivery<Mode = Single>: Sized {
    /// Takes it, or says why the message cannot be handled.
    fn from_delivery(delivery: &Delivery<'_>) -> Result<Self, Rejection>;

    /// Says what has to be given before the start; without it a start fails, so that no message
    /// has to.
    fn needs(needs: &mut Needs) {
        let _ = needs;
    }
}

impl FromDelivery for MessageId {
    fn from_delivery(delivery: &Delivery<'_>) -> Result<Self, Rejection> {
        Ok(delivery.message_id())
    }
}

impl FromDelivery for Headers {
    fn from_delivery(delivery: &Delivery<'_>) -> Result<Self, Rejection> {
        delivery.headers().map_err(Rejection::new)
    }
}

//! What every message is.

use super::schema::{TypeDescription, Undescribed};
use super::{Codec, Deliver, HandlerError, MessageKind, TypeFacts};
use crate::binding::RoutingKey;

/// A type that travels on the bus; written by `derive(Command)` or `derive(Event)`.
///
/// No message needs `Clone`: it is encoded once for all its recipients.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a message",
    label = "not a message",
    note = "a message derives `quibus::Command` or `quibus::Event`"
)]
pub trait Message: Sized + Send + 'static {
    /// The stable name of the type, `Namespace.Name`. Renaming the Rust type must not change it
    /// (promise 2).
    const NAME: &'static str;

    /// Command or event.
    const KIND: MessageKind;

    /// Whether it is never kept for a peer that is away (promise 9).
    const TRANSIENT: bool = false;

    /// Whether peers subscribe to it. What is not routed is made by the bus for its own process
    /// alone; messages of yours are.
    const ROUTED: bool = true;

    /// The ordered channel it travels in (promise 17).
    const LANE: &'static str = "default";

    /// Whether it neither waits nor is sent again: at once on the link that is there, or not at all,
    /// and lost with that link, of which its sender hears (promise 17). Only commands are.
    const UNSEQUENCED: bool = false;

    /// Who takes a command that several peers handle (promise 10).
    const DELIVER: Deliver = Deliver::One;

    /// How it and its reply become bytes.
    type Codec: Codec<Self> + Codec<Self::Reply>;

    /// What its handler answers; `()` for an event.
    type Reply: Send + 'static;

    /// What its handler may refuse it with; [`Untyped`](super::Untyped) for an event and where
    /// none is declared.
    type Error: HandlerError;

    /// Appends the values of its routing fields to an empty key. One without routing fields goes
    /// to every subscriber of its type (promise 6).
    fn write_key(&self, key: &mut RoutingKey) {
        let _ = key;
    }
    /// What this process tells others of the type; the derives give it a descriptor, without which
    /// tools can only show and send its bytes.
    fn describe() -> TypeDescription {
        TypeDescription::without::<Self>(Undescribed::ByHand)
    }

    /// What the bus has to know of the type of this very message; the constants above, unless its
    /// type is known at run time only.
    #[doc(hidden)]
    #[inline]
    fn facts(&self) -> TypeFacts {
        TypeFacts::of::<Self>()
    }
}

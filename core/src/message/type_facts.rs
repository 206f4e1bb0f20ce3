//! What the bus has to know of a message's type to carry it.

use super::{Codec, Deliver, Message};

/// What the bus has to know of a message's type to carry it: constants of the Rust type, unless
/// the type is known at run time only.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TypeFacts {
    /// The stable name.
    pub name: &'static str,
    /// The codec's number.
    pub codec: u8,
    /// The lane it travels in.
    pub lane: &'static str,
    /// Whether the lane is an unsequenced one.
    pub unsequenced: bool,
    /// Who takes a command that several peers handle.
    pub deliver: Deliver,
}

impl TypeFacts {
    /// Those of a Rust type.
    #[inline]
    pub fn of<M: Message>() -> Self {
        Self {
            name: M::NAME,
            codec: <M::Codec as Codec<M>>::ID,
            lane: M::LANE,
            unsequenced: M::UNSEQUENCED,
            deliver: M::DELIVER,
        }
    }
}

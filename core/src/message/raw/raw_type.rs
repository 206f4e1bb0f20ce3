//! A type that is known at run time only.

use super::invalid_raw_type::InvalidRawType;
use super::kept_names::keep;
use crate::message::{Codec, Deliver, Prost, TypeFacts};

/// What the bus has to know of a type that this process learns of at run time. Where it says
/// nothing else, a type is as the derives make it: encoded by [`Prost`], in the lane `default`,
/// with one peer to handle it if it is a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawType(TypeFacts);

impl RawType {
    /// The type of this stable name, for instance `Shop.PlaceOrder`.
    ///
    /// # Errors
    /// If it cannot be a name, or this process has named 4,096 types and lanes at run time: names
    /// are kept until it ends.
    pub fn new(name: &str) -> Result<Self, InvalidRawType> {
        Ok(Self(TypeFacts {
            name: keep("type", name)?,
            codec: <Prost as Codec<()>>::ID,
            lane: "default",
            unsequenced: false,
            deliver: Deliver::One,
        }))
    }

    /// Its messages are encoded by the codec of this number.
    #[must_use]
    pub fn codec(mut self, codec: u8) -> Self {
        self.0.codec = codec;
        self
    }

    /// Its messages travel in this lane.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn lane(mut self, lane: &str) -> Result<Self, InvalidRawType> {
        self.0.lane = keep("lane", lane)?;
        Ok(self)
    }

    /// Whether its commands neither wait nor are sent again, as
    /// [`Message::UNSEQUENCED`](crate::message::Message::UNSEQUENCED) says. Events are not concerned.
    #[must_use]
    pub fn unsequenced(mut self, unsequenced: bool) -> Self {
        self.0.unsequenced = unsequenced;
        self
    }

    /// Who takes it, if it is a command that several peers handle.
    #[must_use]
    pub fn deliver(mut self, deliver: Deliver) -> Self {
        self.0.deliver = deliver;
        self
    }

    /// Its stable name.
    pub fn name(&self) -> &'static str {
        self.0.name
    }

    pub(crate) fn facts(&self) -> TypeFacts {
        self.0
    }
}

//! Why a type has no descriptor.

use std::fmt;

/// Why a type has no descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Undescribed {
    /// It is not encoded as protobuf.
    Codec = 1,
    /// Whoever wrote it says `#[quibus(opaque)]`.
    Opaque = 2,
    /// It implements `Message` by hand.
    ByHand = 3,
    /// Its descriptor has more bytes than may be registered.
    TooLarge = 4,
}

impl Undescribed {
    const ALL: [Self; 4] = [Self::Codec, Self::Opaque, Self::ByHand, Self::TooLarge];

    pub(super) fn of_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|known| *known as u8 == code)
    }
}

/// The rest of a sentence that begins with the type's name.
impl fmt::Display for Undescribed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Codec => "is not encoded as protobuf",
            Self::Opaque => "is opaque: its author wrote #[quibus(opaque)]",
            Self::ByHand => "implements Message by hand, which describes nothing",
            Self::TooLarge => "has a descriptor that is larger than a directory takes",
        })
    }
}

//! Which of the two kinds of message is derived.

/// Which of the two kinds of message is derived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Command,
    Event,
}

impl Kind {
    /// The kind with its article, for error texts.
    pub(crate) fn with_article(self) -> &'static str {
        match self {
            Self::Command => "a command",
            Self::Event => "an event",
        }
    }

    /// What `#[quibus(…)]` takes on a type of this kind.
    pub(crate) fn allowed(self) -> &'static str {
        match self {
            Self::Command => {
                "`namespace`, `name`, `reply`, `error`, `codec`, `transient`, `unsequenced`, \
                 `lane`, `deliver`, `opaque` and `route_fn`"
            }
            Self::Event => {
                "`namespace`, `name`, `codec`, `transient`, `lane`, `opaque` and \
                            `route_fn`"
            }
        }
    }
}

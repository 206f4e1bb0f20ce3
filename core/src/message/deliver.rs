//! Who takes a command that several peers handle.

/// Who takes a command that several other peers handle (promise 10).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Deliver {
    /// There must be one: several are an error that lists them.
    #[default]
    One,
    /// The one with the fewest commands in flight; one that is up before one that is silent.
    Any,
}

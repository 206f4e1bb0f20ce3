//! Two processes with one name.

/// Asks a registered process whether it still lives, because another one claims its peer id. An
/// answer within a second refuses the newer process, silence lets it replace this one
/// (promise 31).
#[derive(Clone, PartialEq, prost::Message, quibus::Command)]
#[quibus(namespace = "Quibus.Directory", lane = "infrastructure", transient, opaque, reply = Present)]
pub struct Probe {
    #[prost(string, tag = "1")]
    claimant: String,
}

impl Probe {
    /// The other process is at `claimant`.
    pub fn new(claimant: impl Into<String>) -> Self {
        Self {
            claimant: claimant.into(),
        }
    }

    /// Where the other process is; for people, to be escaped.
    pub fn claimant(&self) -> &str {
        &self.claimant
    }
}

/// The answer to [`Probe`]: this process lives.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Present {}

//! What the echo service is asked.

/// Asks for a text back.
#[derive(Clone, PartialEq, prost::Message, quibus::Command)]
#[quibus(namespace = "Examples", reply = String, error = EchoError)]
pub struct Echo {
    /// What to say.
    #[prost(string, tag = "1")]
    pub text: String,
}

/// Why nothing is said back.
#[derive(Debug, PartialEq, thiserror::Error, quibus::HandlerError)]
pub enum EchoError {
    /// The text is too long.
    #[error("a text of {0} bytes is too long: 20 are said back")]
    #[quibus(code = 10)]
    TooLong(u64),
}

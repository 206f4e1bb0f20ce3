//! What the hello programs say to each other.

/// Asks for a greeting; the reply is its text.
#[derive(Clone, PartialEq, prost::Message, quibus::Command)]
#[quibus(namespace = "Hello", reply = String)]
pub struct Greet {
    /// Who wants to be greeted.
    #[prost(string, tag = "1")]
    pub name: String,
}

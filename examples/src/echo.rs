//! What the echo service and its client have in common: two messages, and how they join the bus.

use crate::development::Development;
use quibus::{Builder, Bus};

/// Asks the echo service for its text back.
#[derive(Clone, PartialEq, prost::Message, quibus::Command)]
#[quibus(namespace = "Examples", reply = EchoReply)]
pub struct Echo {
    /// What to say.
    #[prost(string, tag = "1")]
    pub text: String,
}

/// The echo.
#[derive(Clone, PartialEq, prost::Message, quibus::Schema)]
pub struct EchoReply {
    /// What was said.
    #[prost(string, tag = "1")]
    pub text: String,
}

/// A bus with the certificate and the directory of the examples' folder.
///
/// # Errors
/// If the folder holds none, or none that is valid.
pub fn bus(name: &str) -> quibus::Result<Builder> {
    let network = Development::here();
    Ok(Bus::builder(name)
        .transport(network.peer(name)?)
        .directory(network.directory_address()?))
}

//! A directory for the other programs, and the certificates they need.
//!
//! `directory [ADDRESS] [FOLDER]`: where it listens, and where certificates and its address are
//! put for others to find.

use std::env;
use std::sync::Arc;

use quibus_directory::{DirectoryConfig, embed};
use quibus_examples::development::Development;

#[tokio::main]
async fn main() -> quibus::Result {
    let mut arguments = env::args().skip(1);
    let address = arguments.next();
    let address = address.as_deref().unwrap_or(Development::ADDRESS);
    let network = arguments
        .next()
        .map_or_else(Development::here, Development::at);
    network.prepare(&["Echo.0", "EchoClient.0", "EchoPrinter.0"])?;

    let wire = network.directory()?.listen(address);
    let directory = embed(DirectoryConfig::new(Development::DIRECTORY, Arc::new(wire))).await?;
    network.announce(directory.address())?;
    println!("{} at {}", directory.peer(), directory.address());
    Ok(directory.run().await?)
}

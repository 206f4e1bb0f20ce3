//! A directory, a service and a caller in one process, over QUIC on loopback.

use std::sync::Arc;

use quibus::{Bus, Identity};
use quibus_certs::issue::{DevelopmentCa, Validity};
use quibus_directory::{DirectoryConfig, embed};
use quibus_quic::Quic;

#[derive(Clone, PartialEq, prost::Message, quibus::Command)]
#[quibus(namespace = "Hello", reply = String)]
struct Greet {
    #[prost(string, tag = "1")]
    name: String,
}

async fn greet(command: Greet) -> String {
    format!("Hello, {}!", command.name)
}

#[tokio::main]
async fn main() -> quibus::Result {
    let ca = DevelopmentCa::create("hello", DevelopmentCa::VALID_FOR)?;
    let quic = |identity| -> quibus::Result<Quic> {
        let credentials = ca.issue(&identity, Validity::default())?.credentials()?;
        Ok(Quic::with(credentials).listen("127.0.0.1:0"))
    };
    let wire = Arc::new(quic(Identity::Directory("Directory.0".parse()?))?);
    let directory = embed(DirectoryConfig::new("Directory.0", wire)).await?;
    let address = directory.address();
    let join = |name: &str| -> quibus::Result<_> {
        let wire = quic(Identity::Peer(name.parse()?))?;
        Ok(Bus::builder(name).transport(wire).directory(address))
    };
    let _greeter = join("Greeter.0")?.handle(greet).start().await?;
    let caller = join("Caller.0")?.start().await?;
    let name = "world".into();
    println!("{}", caller.send(Greet { name }).await?);
    Ok(())
}

//! One thing at a time, each in a file of its own that reads like a program: `tour typed-error`,
//! `routing`, `state-and-layers`, `subscribe`, `body`, `serde-types`.

mod body;
mod routing;
mod serde_types;
mod state_and_layers;
mod subscribe;
mod typed_error;

use quibus_examples::Usage;

#[tokio::main]
async fn main() -> quibus::Result {
    match std::env::args().nth(1).as_deref() {
        Some("typed-error") => typed_error::main().await,
        Some("routing") => routing::main().await,
        Some("state-and-layers") => state_and_layers::main().await,
        Some("subscribe") => subscribe::main().await,
        Some("body") => body::main().await,
        Some("serde-types") => serde_types::main().await,
        _ => Err(Usage(
            "tour typed-error | routing | state-and-layers | subscribe | body | serde-types",
        ))?,
    }
}

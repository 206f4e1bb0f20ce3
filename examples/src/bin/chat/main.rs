//! A chat: `chat serve`, and for each user `chat join NAME CHANNEL…`.

mod client;
mod contract;
mod server;

use quibus_examples::Usage;

#[tokio::main]
async fn main() -> quibus::Result {
    let words: Vec<_> = std::env::args().skip(1).collect();
    match words.as_slice() {
        [verb] if verb == "serve" => server::run().await,
        [verb, name, channels @ ..] if verb == "join" && !channels.is_empty() => {
            client::run(name, channels).await
        }
        _ => Err(Usage("chat serve | chat join NAME CHANNEL…"))?,
    }
}

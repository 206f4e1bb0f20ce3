//! HTTP in, commands out: `POST /echo` asks the echo service. `gateway [ADDRESS]`

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use quibus::bus::Signals;
use quibus::{Bus, SendError};
use quibus_examples::echo::{Echo, EchoError};
use quibus_examples::start;
use tokio::net::TcpListener;

async fn echo(State(bus): State<Bus>, text: String) -> Result<String, (StatusCode, String)> {
    let reply = bus
        .send(Echo { text })
        .timeout(Duration::from_secs(10))
        .await;
    reply.map_err(|error| (status(&error), error.to_string()))
}

fn status(error: &SendError<EchoError>) -> StatusCode {
    match error {
        SendError::Rejected(EchoError::TooLong(_)) => StatusCode::PAYLOAD_TOO_LARGE,
        SendError::NoPeer { .. } | SendError::PeerSilent { .. } | SendError::Draining { .. } => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        SendError::TimedOut { .. } => StatusCode::GATEWAY_TIMEOUT,
        _ => StatusCode::BAD_GATEWAY,
    }
}

#[tokio::main]
async fn main() -> quibus::Result {
    let mut signals = Signals::listen()?;
    let bus = start(Bus::builder("Gateway")).await?;
    let routes = Router::new()
        .route("/echo", post(echo))
        .with_state(bus.clone());

    let address = std::env::args().nth(1);
    let listener = TcpListener::bind(address.as_deref().unwrap_or("127.0.0.1:8080")).await?;
    println!("http://{}/echo", listener.local_addr()?);
    let asked = async move {
        signals.next().await;
    };
    axum::serve(listener, routes)
        .with_graceful_shutdown(asked)
        .await?;
    bus.stop(Duration::from_secs(5)).await?;
    Ok(())
}

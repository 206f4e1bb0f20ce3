//! `echo serve` says everything back; `echo say TEXT` asks it to.

use std::time::Duration;

use quibus::Bus;
use quibus::bus::Signals;
use quibus_examples::echo::{Echo, EchoError};
use quibus_examples::{Usage, start};

async fn echo(command: Echo) -> Result<String, EchoError> {
    match command.text.len() {
        0..=20 => Ok(command.text),
        len => Err(EchoError::TooLong(len as u64)),
    }
}

async fn serve() -> quibus::Result {
    let signals = Signals::listen()?;
    let bus = start(Bus::builder("Echo").handle(echo)).await?;
    println!("{} is live", bus.peer());
    Ok(bus.run_until(signals).await?)
}

async fn say(text: String) -> quibus::Result {
    let bus = start(Bus::builder("EchoClient")).await?;
    println!("{}", bus.send(Echo { text }).await?);
    bus.stop(Duration::from_secs(5)).await?;
    Ok(())
}

#[tokio::main]
async fn main() -> quibus::Result {
    let mut words = std::env::args().skip(1);
    match words.next().as_deref() {
        Some("serve") => serve().await,
        Some("say") => say(words.collect::<Vec<_>>().join(" ")).await,
        _ => Err(Usage("echo serve | echo say TEXT"))?,
    }
}

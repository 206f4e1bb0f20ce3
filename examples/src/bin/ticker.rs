//! Tells the time every second, to whoever listens. Finds the bus that `quibus up` has started.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use quibus::bus::Signals;
use quibus::{Bus, config::Config};
use quibus_quic::Quic;

/// A second has passed.
#[derive(Clone, PartialEq, prost::Message, quibus::Event)]
#[quibus(namespace = "Time")]
struct Ticked {
    /// Whose clock it is.
    #[quibus(route = 1)]
    #[prost(string, tag = "1")]
    clock: String,
    /// Seconds since 1970.
    #[prost(uint32, tag = "2")]
    second: u32,
}

#[tokio::main]
async fn main() -> quibus::Result {
    let bus = Bus::builder("Clock").transport(Quic::new());
    // Nothing here handles the event; described, it can be read by the tool all the same.
    let bus = bus.describe::<Ticked>();
    let bus = bus.start_with(&Config::find()?).await?;
    let mut signals = Signals::listen()?;
    println!("{} is live", bus.peer());
    let mut seconds = tokio::time::interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            _ = signals.next() => break,
            _ = seconds.tick() => {}
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let second = now.map_or(0, |now| now.as_secs() as u32);
        let clock = bus.peer().to_string();
        bus.publish(Ticked { clock, second }).await?;
    }
    bus.stop(Duration::from_secs(5)).await?;
    Ok(())
}

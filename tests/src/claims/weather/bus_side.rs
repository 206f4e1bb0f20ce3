//! What is measured: two buses, each behind a relay.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use quibus::prelude::*;
use quibus_relay::Weather;

use super::place::Place;
use super::{COMMAND, EVENT, LIMIT};
use crate::claims::Untried;
use crate::worlds::{QuicWorld, Stage};

/// Where the two buses are.
const SENDER: &str = "Sender.0";
const RECEIVER: &str = "Receiver.0";

/// A handshake through 30% loss and 200 ms each way may take this long, if a link has to be made
/// anew amid the weather.
const HANDSHAKE: Duration = Duration::from_secs(20);

/// Bytes that an encoded message has beside its body: a tag, and a length of one or two bytes.
const HEADS: [usize; 2] = [2, 3];

/// What is sent one way.
#[derive(Clone, PartialEq, prost::Message, Event)]
#[quibus(namespace = "Weather")]
struct Filled {
    #[prost(bytes = "bytes", tag = "1")]
    body: Bytes,
}

/// What is answered by itself.
#[derive(Clone, PartialEq, prost::Message, Command)]
#[quibus(namespace = "Weather", reply = Echoed)]
struct Echo {
    #[prost(bytes = "bytes", tag = "1")]
    body: Bytes,
}

#[derive(Clone, PartialEq, prost::Message, quibus::Schema)]
struct Echoed {
    #[prost(bytes = "bytes", tag = "1")]
    body: Bytes,
}

/// How many events were handled since this was asked last; in the lane of the events, behind them.
#[derive(Clone, PartialEq, prost::Message, Command)]
#[quibus(namespace = "Weather", reply = u64)]
struct Count {}

#[derive(Clone, Default)]
struct Handled(Arc<AtomicU64>);

async fn filled(_: Filled, State(Handled(count)): State<Handled>) {
    count.fetch_add(1, Ordering::Relaxed);
}

async fn count(_: Count, State(Handled(count)): State<Handled>) -> u64 {
    count.swap(0, Ordering::Relaxed)
}

async fn echo(Echo { body }: Echo) -> Echoed {
    Echoed { body }
}

/// Two buses that know each other.
pub struct BusSide {
    stage: Arc<Stage<QuicWorld>>,
    sender: Bus,
    /// Handles for as long as it lives.
    _receiver: Bus,
}

impl BusSide {
    /// Starts both under a clear sky, and lets them link.
    ///
    /// # Errors
    /// If that fails.
    pub fn start(from: &Place, to: &Place, seed: u64) -> Result<Self, Untried> {
        let world = QuicWorld::under(Weather::CLEAR, seed)?.handshake_timeout(HANDSHAKE);
        let stage = Arc::new(Stage::new(world));
        let receiver = Bus::builder(RECEIVER)
            .state(Handled::default())
            .handle(filled)
            .handle(count)
            .handle(echo);
        let here = stage.clone();
        let receiver = to.run(async move { here.start(RECEIVER, receiver).await })?;
        let (here, sender) = (stage.clone(), Bus::builder(SENDER));
        let sender = from.run(async move { here.start(SENDER, sender).await })?;
        let side = Self {
            stage,
            sender,
            _receiver: receiver,
        };
        side.round_trip(from)?;
        Ok(side)
    }

    /// From now on its packets go through this.
    pub fn set_weather(&self, weather: Weather) {
        for peer in [SENDER, RECEIVER] {
            if let Some(relay) = self.stage.world.relay(peer) {
                relay.set_weather(weather);
            }
        }
    }

    /// Packets lost on its way so far.
    pub fn lost(&self) -> u64 {
        let relays = [SENDER, RECEIVER].map(|peer| self.stage.world.relay(peer));
        let counters = relays.iter().flatten().map(|relay| relay.counters());
        counters
            .map(|counters| counters.to_target.lost + counters.from_target.lost)
            .sum()
    }

    /// Publishes so many events and waits until all are handled.
    ///
    /// # Errors
    /// If one is missing, doubled or was skipped.
    pub fn transfer(&self, place: &Place, events: u64) -> Result<Duration, Untried> {
        let bus = self.sender.clone();
        place.run(async move {
            let body = Bytes::from_static(&[7; EVENT - HEADS[1]]);
            let begun = Instant::now();
            for number in 0..events {
                let published = bus.publish(Filled { body: body.clone() }).await?;
                if published.queued != 1 {
                    let text = format!("event {number} of {events} was not queued: {published:?}");
                    return Err(text.into());
                }
            }
            let handled = bus.send(Count {}).timeout(LIMIT).await?;
            if handled != events {
                return Err(format!("{handled} of {events} events were handled").into());
            }
            Ok(begun.elapsed())
        })
    }

    /// A command and its reply.
    ///
    /// # Errors
    /// If there is none.
    pub fn round_trip(&self, place: &Place) -> Result<Duration, Untried> {
        let bus = self.sender.clone();
        place.run(async move {
            let body = Bytes::from_static(&[7; COMMAND - HEADS[0]]);
            let begun = Instant::now();
            bus.send(Echo { body }).timeout(LIMIT).await?;
            Ok(begun.elapsed())
        })
    }
}

#[cfg(test)]
mod tests {
    use prost::Message;

    use super::*;

    #[test]
    fn what_is_sent_is_as_long_as_what_the_baseline_sends() {
        let body = Bytes::from_static(&[7; EVENT - HEADS[1]]);
        assert_eq!(Filled { body }.encoded_len(), EVENT);
        let body = Bytes::from_static(&[7; COMMAND - HEADS[0]]);
        assert_eq!(Echo { body: body.clone() }.encoded_len(), COMMAND);
        assert_eq!(Echoed { body }.encoded_len(), COMMAND);
    }
}

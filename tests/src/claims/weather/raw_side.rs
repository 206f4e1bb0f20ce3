//! What is measured against: raw quinn with the bus's settings, through a relay of its own.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use quibus::{Identity, PeerId};
use quibus_certs::issue::{DevelopmentCa, Validity};
use quibus_quic::QuicConfig;
use quibus_quic::raw::{Bounds, RawEndpoint, RawLink, send_one_way};
use quibus_relay::{Relay, Weather};

use super::place::Place;
use super::{COMMAND, EVENT, LIMIT};
use crate::claims::Untried;

/// A raw connection through a relay.
pub struct RawSide {
    link: RawLink,
    relay: Arc<Relay>,
    /// Serve and drive the connection for as long as they live.
    _ends: [RawEndpoint; 2],
}

impl RawSide {
    /// Connects under a clear sky; the relay lives where the receiver does.
    ///
    /// # Errors
    /// If that fails.
    pub fn connect(from: &Place, to: &Place, seed: u64) -> Result<Self, Untried> {
        let ca = DevelopmentCa::create("weather", DevelopmentCa::VALID_FOR)?;
        let [sender, receiver] = ["Raw.0", "Raw.1"].map(|name| config(&ca, name));
        let (receiver, sender) = (receiver?, sender?);
        let (receiving, relay) = to.run(async move {
            let end = RawEndpoint::bind(&receiver).await?;
            let relay = Relay::to(end.address()).seed(seed).start()?;
            Ok((end, Arc::new(relay)))
        })?;
        let address = relay.address();
        let (sending, link) = from.run(async move {
            let end = RawEndpoint::bind(&sender).await?;
            let link = end.connect(address, &PeerId::new("Raw.1")?).await?;
            Ok((end, link))
        })?;
        Ok(Self {
            link,
            relay,
            _ends: [sending, receiving],
        })
    }

    /// From now on its packets go through this.
    pub fn set_weather(&self, weather: Weather) {
        self.relay.set_weather(weather);
    }

    /// Packets lost on its way so far.
    pub fn lost(&self) -> u64 {
        let counters = self.relay.counters();
        counters.to_target.lost + counters.from_target.lost
    }

    /// Sends so many events, a multiple of 64, and waits until all are counted.
    ///
    /// # Errors
    /// If the connection breaks or one is missing.
    pub fn transfer(&self, place: &Place, events: u64) -> Result<Duration, Untried> {
        let link = self.link.clone();
        place.run(async move {
            let begun = Instant::now();
            let bounds = Bounds::new(LIMIT, events);
            let counted = send_one_way(&[link], EVENT, bounds).await?;
            if counted != events {
                return Err(format!("{counted} of {events} events were received").into());
            }
            Ok(begun.elapsed())
        })
    }

    /// A request in a stream of its own, and its echo.
    ///
    /// # Errors
    /// If the connection breaks.
    pub fn round_trip(&self, place: &Place) -> Result<Duration, Untried> {
        let link = self.link.clone();
        place.run(async move {
            let begun = Instant::now();
            link.request(&Bytes::from_static(&[7; COMMAND])).await?;
            Ok(begun.elapsed())
        })
    }
}

fn config(ca: &DevelopmentCa, name: &str) -> Result<QuicConfig, Untried> {
    let identity = Identity::Peer(PeerId::new(name)?);
    let issued = ca.issue(&identity, Validity::default())?;
    let mut config = QuicConfig::new(issued.credentials()?);
    config.listen = Some("127.0.0.1:0".to_owned());
    Ok(config)
}

//! Buses over QUIC that are told of each other by hand.

use quibus::bus::{Builder, Bus};
use quibus::{Identity, Incarnation, PeerId};
use quibus_certs::issue::{DevelopmentCa, Validity};
use quibus_quic::{Quic, QuicConfig};

use super::super::claim::Untried;
use crate::worlds::Noticeboard;

/// Buses over QUIC on loopback that know each other and nobody else.
pub(super) struct Town<'a> {
    ca: &'a DevelopmentCa,
    board: Noticeboard,
    pub(super) buses: Vec<Bus>,
}

impl<'a> Town<'a> {
    pub(super) fn new(ca: &'a DevelopmentCa) -> Self {
        Self {
            ca,
            board: Noticeboard::default(),
            buses: Vec::new(),
        }
    }

    /// Starts one more.
    pub(super) async fn add(&mut self, peer: &str, builder: Builder) -> Result<(), Untried> {
        let identity = Identity::Directory(PeerId::new(peer)?);
        let issued = self.ca.issue(&identity, Validity::default())?;
        let mut config = QuicConfig::new(issued.credentials()?);
        config.listen = Some("127.0.0.1:0".to_owned());
        let builder = builder.transport(Quic::configured(config));
        let bus = builder.as_directory(Incarnation(1)).start().await?;
        self.board.enter(&bus);
        self.buses.push(bus);
        Ok(())
    }

    /// Tells all of all, and lets their messages start.
    pub(super) fn open(&self) {
        self.board.tell_all();
        for bus in &self.buses {
            bus.authority().open();
        }
    }
}

//! Buses in a world.

use std::error::Error;
use std::sync::{Arc, Weak};
use std::time::Duration;

use quibus::Incarnation;
use quibus::bus::{Builder, Bus};
use quibus::transport::Transport;
use tokio::time::{Instant, sleep};

use super::noticeboard::Noticeboard;
use super::world::World;

/// What an ended run leaves behind is gone within this.
const GONE: Duration = Duration::from_secs(10);

/// A world, and who is told what of whom in it.
#[derive(Debug)]
pub struct Stage<W> {
    /// The network.
    pub world: W,
    /// The directory.
    pub board: Noticeboard,
}

impl<W: World> Stage<W> {
    /// Nobody is there yet.
    pub fn new(world: W) -> Self {
        Self {
            world,
            board: Noticeboard::default(),
        }
    }

    /// Starts the first run of a peer and tells everybody.
    ///
    /// # Errors
    /// If it does not start.
    pub async fn start(
        &self,
        peer: &str,
        builder: Builder,
    ) -> Result<Bus, Box<dyn Error + Send + Sync>> {
        let transport = self.world.transport(peer)?;
        let bus = self.enter(transport, Incarnation(1), builder).await?;
        self.board.tell_all();
        Ok(bus)
    }

    /// Starts one run of a peer on this transport and enters it, telling nobody.
    ///
    /// # Errors
    /// If it does not start.
    pub async fn enter(
        &self,
        transport: Arc<dyn Transport>,
        incarnation: Incarnation,
        builder: Builder,
    ) -> Result<Bus, Box<dyn Error + Send + Sync>> {
        let builder = builder.shared_transport(transport);
        let bus = builder.as_directory(incarnation).start().await?;
        self.board.enter(&bus);
        bus.authority().open();
        Ok(bus)
    }
}

/// Waits until nothing of an ended run holds its transport any more.
///
/// # Errors
/// If something does for ten seconds.
pub async fn gone(transport: &Weak<dyn Transport>) -> Result<(), Box<dyn Error + Send + Sync>> {
    let end = Instant::now() + GONE;
    while let Some(held) = transport.upgrade() {
        let holders = Arc::strong_count(&held) - 1;
        drop(held);
        if Instant::now() > end {
            let reason =
                format!("{holders} parts of an ended run still hold its transport after {GONE:?}");
            return Err(reason.into());
        }
        sleep(Duration::from_millis(1)).await;
    }
    Ok(())
}

//! Looks now and then who has fallen silent.

use std::sync::Arc;
use std::time::Duration;

use quibus::bus::Authority;
use tokio::time::MissedTickBehavior;

use super::Server;

/// Between two looks.
const EVERY: Duration = Duration::from_millis(250);

/// Looks four times a second, for as long as the server runs.
pub(super) async fn watch(server: Arc<Server>, own: Authority) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        server.look(&own);
        own.sweep();
    }
}

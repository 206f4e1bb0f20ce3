//! Looking at a running process, and stopping it.

use std::time::Duration;

use quibus::prelude::*;

/// Everybody whom the directory knows, as this process sees them.
pub fn who_is_there(bus: &Bus) -> Vec<String> {
    let peers = bus.peers();
    let lines = peers
        .iter()
        .map(|it| format!("{} is {}", it.peer, it.state));
    lines.collect()
}

/// `run` does this by itself on SIGTERM; a program that ends for another reason does it so.
pub async fn leave(bus: &Bus) -> quibus::Result {
    let report = bus.stop(Duration::from_secs(20)).await?;
    assert!(report.is_clean());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::town::Town;
    use super::*;

    #[tokio::test]
    async fn a_stop_that_says_ok_left_nothing_behind() {
        let town = Town::open().await;
        let shop = town.bus("Shop.0").start().await.unwrap();
        assert_eq!(who_is_there(&shop), ["Directory.0 is up", "Shop.0 is up"]);
        leave(&shop).await.unwrap();
    }
}

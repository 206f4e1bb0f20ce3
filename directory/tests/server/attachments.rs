//! Peers that attach again.

use std::time::Duration;

use quibus::directory::contract::{Attach, Attachment};
use quibus::directory::{Interest, PeerList};
use tokio::runtime::Handle;
use tokio::time::sleep;

use crate::town::{Town, peer, state, until};

#[tokio::test(start_paused = true)]
async fn who_attaches_again_and_again_to_a_quiet_directory_is_followed_by_one_task() {
    let town = Town::new(91);
    let _directory = town.directory().await;
    let shop = town.bus("Shop.0").start().await.unwrap();
    let tasks = || Handle::current().metrics().num_alive_tasks();
    let attachment = Attachment {
        incarnation: shop.incarnation(),
        from: None,
        interest: Interest::All,
        owing: PeerList::default(),
    };
    let attach = || {
        shop.send(Attach::from(&attachment))
            .to(&peer("Directory.0"))
    };
    let a_few_heartbeats = Duration::from_secs(3);
    // Links, queues and heartbeats have tasks of their own, some of them only for a moment.
    let mut counted = Vec::new();
    for times in [10, 40] {
        for _ in 0..times {
            attach().await.unwrap();
        }
        sleep(a_few_heartbeats).await;
        counted.push(tasks());
    }
    // A task for each of the last would be forty more.
    assert!(counted[1] < counted[0] + 20, "{counted:?}");
    // And the last one tells it what is new.
    let _web = town.bus("Web.0").start().await.unwrap();
    until("the shop knows the web", || state("Web.0", &shop).is_some()).await;
}

//! Promise 20: what several peers that take no outcomes have in a queue is bounded over all of them,
//! and holds up nobody else; promise 17: it stays in its order.

use std::time::Duration;

use tokio::time::timeout;

use super::owed::*;
use super::rig::*;
use crate::bus::{Bus, SendError};
use crate::prelude::*;
use crate::testing::MemoryNetwork;

/// What a queue holds; as much again is set aside.
const QUEUE: u64 = 10_000;
/// At the least so many pages are owed to a peer whose commands do not start.
const OWED: usize = LANE / PAGE;
/// Nothing ends because its deadline passes.
const LATE: Duration = Duration::from_secs(600);

/// For two handlers in one queue.
#[derive(Clone, PartialEq, prost::Message, Command)]
#[quibus(namespace = "Test")]
struct Note {}

/// Which commands of a peer were answered and which refused.
async fn ends(mut sent: Sent) -> (Vec<u64>, Vec<u64>) {
    let (mut answered, mut refused) = (Vec::new(), Vec::new());
    while let Some(sent) = sent.join_next().await {
        match sent.unwrap() {
            (number, Ok(_)) => answered.push(number),
            (number, Err(SendError::Overloaded)) => refused.push(number),
            (number, Err(other)) => panic!("{number}: {other}"),
        }
    }
    answered.sort_unstable();
    refused.sort_unstable();
    (answered, refused)
}

#[tokio::test(start_paused = true)]
async fn of_peers_that_take_no_outcomes_a_queue_keeps_as_much_as_it_holds_and_refuses_the_rest() {
    let net = MemoryNetwork::seeded(1);
    let fetching = Fetching::new(false);
    let others = ["A.0", "C.0", "D.0", "E.0"].map(|name| (name, Bus::builder(name)));
    let b = fetching.serve(1);
    let b = b.handle(async |_: Note| {}).handle(async |_: Note| {});
    let all = [("B.0", b)].into_iter().chain(others);
    let [b, a, c, d, e] = start(&net, all).await.try_into().unwrap();
    let handled = |what| fetching.handled.lock().unwrap().contains(&what);
    // One after the other they fill the queue, take no more outcomes, and are let run.
    let (mut frozen, mut notes) = (Vec::new(), Vec::new());
    for (peer, commands) in [(&a, QUEUE - 3), (&d, QUEUE - 3), (&e, COMMANDS)] {
        let before = b.received().handled;
        frozen.push(fetch_all(peer, 0..commands, LATE));
        until(|| b.received().handled == before + commands).await;
        let number = frozen.len() as u64;
        notes.push(tokio::spawn(peer.send(Note {}).timeout(LATE)));
        until(|| b.received().handled == before + commands + 1).await;
        peer.publish(Behind { number }).await.unwrap();
        until(|| b.received().handled == before + commands + 2).await;
        net.black_hole("B.0", peer.peer().as_str());
        fetching.gate.add_permits(GATED as usize);
        until(|| fetching.gate.available_permits() == 0).await;
    }

    let of_c = ends(fetch_all(&c, OTHERS..OTHERS + COMMANDS, LATE));
    let of_c = timeout(Duration::from_secs(1), of_c).await;
    let (answered, refused) = of_c.expect("C.0 waits for the others");
    assert_eq!((answered.len(), refused.len()), (COMMANDS as usize, 0));
    // An event is never refused: nothing of `E.0` is set aside, and its event is handled.
    until(|| handled(BEHIND + 3)).await;
    assert_eq!(b.inner().dispatcher.held().1 as u64, QUEUE + 1);
    assert!(!handled(BEHIND + 2), "it has overtaken commands");

    for (of, from) in [("E.0", OWED), ("D.0", 2 * OWED)] {
        let sent = frozen.pop().unwrap();
        let all = sent.len();
        net.heal(of, "B.0");
        let (answered, refused) = ends(sent).await;
        let handled = answered.len();
        assert!((from..from + 4).contains(&handled), "{of}: {handled}");
        assert_eq!(handled + refused.len(), all);
        assert!(answered.last() < refused.first(), "{of}: {refused:?}");
        // Nobody knows whether the other handler has had it.
        let noted = notes.pop().unwrap().await.unwrap();
        assert!(matches!(noted, Err(SendError::Failed { .. })), "{noted:?}");
    }
    until(|| handled(BEHIND + 2)).await;
}

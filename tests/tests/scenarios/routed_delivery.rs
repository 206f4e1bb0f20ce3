//! One publisher, subscribers with different keys, archives: everything arrives where it is bound,
//! once and in order, and nowhere else.

use quibus::bus::{Bus, SendError};
use quibus::prelude::*;
use quibus_tests::worlds::{Stage, World};

use super::contract::{ArchiveError, Archived, Measured, RoundOver, WhoArchives};
use super::inbox::{Inbox, measured};

const STATIONS: [&str; 3] = ["Seattle", "SanFrancisco", "Tacoma"];
const MEASUREMENTS: u64 = 720;

/// A subscriber, and which measurements it is to get.
type Wants = fn(&Measured) -> bool;

pub(crate) async fn run<W: World>(stage: Stage<W>) {
    let publisher = stage
        .start("Weather.0", Bus::builder("Weather.0"))
        .await
        .unwrap();
    let mut subscribers = subscribers(&stage).await;
    events_arrive_where_they_are_bound(&publisher, &mut subscribers).await;
    commands_find_their_archive(&stage, &publisher).await;
    a_subscription_begins_and_ends_at_run_time(&stage, &publisher, &mut subscribers).await;
}

struct Subscriber {
    bus: Bus,
    inbox: Inbox,
    wants: Wants,
}

async fn subscribers<W: World>(stage: &Stage<W>) -> Vec<Subscriber> {
    let route = Measured::route;
    let seattle_or_spring = [
        route().station("Seattle"),
        route().month(3),
        route().station("Seattle").month(3),
    ];
    let kinds: [(&str, Option<_>, Wants); 6] = [
        ("All.0", Some(measured.matching(route())), |_| true),
        (
            "Seattle.0",
            Some(measured.matching(route().station("Seattle"))),
            |event| event.station == "Seattle",
        ),
        (
            "March.0",
            Some(measured.matching(route().month(3))),
            |event| event.month == 3,
        ),
        (
            "Both.0",
            Some(measured.matching(seattle_or_spring)),
            |event| event.station == "Seattle" || event.month == 3,
        ),
        (
            "Nowhere.0",
            Some(measured.matching(route().station("Atlantis"))),
            |_| false,
        ),
        ("None.0", None, |_| false),
    ];
    let mut subscribers = Vec::new();
    for (peer, handling, wants) in kinds {
        let (mut builder, inbox) = Inbox::of(peer);
        if let Some(handling) = handling {
            builder = builder.handle(handling);
        }
        let bus = stage.start(peer, builder).await.unwrap();
        subscribers.push(Subscriber { bus, inbox, wants });
    }
    subscribers
}

/// Publishes a round and returns it.
async fn publish(publisher: &Bus, wants: &[Wants]) -> Vec<Measured> {
    let mut events = Vec::new();
    for number in 0..MEASUREMENTS {
        let event = Measured {
            station: STATIONS[number as usize % STATIONS.len()].into(),
            month: (number / 7 % 12) as u32 + 1,
            number,
        };
        let wanted = wants.iter().filter(|wants| wants(&event)).count();
        let published = publisher.publish(event.clone()).await.unwrap();
        assert_eq!(
            (published.queued, published.missed),
            (wanted, 0),
            "{event:?}"
        );
        events.push(event);
    }
    publisher.publish(RoundOver {}).await.unwrap();
    events
}

fn numbers(events: &[Measured], wants: Wants) -> Vec<u64> {
    let wanted = events.iter().filter(|event| wants(event));
    wanted.map(|event| event.number).collect()
}

async fn events_arrive_where_they_are_bound(publisher: &Bus, subscribers: &mut [Subscriber]) {
    let wants: Vec<_> = subscribers.iter().map(|one| one.wants).collect();
    let events = publish(publisher, &wants).await;
    for Subscriber { bus, inbox, wants } in subscribers {
        let peer = bus.peer();
        assert_eq!(inbox.round().await, numbers(&events, *wants), "{peer}");
        let received = bus.received();
        assert_eq!((received.unhandled, received.missed), (0, 0), "{peer}");
    }
}

async fn commands_find_their_archive<W: World>(stage: &Stage<W>, asker: &Bus) {
    async fn archive(
        asked: WhoArchives,
        bus: Bus,
        from: Sender,
    ) -> quibus::Result<Archived, ArchiveError> {
        if asked.station == "Tacoma" {
            return Err(ArchiveError::Burnt(asked.station).into());
        }
        Ok(Archived {
            by: bus.peer().to_string(),
            asked_by: from.peer().to_string(),
        })
    }
    let mut archives = Vec::new();
    for (peer, station) in ["Archive.0", "Archive.1", "Archive.2"]
        .into_iter()
        .zip(STATIONS)
    {
        let handling = archive.matching(WhoArchives::route().station(station));
        let builder = Bus::builder(peer).handle(handling);
        archives.push(stage.start(peer, builder).await.unwrap());
    }
    let ask = |station: &str| {
        asker.send(WhoArchives {
            station: station.into(),
        })
    };
    for (station, archive) in STATIONS[..2].iter().zip(&archives) {
        let answer = ask(station).await.unwrap();
        let expected = (archive.peer().as_str(), asker.peer().as_str());
        assert_eq!((&*answer.by, &*answer.asked_by), expected);
    }
    let burnt = ArchiveError::Burnt("Tacoma".into());
    assert_eq!(ask("Tacoma").await, Err(SendError::Rejected(burnt)));
    let nobody = Err(SendError::NoPeer {
        command: "Scenario.WhoArchives",
    });
    assert_eq!(ask("Atlantis").await, nobody);
    // Whoever is named gets it, and filters again.
    let elsewhere = ask("Seattle").to(archives[1].peer()).await;
    assert_eq!(elsewhere, Err(SendError::Unhandled));
}

async fn a_subscription_begins_and_ends_at_run_time<W: World>(
    stage: &Stage<W>,
    publisher: &Bus,
    others: &mut [Subscriber],
) {
    let (builder, mut inbox) = Inbox::of("Late.0");
    let late = stage.start("Late.0", builder).await.unwrap();
    let tacoma: Wants = |event| event.station == "Tacoma";
    let mut wants: Vec<_> = others.iter().map(|one| one.wants).collect();

    let handling = measured.matching(Measured::route().station("Tacoma"));
    let live = late.subscribe(handling).await.unwrap();
    stage.board.update(&late);
    wants.push(tacoma);
    let events = publish(publisher, &wants).await;
    assert_eq!(inbox.round().await, numbers(&events, tacoma));

    live.unsubscribe().await.unwrap();
    stage.board.update(&late);
    wants.pop();
    let events = publish(publisher, &wants).await;
    assert!(inbox.round().await.is_empty());
    for one in others {
        for _ in 0..2 {
            assert_eq!(one.inbox.round().await, numbers(&events, one.wants));
        }
    }
}

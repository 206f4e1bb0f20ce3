//! Messages of serde types between two buses, and types whose two sides differ in their codec.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use super::rig::start;
use crate::bus::{Bus, SendError};
use crate::prelude::*;
use crate::testing::MemoryNetwork;
use crate::{Bincode, HandlerError};

#[derive(Debug, PartialEq, Serialize, Deserialize, Command)]
#[quibus(namespace = "Cart", codec = Bincode, reply = Vec<Line>, error = CartError)]
enum Ask {
    All,
    Of { sku: String },
    Unwritable(Flat),
    UnwritableReply,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Line {
    sku: String,
    count: Option<u32>,
    rest: Option<Flat>,
}

/// Serde writes it as a map that does not know its length.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Flat {
    #[serde(flatten)]
    rest: BTreeMap<String, u32>,
}

#[derive(Debug, PartialEq, thiserror::Error, HandlerError)]
#[quibus(codec = Bincode)]
enum CartError {
    #[error("no {0:?} here")]
    #[quibus(code = 404)]
    Unknown(Vec<String>),
}

#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[quibus(namespace = "Cart", codec = Bincode)]
struct Abandoned {
    #[quibus(route = 1)]
    shop: String,
    lines: Vec<(String, u32)>,
}

async fn ask(question: Ask) -> crate::Result<Vec<Line>, CartError> {
    let line = |rest| Line {
        sku: "A1".into(),
        count: Some(2),
        rest,
    };
    match question {
        Ask::Of { sku } => Err(CartError::Unknown(vec![sku]))?,
        Ask::UnwritableReply => Ok(vec![line(Some(Flat::default()))]),
        _ => Ok(vec![line(None)]),
    }
}

async fn abandoned(event: Abandoned, State(seen): State<mpsc::Sender<Abandoned>>) {
    let _ = seen.send(event).await;
}

async fn pair(handling: impl FnOnce(crate::Builder) -> crate::Builder) -> [Bus; 2] {
    let net = MemoryNetwork::seeded(1);
    let (a, b) = (Bus::builder("A.0"), handling(Bus::builder("B.0")));
    let buses = start(&net, [("A.0", a), ("B.0", b)]).await;
    buses.try_into().unwrap()
}

#[tokio::test(start_paused = true)]
async fn serde_types_travel_as_commands_replies_errors_and_events() {
    let (seen, mut arrived) = mpsc::channel(8);
    let fr = Abandoned::route().shop("fr");
    let handling = |b: crate::Builder| b.handle(ask).handle(abandoned.matching(fr)).state(seen);
    let [a, _b] = pair(handling).await;
    let lines = a.send(Ask::All).await.unwrap();
    assert_eq!((lines[0].sku.as_str(), lines[0].count), ("A1", Some(2)));
    let refused = a.send(Ask::Of { sku: "A9".into() }).await;
    let unknown = CartError::Unknown(vec!["A9".into()]);
    assert_eq!(refused, Err(SendError::Rejected(unknown)));

    let lines = || vec![("A1".to_owned(), 2)];
    for shop in ["de", "fr"] {
        let (shop, lines) = (shop.to_owned(), lines());
        a.publish(Abandoned { shop, lines }).await.unwrap();
    }
    let (shop, lines) = ("fr".to_owned(), lines());
    assert_eq!(arrived.recv().await, Some(Abandoned { shop, lines }));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_written_is_said_to_whoever_waits_for_it() {
    let [a, _b] = pair(|b| b.handle(ask)).await;
    match a.send(Ask::Unwritable(Flat::default())).await {
        Err(SendError::Unencodable { reason }) => {
            assert!(reason.contains("does not know its length"), "{reason}");
        }
        other => panic!("{other:?}"),
    }
    match a.send(Ask::UnwritableReply).await {
        Err(SendError::Failed { text, .. }) => {
            assert!(
                text.contains("the reply") && text.contains("its length"),
                "{text}"
            );
        }
        other => panic!("{other:?}"),
    }
    assert!(a.send(Ask::All).await.is_ok(), "neither leaves a trace");
}

/// The same types as another version of the program has them: by protobuf.
mod other_version {
    use super::*;

    #[derive(Clone, PartialEq, prost::Message, Command)]
    #[quibus(namespace = "Cart", reply = u64)]
    pub(super) struct Ask {}
}

#[tokio::test(start_paused = true)]
async fn a_type_whose_sides_differ_in_its_codec_is_refused_by_name() {
    let [a, _b] = pair(|b| b.handle(ask)).await;
    match a.send(other_version::Ask {}).await {
        Err(SendError::Undecodable { text }) => assert_eq!(
            text,
            "Cart.Ask came in codec 1 (protobuf), its handler reads codec 2 (bincode): \
             give the type one `codec` on both sides"
        ),
        other => panic!("{other:?}"),
    }
}

//! A service that talks to the others all the time, in a process of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufRead;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use quibus::PeerId;
use quibus::bus::Timings;
use quibus::directory::PeerState;
use quibus::prelude::*;
use quibus_certs::Credentials;
use quibus_quic::Quic;
use tokio::sync::mpsc;

use super::super::claim::Untried;

/// Between two rounds of talk: a load, not a flood.
const PAUSE: Duration = Duration::from_millis(5);
/// A reply that takes longer is asked for again.
const SOON: Duration = Duration::from_secs(2);
/// Whoever is started before the directory waits for it.
const PATIENT: Duration = Duration::from_secs(60);
/// What begins the line in which a member says that all is well again.
pub(super) const WELL: &str = "well";
/// What a member says when it has started.
pub(super) const LIVE: &str = "live";

/// Asks for a word back.
#[derive(Clone, PartialEq, prost::Message, quibus::Command)]
#[quibus(namespace = "Heals", reply = String)]
struct Echo {
    #[prost(string, tag = "1")]
    word: String,
}

/// A word for everybody.
#[derive(Clone, PartialEq, prost::Message, quibus::Event)]
#[quibus(namespace = "Heals")]
struct Said {
    #[prost(string, tag = "1")]
    word: String,
}

/// The last word that was heard of each.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<BTreeMap<PeerId, String>>>);

async fn echo(command: Echo) -> String {
    command.word
}

async fn said(event: Said, from: Sender, State(heard): State<Heard>) {
    let mut heard = heard.0.lock().unwrap_or_else(PoisonError::into_inner);
    heard.insert(from.peer().clone(), event.word);
}

/// Links break early, so that frozen processes are noticed within a claim's patience.
fn timings() -> Timings {
    Timings {
        ping_after: Duration::from_millis(300),
        broken_after: Duration::from_millis(700),
        ..Timings::default()
    }
}

/// Takes part until it is stopped or killed: `part` is its name, the folder with its certificate, the
/// directory, and the names of the others. For each word on stdin it says once that it has had a reply
/// to that word from each of the others, has heard it from them, and sees them up.
pub(super) async fn run(part: &[String]) -> Result<(), Untried> {
    let [me, folder, directory, others @ ..] = part else {
        return Err(format!("there is no part {part:?} in this claim").into());
    };
    let file = |ending: &str| Path::new(folder).join(format!("peer-{me}.{ending}"));
    let ca = Path::new(folder).join("ca.pem");
    let credentials = Credentials::load(file("pem"), file("key"), ca)?;
    let heard = Heard::default();
    let bus = Bus::builder(me)
        .transport(Quic::with(credentials).listen("127.0.0.1:0"))
        .directory(directory)
        .registration_timeout(PATIENT)
        .timings(timings())
        .state(heard.clone())
        .handle(echo)
        .handle(said)
        .start()
        .await?;
    println!("{LIVE}");
    let others: Result<Vec<_>, _> = others.iter().map(|name| PeerId::new(name)).collect();
    let talking = talk(bus.clone(), others?, heard);
    tokio::select! {
        ran = bus.run() => Ok(ran?),
        // Whoever tells it what to say has gone: so does it.
        () = talking => Ok(()),
    }
}

async fn talk(bus: Bus, others: Vec<PeerId>, heard: Heard) {
    let mut words = words();
    let mut word = String::new();
    let mut replied = BTreeSet::new();
    let mut told = true;
    loop {
        tokio::select! {
            next = words.recv() => match next {
                Some(next) => {
                    word = next;
                    replied.clear();
                    told = false;
                }
                // Whoever listened has gone.
                None => return,
            },
            () = tokio::time::sleep(PAUSE) => {}
        }
        // What becomes of a single one is not the question.
        let _ = bus.publish(Said { word: word.clone() }).await;
        for other in &others {
            let sending = bus.send(Echo { word: word.clone() });
            if sending.to(other).timeout(SOON).await.as_ref() == Ok(&word) {
                replied.insert(other.clone());
            }
        }
        let up = bus.peers();
        let up = up.iter().filter(|peer| peer.state == PeerState::Up);
        // The directory, this one, the others.
        let all_are_up = up.count() == others.len() + 2;
        let all_were_heard = {
            let heard = heard.0.lock().unwrap_or_else(PoisonError::into_inner);
            others.iter().all(|other| heard.get(other) == Some(&word))
        };
        if !told && all_are_up && all_were_heard && replied.len() == others.len() {
            println!("{WELL} {word}");
            told = true;
        }
    }
}

/// The lines of stdin. Read by a thread that nobody waits for when the process ends.
fn words() -> mpsc::Receiver<String> {
    let (send, words) = mpsc::channel(16);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if send.blocking_send(line).is_err() {
                return;
            }
        }
    });
    words
}

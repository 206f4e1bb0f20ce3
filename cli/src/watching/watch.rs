//! `quibus peers --watch`: every change as it happens.

use std::io::Write;
use std::time::Duration;

use quibus::bus::Observer;
use quibus::directory::{PeerDescriptor, PeerView};
use serde_json::json;

use super::peer_list::{PeerList, item};
use crate::output_form::OutputForm;

/// Between two looks.
const EVERY: Duration = Duration::from_secs(1);

/// Prints who is there, then every change, until the reader goes away. A directory that does not
/// answer is said once, on stderr, and asked again.
pub async fn watch(
    observer: &mut Observer,
    within: Duration,
    form: OutputForm,
    out: &mut (dyn Write + Send),
) {
    let mut before = observer.view().clone();
    if out
        .write_all(PeerList::of(observer.view()).render(form).as_bytes())
        .is_err()
    {
        return;
    }
    let mut silent = false;
    loop {
        if out.flush().is_err() {
            return;
        }
        tokio::time::sleep(EVERY).await;
        match observer.look(within).await {
            Ok(false) => {}
            Ok(true) => {
                let now = observer.view().clone();
                let text = changes(&before, &now, form);
                if out.write_all(text.as_bytes()).is_err() {
                    return;
                }
                before = now;
            }
            Err(error) => {
                if !silent {
                    let _ = writeln!(anstream::stderr(), "waiting for a directory: {error}");
                }
                silent = true;
                continue;
            }
        }
        if silent {
            let _ = writeln!(anstream::stderr(), "a directory answers again");
            silent = false;
        }
    }
}

/// A line for each peer that differs.
pub(super) fn changes(before: &PeerView, now: &PeerView, form: OutputForm) -> String {
    let mut text = String::new();
    let mut say = |change: &str, peer: &PeerDescriptor, words: String| match form {
        OutputForm::Text => {
            let sign = match change {
                "appeared" => '+',
                "removed" => '-',
                _ => '~',
            };
            text.push_str(&format!("{sign} {}  {words}\n", peer.peer));
        }
        OutputForm::Json => {
            let change = json!({
                "kind": "PeerChange",
                "apiVersion": "quibus/v1",
                "change": change,
                "item": item(peer),
            });
            text.push_str(&format!("{change}\n"));
        }
    };
    for gone in before.iter().filter(|gone| now.get(&gone.peer).is_none()) {
        say("removed", gone, "is gone".into());
    }
    for peer in now.iter() {
        match before.get(&peer.peer) {
            None => say(
                "appeared",
                peer,
                format!("{} at {}", peer.state, peer.address),
            ),
            Some(known) if known.incarnation != peer.incarnation => {
                say(
                    "restarted",
                    peer,
                    format!("started again at {}", peer.address),
                );
            }
            Some(known) if known.state != peer.state => {
                say(
                    "state",
                    peer,
                    format!("{}, was {}", peer.state, known.state),
                );
            }
            Some(known) if known.address != peer.address => {
                say("address", peer, format!("at {}", peer.address));
            }
            Some(known) if known.subscriptions != peer.subscriptions => {
                let words = match peer.subscriptions.iter().count() {
                    0 => "subscribes to nothing now".into(),
                    1 => "subscribes to 1 type now".into(),
                    types => format!("subscribes to {types} types now"),
                };
                say("subscriptions", peer, words);
            }
            Some(_) => {}
        }
    }
    text
}

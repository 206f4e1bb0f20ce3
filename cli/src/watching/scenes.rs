//! Tests of what people and scripts read about a bus.

use std::sync::Arc;

use anstream::adapter::strip_str;
use quibus::binding::BindingKey;
use quibus::directory::{PeerDescriptor, PeerState, PeerView, Snapshot, Subscriptions};
use quibus::id::ClusterId;
use quibus::{Identity, Incarnation, PeerId, Revision};

use super::peer_list::PeerList;
use super::routes::Routes;
use super::subscription_list::SubscriptionList;
use super::watch::changes;
use crate::exit_status::ExitStatus;
use crate::output_form::OutputForm;

const MEASURED: &str = "Weather.TemperatureMeasured";

fn peer(name: &str, state: PeerState, keys: &[&str]) -> Arc<PeerDescriptor> {
    let peer = PeerId::new(name).unwrap();
    let mut subscriptions = Subscriptions::default();
    let keys = keys.iter().map(|key| BindingKey::parse(key).unwrap());
    subscriptions.set(MEASURED, keys);
    Arc::new(PeerDescriptor {
        identity: Identity::Peer(peer.clone()),
        peer,
        incarnation: Incarnation(1_700_000_000_000),
        start_id: 7,
        address: "127.0.0.1:7001".into(),
        state,
        subscriptions,
        durable: false,
        revision: revision(1),
    })
}

fn revision(index: u64) -> Revision {
    Revision {
        cluster: ClusterId(7),
        index,
        sub: 0,
    }
}

fn view(peers: Vec<Arc<PeerDescriptor>>) -> PeerView {
    let mut view = PeerView::default();
    let revision = revision(9);
    view.apply_snapshot(Snapshot { revision, peers });
    view
}

/// A watcher of everything, two of one city, one that has fallen silent, one that is down.
fn weather() -> PeerView {
    use PeerState::{Down, Draining, Silent, Up};
    view(vec![
        peer("Watcher.0", Up, &["#"]),
        peer("CityNews.0", Up, &["SanFrancisco.#", "Seattle.1"]),
        peer("July.0", Silent, &["Seattle.7", "Seattle.8"]),
        peer("Leaving.0", Draining, &["Seattle.7"]),
        peer("Old.0", Down, &["Seattle.7"]),
        peer("Idle.0", Up, &[]),
    ])
}

#[test]
fn people_read_who_is_there_in_a_table() {
    insta::assert_snapshot!(PeerList::of(&weather()).render(OutputForm::Text), @r#"
    PEER        STATE     ADDRESS         IDENTITY          TYPES
    CityNews.0  up        127.0.0.1:7001  /peer/CityNews.0      1
    Idle.0      up        127.0.0.1:7001  /peer/Idle.0          0
    July.0      silent    127.0.0.1:7001  /peer/July.0          1
    Leaving.0   draining  127.0.0.1:7001  /peer/Leaving.0       1
    Old.0       down      127.0.0.1:7001  /peer/Old.0           1
    Watcher.0   up        127.0.0.1:7001  /peer/Watcher.0       1
    "#);
}

#[test]
fn people_read_who_wants_what() {
    let all = SubscriptionList::of(&weather(), None);
    insta::assert_snapshot!(all.render(OutputForm::Text), @r#"
    TYPE                         PEER        STATE     BINDING KEYS
    Weather.TemperatureMeasured  CityNews.0  up        SanFrancisco.#, Seattle.1
    Weather.TemperatureMeasured  July.0      silent    Seattle.7, Seattle.8
    Weather.TemperatureMeasured  Leaving.0   draining  Seattle.7
    Weather.TemperatureMeasured  Old.0       down      Seattle.7
    Weather.TemperatureMeasured  Watcher.0   up        #
    "#);
    assert!(SubscriptionList::of(&weather(), Some("Weather.Other")).is_empty());
    assert_eq!(SubscriptionList::of(&weather(), Some(MEASURED)), all);
    let many: Vec<_> = (0..9).map(|at| format!("Town.{at}")).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    let list = view(vec![peer("Many.0", PeerState::Up, &many)]);
    let text = SubscriptionList::of(&list, None).render(OutputForm::Text);
    assert!(text.contains("Town.3 and 5 more"), "{text}");
}

#[test]
fn people_read_who_would_get_a_message_and_why() {
    let routes = |key| Routes::of(&weather(), MEASURED, key).unwrap();
    insta::assert_snapshot!(routes(Some("Seattle.7")).render(OutputForm::Text), @r#"
    PEER        GETS IT  STATE     BECAUSE
    CityNews.0  no       up        none of its keys matches: SanFrancisco.#, Seattle.1
    July.0      yes      silent    Seattle.7 matches, but it is silent: events wait, commands fail at once
    Leaving.0   no       draining  it stops and takes nothing new
    Old.0       no       down      it is down
    Watcher.0   yes      up        # matches

    2 of 5 get it as an event; as a command it needs a peer to be named, or deliver = "any"
    "#);
    insta::assert_snapshot!(routes(Some("SanFrancisco.2")).render(OutputForm::Text), @r#"
    PEER        GETS IT  STATE     BECAUSE
    CityNews.0  yes      up        SanFrancisco.# matches
    July.0      no       silent    none of its keys matches: Seattle.7, Seattle.8
    Leaving.0   no       draining  none of its keys matches: Seattle.7
    Old.0       no       down      none of its keys matches: Seattle.7
    Watcher.0   yes      up        # matches

    2 of 5 get it as an event; as a command it needs a peer to be named, or deliver = "any"
    "#);
    let nobody = Routes::of(&weather(), "Weather.Other", None).unwrap();
    assert!(!nobody.lead_anywhere());
    insta::assert_snapshot!(nobody.render(OutputForm::Text), @r#"
    nobody is subscribed to Weather.Other: a command of that type fails, an event goes nowhere
    "#);
    let only_down = view(vec![peer("Old.0", PeerState::Down, &["#"])]);
    assert!(
        !Routes::of(&only_down, MEASURED, None)
            .unwrap()
            .lead_anywhere()
    );
}

#[test]
fn a_key_with_wildcards_belongs_to_no_message() {
    for key in ["*.7", "#", "Seattle.#", "a\\"] {
        let refused = Routes::of(&weather(), MEASURED, Some(key)).unwrap_err();
        assert_eq!(refused.status(), ExitStatus::Usage, "{key}");
    }
    let refused = Routes::of(&weather(), MEASURED, Some("*")).unwrap_err();
    let text = strip_str(&refused.render(OutputForm::Text)).to_string();
    insta::assert_snapshot!(text, @r#"
    error: "*" cannot be a routing key
      help: a message has values, * and # stand in subscriptions only; write the values joined by dots, for instance: Seattle.7
    "#);
}

#[test]
fn scripts_read_stable_shapes() {
    let small = view(vec![peer("July.0", PeerState::Silent, &["Seattle.7"])]);
    let json = OutputForm::Json;
    insta::assert_snapshot!(PeerList::of(&small).render(json), @r#"{"apiVersion":"quibus/v1","items":[{"address":"127.0.0.1:7001","identity":"/peer/July.0","incarnation":1700000000000,"peer":"July.0","state":"silent","types":1}],"kind":"PeerList"}"#);
    insta::assert_snapshot!(SubscriptionList::of(&small, None).render(json), @r#"{"apiVersion":"quibus/v1","items":[{"keys":["Seattle.7"],"peer":"July.0","state":"silent","type":"Weather.TemperatureMeasured"}],"kind":"SubscriptionList"}"#);
    let routes = Routes::of(&small, MEASURED, Some("Seattle.7")).unwrap();
    insta::assert_snapshot!(routes.render(json), @r#"{"apiVersion":"quibus/v1","items":[{"because":"Seattle.7 matches, but it is silent: events wait, commands fail at once","getsIt":true,"keys":["Seattle.7"],"matchingKeys":["Seattle.7"],"peer":"July.0","state":"silent"}],"key":"Seattle.7","kind":"RouteList","type":"Weather.TemperatureMeasured"}"#);
}

#[test]
fn every_change_of_a_peer_is_a_line() {
    use PeerState::{Silent, Up};
    let before = view(vec![
        peer("Gone.0", Up, &[]),
        peer("Quiet.0", Up, &[]),
        peer("Same.0", Up, &["#"]),
        peer("Wants.0", Up, &[]),
    ]);
    let mut again = PeerDescriptor::clone(&peer("Again.0", Up, &[]));
    let first = view(vec![Arc::new(again.clone())]);
    again.incarnation = Incarnation(again.incarnation.0 + 1);
    let second = view(vec![Arc::new(again)]);
    let now = view(vec![
        peer("New.0", Up, &[]),
        peer("Quiet.0", Silent, &[]),
        peer("Same.0", Up, &["#"]),
        peer("Wants.0", Up, &["#"]),
    ]);
    let text = changes(&before, &now, OutputForm::Text);
    let text = text + &changes(&first, &second, OutputForm::Text);
    insta::assert_snapshot!(text, @r#"
    - Gone.0  is gone
    + New.0  up at 127.0.0.1:7001
    ~ Quiet.0  silent, was up
    ~ Wants.0  subscribes to 1 type now
    ~ Again.0  started again at 127.0.0.1:7001
    "#);
    let json = changes(&first, &second, OutputForm::Json);
    insta::assert_snapshot!(json, @r#"{"apiVersion":"quibus/v1","change":"restarted","item":{"address":"127.0.0.1:7001","identity":"/peer/Again.0","incarnation":1700000000001,"peer":"Again.0","state":"up","types":0},"kind":"PeerChange"}"#);
    assert_eq!(changes(&now, &now, OutputForm::Text), "");
}

//! What makes two rigs the same: equal fingerprints, equal futures.
//!
//! Left out is what only tells how a state came about: where chunks begin, which slots are used,
//! how large buffers are.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::event::lanes;
use super::pair::Pair;
use super::side::Side;
use crate::session::inbound::Inbound;
use crate::session::log_entry::Content;
use crate::session::outbound::Outbound;
use crate::session::session::Session;

impl Pair {
    /// Two rigs with the same fingerprint behave the same from here on.
    pub(super) fn fingerprint(&self, budget: &impl Hash) -> u64 {
        let mut state = DefaultHasher::new();
        budget.hash(&mut state);
        self.wires.hash(&mut state);
        self.record.hash(&mut state);
        self.sides
            .iter()
            .for_each(|side| hash_side(side, &mut state));
        state.finish()
    }
}

fn hash_side(side: &Side, state: &mut impl Hasher) {
    (side.incarnation, side.known, side.news, side.down).hash(state);
    (side.last_memory, side.last_dial, side.wants_dial).hash(state);
    side.clock.hash(state);
    side.running.hash(state);
    side.numbered.hash(state);
    for (link, end) in &side.ends {
        (link, end.greeted, end.closing, &end.control, &end.writers).hash(state);
        for (lane, reader) in &end.readers {
            (lane, reader.opening().map(|open| open.first)).hash(state);
        }
    }
    for send in &side.sends {
        (send.lane, send.id).hash(state);
    }
    if let Some(session) = &side.session {
        hash_session(session, state);
    }
}

fn hash_session(session: &Session, state: &mut impl Hasher) {
    let theirs = session
        .theirs
        .map(|theirs| (theirs.incarnation, theirs.number));
    (
        session.mine,
        theirs,
        session.ended,
        session.lost,
        session.current,
    )
        .hash(state);
    for link in session.links.values() {
        (
            link.id,
            link.dialler,
            link.dial,
            link.incarnation,
            link.phase,
        )
            .hash(state);
        if let Some(said) = &link.said {
            (said.yours, &said.positions).hash(state);
        }
        link.heard.hash(state);
    }
    for lane in lanes() {
        hash_outbound(&session.lanes.out(lane), state);
        hash_inbound(&session.lanes.inn(lane), state);
    }
}

fn hash_outbound(out: &Outbound, state: &mut impl Hasher) {
    (
        out.epoch,
        out.freed(),
        out.next(),
        out.cursor,
        out.credit,
        out.down,
        out.soonest,
    )
        .hash(state);
    for sequence in out.freed()..out.next() {
        let Some(entry) = out.log.get(sequence) else {
            continue;
        };
        (entry.kind, entry.type_index, entry.appended).hash(state);
        match entry.content {
            Content::Body(place) => out.log.body_slice(place).hash(state),
            Content::Void => 1.hash(state),
            Content::Missed(count) => (2, count).hash(state),
        }
    }
    if let Some(stream) = &out.stream {
        (stream.link, stream.opened, stream.live).hash(state);
        (&stream.opening, &stream.writer.announced).hash(state);
        stream.transport.is_some().hash(state);
        for byte in stream.ready.iter().flatten() {
            byte.hash(state);
        }
        if stream.live {
            out.log.open.hash(state);
        }
    }
}

fn hash_inbound(inn: &Inbound, state: &mut impl Hasher) {
    (inn.epoch, inn.link, inn.arrived, inn.taken, inn.reported).hash(state);
    for run in &inn.parked {
        (run.epoch, run.sequence).hash(state);
        for item in &run.parcel.items[run.items.clone()] {
            (item.kind, item.count(), run.parcel.body(item)).hash(state);
        }
    }
}

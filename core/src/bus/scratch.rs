//! The routing key and the recipients of the message at hand.

use std::cell::Cell;
use std::sync::Arc;

use super::inner::Inner;
use super::known_route::{Answer, KnownRoute};
use super::recipient::Recipient;
use crate::binding::RoutingKey;
use crate::message::{Message, TypeFacts};

thread_local! {
    /// Kept between messages: so that routing one allocates nothing.
    static SCRATCH: Cell<Option<Box<Scratch>>> = const { Cell::new(None) };
}

/// The routing key and the recipients of the message at hand.
#[derive(Default)]
pub(super) struct Scratch {
    key: RoutingKey,
    /// Who gets it, unless `many` do.
    own: Vec<Recipient>,
    /// Who gets every message of its type.
    many: Option<Arc<Vec<Recipient>>>,
}

impl Scratch {
    /// Asks the routes of `bus` who gets `message`.
    pub(super) fn route<M: Message>(bus: &Inner, message: &M) -> Box<Self> {
        // Taken, not borrowed: code of the message that sends in turn finds a fresh one.
        let mut scratch = SCRATCH.take().unwrap_or_default();
        scratch.look_up(bus, message);
        scratch
    }

    /// Who gets it.
    pub(super) fn recipients(&self) -> &[Recipient] {
        self.many.as_ref().map_or(&self.own, |many| many)
    }

    /// The only recipient, if it is only one; then none is left.
    pub(super) fn take_only(&mut self) -> Option<Recipient> {
        let only = self.many.is_none() && self.own.len() == 1;
        if only { self.own.pop() } else { None }
    }

    /// Gives the room back for the next message.
    pub(super) fn put_back(mut self: Box<Self>) {
        self.own.clear();
        self.many = None;
        SCRATCH.set(Some(self));
    }

    fn look_up<M: Message>(&mut self, bus: &Inner, message: &M) {
        let routes = bus.replica.routes();
        // Before the look-up: what changes meanwhile makes the answer one of an old version.
        let version = routes.version();
        let facts = message.facts();
        let TypeFacts { name, lane, .. } = facts;
        if let Some(answer) = KnownRoute::recall(version, &facts) {
            return self.take(answer);
        }
        self.key.clear();
        message.write_key(&mut self.key);
        if !routes.route_all(name, &self.key, &mut self.own) {
            return;
        }
        let answer = match self.own.len() {
            0 => Answer::Nobody,
            1 => self.own.pop().map_or(Answer::Nobody, Answer::One),
            _ => Answer::Many(bus.replica.keep(version, name, self.own.drain(..))),
        };
        KnownRoute::keep(version, &facts, bus.lane(lane), &answer);
        self.take(answer);
    }

    fn take(&mut self, answer: Answer) {
        match answer {
            Answer::Nobody => {}
            Answer::One(only) => self.own.push(only),
            Answer::Many(many) => self.many = Some(many),
        }
    }
}

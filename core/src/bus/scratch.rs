//! The routing key and the recipients of the message at hand.

use std::cell::Cell;

use super::inner::Inner;
use super::known_route::KnownRoute;
use super::recipient::Recipient;
use crate::binding::RoutingKey;
use crate::message::Message;

/// Types whose last route is known.
const KNOWN: usize = 8;

thread_local! {
    /// Kept between messages: so that routing one allocates nothing.
    static SCRATCH: Cell<Option<Box<Scratch>>> = const { Cell::new(None) };
}

/// The routing key and the recipients of the message at hand.
#[derive(Default)]
pub(super) struct Scratch {
    key: RoutingKey,
    /// Who gets it.
    pub(super) recipients: Vec<Recipient>,
    known: [KnownRoute; KNOWN],
}

impl Scratch {
    /// Asks the routes of `bus` who gets `message`.
    pub(super) fn route<M: Message>(bus: &Inner, message: &M) -> Box<Self> {
        // Taken, not borrowed: code of the message that sends in turn finds a fresh one.
        let mut scratch = SCRATCH.take().unwrap_or_default();
        scratch.look_up(bus, message);
        scratch
    }

    /// Gives the room back for the next message.
    pub(super) fn put_back(mut self: Box<Self>) {
        self.recipients.clear();
        SCRATCH.set(Some(self));
    }

    fn look_up<M: Message>(&mut self, bus: &Inner, message: &M) {
        let Self {
            key,
            recipients,
            known,
        } = self;
        let routes = bus.replica.routes();
        // Before the look-up: what changes meanwhile makes the answer one of an old version.
        let version = routes.version();
        let known = &mut known[M::NAME.as_ptr().addr() % KNOWN];
        if known.recall(version, M::NAME, recipients) {
            return;
        }
        key.clear();
        message.write_key(key);
        if routes.route_all(M::NAME, key, recipients) {
            known.keep(version, M::NAME, recipients);
        }
    }
}

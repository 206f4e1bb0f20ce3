//! The common case of a command, told apart first: nothing beside it, for one other peer that is up
//! and whose lane takes it.
//!
//! It is a third of what the long way takes: no scratch for recipients, no list to choose from, no
//! place in a queue that is left again, and the future holds a ticket and nothing else.

use std::task::Context;

use super::inner::Life;
use super::known_route::KnownRoute;
use super::sending::{Sending, Stage};
use crate::message::Command;

impl<C: Command> Sending<C> {
    /// Whether the command was entered into its lane. `false`: nothing has happened, and the long
    /// way finds out what stands in the way.
    #[inline]
    pub(super) fn send_at_once(&mut self, context: &Context<'_>) -> bool {
        let Some(command) = self.command.as_ref().filter(|_| self.beside.is_none()) else {
            return false;
        };
        let facts = command.facts();
        if facts.unsequenced || self.bus.life() != Life::Running {
            return false;
        }
        let deadline = self.timeout.deadline();
        let version = self.bus.replica.routes().version();
        let sent = KnownRoute::with_peer(version, &facts, |peer| {
            peer.send(command, deadline, context.waker())
        });
        let Some(remote) = sent.flatten() else {
            return false;
        };
        // Nothing hangs on the stage before: to look for what does is a call.
        debug_assert!(matches!(self.stage, Stage::Fresh));
        std::mem::forget(std::mem::replace(&mut self.stage, Stage::Remote(remote)));
        self.command = None;
        true
    }
}

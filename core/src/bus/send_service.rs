//! Sending as a tower service.

use std::fmt;
use std::marker::PhantomData;
use std::task::{Context, Poll};

use tower_service::Service;

use super::bus::Bus;
use super::send_error::SendError;
use super::sending::Sending;
use crate::message::Command;

/// Sends `C`s; see [`Bus::service`].
pub struct SendService<C> {
    bus: Bus,
    command: PhantomData<fn(C)>,
}

impl<C> SendService<C> {
    pub(super) fn new(bus: Bus) -> Self {
        let command = PhantomData;
        Self { bus, command }
    }
}

/// Always ready: a send waits for room itself, within its own time.
impl<C: Command> Service<C> for SendService<C> {
    type Response = C::Reply;
    type Error = SendError<C::Error>;
    type Future = Sending<C>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, command: C) -> Sending<C> {
        self.bus.send(command)
    }
}

impl<C> Clone for SendService<C> {
    fn clone(&self) -> Self {
        Self::new(self.bus.clone())
    }
}

impl<C> fmt::Debug for SendService<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendService")
            .field("bus", &self.bus)
            .finish()
    }
}

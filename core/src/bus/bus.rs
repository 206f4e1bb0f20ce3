//! The handle of a running bus.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::authority::Authority;
use super::builder::Builder;
use super::inner::{Inner, Life};
use super::known_peer::KnownPeer;
use super::live::{self, Live};
use super::look_up_error::LookUpError;
use super::memory_table::MemoryTable;
use super::peer_event::PeerEvents;
use super::publishing::{Published, Publishing};
use super::run_error::RunError;
use super::send_service::SendService;
use super::sending::Sending;
use super::signals::Signals;
use super::stop;
use super::stop_report::{IncompleteStop, StopReport};
use super::subscribe_error::SubscribeError;
use super::try_publish_error::TryPublishError;
use super::try_send_error::TrySendError;
use crate::binding::BindingKey;
use crate::directory::contract::KnownType;
use crate::dispatch::{Handler, RawHandling, Received, Undecoded};
use crate::id::{Incarnation, PeerId};
use crate::message::raw::RawType;
use crate::message::schema::{TypeDescription, TypeHash};
use crate::message::{Command, Event};

/// How long a stop that was not asked for with a deadline may take (promise 28).
const STOP_DEADLINE: Duration = Duration::from_secs(20);

/// A running bus. Cloning gives another handle to the same; dropping the last closes it at once,
/// [`stop`](Self::stop) closes it without losing anything.
///
/// In a handler it is an extractor: `async fn handle(order: PlaceOrder, bus: Bus) …`.
#[derive(Clone)]
pub struct Bus {
    inner: Arc<Inner>,
}

impl Bus {
    /// Begins the settings of a bus whose process is called `peer`, for instance `Shop.0`.
    pub fn builder(peer: &str) -> Builder {
        Builder::new(peer)
    }

    pub(super) fn of(inner: Arc<Inner>) -> Self {
        Self { inner }
    }

    #[cfg(test)]
    pub(super) fn inner(&self) -> &Arc<Inner> {
        &self.inner
    }

    /// Who this process is.
    pub fn peer(&self) -> &PeerId {
        &self.inner.me
    }

    /// Where others can dial this process, as its transport says.
    pub fn address(&self) -> &str {
        self.inner.membership.address()
    }

    /// The number that the directory gave this run.
    pub fn incarnation(&self) -> Incarnation {
        self.inner.peers.shared().own().incarnation
    }

    /// Sends a command to the peer that handles it, and returns its reply.
    ///
    /// Refined before it is awaited: [`to`](Sending::to), [`timeout`](Sending::timeout),
    /// [`header`](Sending::header). Nothing happens before its first poll; once the command is
    /// accepted, dropping it abandons the reply, never the command.
    ///
    /// # Errors
    /// Each thing that can become of a command is a variant of [`SendError`](super::SendError).
    ///
    /// ```
    /// # use quibus::prelude::*;
    /// # #[derive(Clone, PartialEq, prost::Message, quibus::Command)]
    /// # #[quibus(namespace = "Shop", reply = u64)]
    /// # struct PlaceOrder {}
    /// async fn order(bus: &Bus, shop: &quibus::PeerId) -> quibus::Result<u64> {
    ///     let order = bus.send(PlaceOrder {}).to(shop).header("tenant", "acme");
    ///     Ok(order.timeout(std::time::Duration::from_secs(5)).await?)
    /// }
    /// ```
    pub fn send<C: Command>(&self, command: C) -> Sending<C> {
        Sending::new(self.inner.clone(), command)
    }

    /// Sending `C`s as a tower service, for layers around sends: a rate limit, a retry, a load shed.
    ///
    /// ```
    /// # #[derive(Clone, PartialEq, prost::Message, quibus::Command)]
    /// # #[quibus(namespace = "Shop", reply = u64)]
    /// # struct Price {}
    /// use quibus::prelude::*;
    /// use std::time::Duration;
    /// use tower::{ServiceBuilder, ServiceExt};
    ///
    /// async fn price(bus: &Bus) -> Result<u64, tower::BoxError> {
    ///     let prices = bus.service::<Price>();
    ///     let prices = ServiceBuilder::new().rate_limit(100, Duration::from_secs(1)).service(prices);
    ///     Ok(prices.oneshot(Price {}).await?)
    /// }
    /// ```
    pub fn service<C: Command>(&self) -> SendService<C> {
        SendService::new(self.clone())
    }

    /// Publishes an event to every peer that wants it. Nobody wanting it is fine.
    ///
    /// Returns when each recipient's lane has taken it or was skipped.
    ///
    /// ```
    /// # use quibus::prelude::*;
    /// # #[derive(Clone, PartialEq, prost::Message, quibus::Event)]
    /// # #[quibus(namespace = "Shop")]
    /// # struct Opened {}
    /// async fn open(bus: &Bus) -> quibus::Result {
    ///     let published = bus.publish(Opened {}).await?;
    ///     println!("{} hear it, {} are slow", published.queued, published.missed);
    ///     Ok(())
    /// }
    /// ```
    pub fn publish<E: Event>(&self, event: E) -> Publishing<E> {
        Publishing::new(self.inner.clone(), event)
    }

    /// Sends a command if there is room for it now; never waits for room. What it returns waits for
    /// the reply, and dropping that abandons the reply, never the command.
    ///
    /// Room is missing when the receiver's lane holds 8 MiB (256 KiB where the process's memory
    /// budget is used up), when 65,536 commands wait for their outcomes in it, or when a queue of
    /// this process is full and the command is for a handler here. Needs no async context: a
    /// callback or a `Drop` may call it.
    ///
    /// With a receiver, a time-out or headers: `bus.send(command).to(&peer).try_now()`.
    ///
    /// # Errors
    /// [`Full`](TrySendError::Full) gives the command back; what else can be wrong at once is told
    /// as [`send`](Self::send) tells it.
    pub fn try_send<C: Command>(&self, command: C) -> Result<Sending<C>, TrySendError<C>> {
        self.send(command).try_now()
    }

    /// Publishes an event if everybody who wants it has room now, else to nobody; never waits.
    ///
    /// Slow recipients have no say in it: they are skipped and counted, as by
    /// [`publish`](Self::publish). Needs no async context. With headers:
    /// `bus.publish(event).header("a", "b").try_now()`.
    ///
    /// # Errors
    /// [`Full`](TryPublishError::Full) gives the event back.
    pub fn try_publish<E: Event>(&self, event: E) -> Result<Published, TryPublishError<E>> {
        self.publish(event).try_now()
    }

    /// Subscribes a handler while the bus runs.
    ///
    /// Returns when the directory has committed it and every peer that was attached and responding
    /// has applied it, at most 2 s later; [`Live::is_live_everywhere`] says whether all have. While
    /// no directory answers it waits; dropping the future undoes what it began.
    ///
    /// # Errors
    /// What was refused is rolled back.
    pub async fn subscribe<A, H: Handler<A>>(&self, handler: H) -> Result<Live, SubscribeError> {
        live::subscribe(&self.inner, Box::new(handler.into_handling())).await
    }

    /// Subscribes a handler to events of a type that is known at run time only. With no key at all
    /// it wants nothing, with [`BindingKey::any`] every event of the type.
    ///
    /// The handler takes [`Undecoded`] events, in whatever codec they come. It is given what reaches
    /// this process: where another subscription of this process asks for more of the type, it gets
    /// that as well, since what an event is routed by is in its bytes. Only events: to subscribe to
    /// a command's type takes its commands away from whoever handles them, or makes their senders
    /// fail because two peers do.
    ///
    /// # Errors
    /// As [`subscribe`](Self::subscribe), and if the type is handled here already as a command.
    pub async fn subscribe_raw<A, H>(
        &self,
        of: RawType,
        keys: Vec<BindingKey>,
        handler: H,
    ) -> Result<Live, SubscribeError>
    where
        H: Handler<A, Message = Undecoded>,
    {
        let handling = RawHandling::new(of, keys, handler.into_handling());
        live::subscribe(&self.inner, Box::new(handling)).await
    }

    /// All peers of this process's replica, itself included, in the order of their names: what the
    /// directory says of each, what waits for it, and whether it is slow.
    ///
    /// ```
    /// use quibus::directory::PeerState;
    /// use quibus::prelude::*;
    ///
    /// fn how_many_are_up(bus: &Bus) -> usize {
    ///     let peers = bus.peers();
    ///     peers.iter().filter(|it| it.state == PeerState::Up).count()
    /// }
    /// ```
    pub fn peers(&self) -> Vec<KnownPeer> {
        self.inner.replica.known_peers()
    }

    /// The changes of the replica from now on.
    pub fn peer_events(&self) -> PeerEvents {
        self.inner.replica.events()
    }

    /// The types that peers have described to the directory, in the order of their names; several
    /// of one name if peers were built from different code.
    ///
    /// # Errors
    /// If the directory does not answer, within 3 s for every 256 KiB of names.
    pub async fn list_types(&self) -> Result<Vec<KnownType>, LookUpError> {
        self.inner.membership.list_types(&self.inner).await
    }

    /// The description of a type, by its hash; `None` if nobody knows the type any more.
    ///
    /// # Errors
    /// If the directory does not answer within 3 s.
    pub async fn get_type(&self, hash: TypeHash) -> Result<Option<TypeDescription>, LookUpError> {
        self.inner.membership.get_type(&self.inner, hash).await
    }

    /// What this process has received since its start.
    pub fn received(&self) -> Received {
        self.inner.dispatcher.received()
    }

    /// What this process can be made to hold at the most, item by item. Looks at every lane of every
    /// peer.
    pub fn memory(&self) -> MemoryTable {
        MemoryTable::of(&self.inner)
    }

    /// Runs until SIGINT or SIGTERM (elsewhere: Ctrl-C), then stops within 20 s.
    ///
    /// # Errors
    /// If another process has taken the peer id, or the stop left something behind.
    pub async fn run(self) -> Result<(), RunError> {
        self.run_until(Signals::listen()?).await
    }

    /// As [`run`](Self::run), for a program that had to listen before: because it says that it can
    /// be stopped now.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub async fn run_until(self, mut signals: Signals) -> Result<(), RunError> {
        tokio::select! {
            _ = signals.next() => {}
            () = stop::reached(&self.inner, Life::Fenced) => {}
        }
        if self.inner.life() == Life::Fenced {
            // What it left is of no use to anybody: the other process has begun anew.
            let _ = stop::stop(&self.inner, Duration::ZERO).await;
            return Err(RunError::Fenced);
        }
        self.stop(STOP_DEADLINE).await?;
        Ok(())
    }

    /// Drains, says goodbye, finishes what was accepted on either side, and closes; within
    /// `deadline` (promise 28), and the time that the transport takes to close (QUIC: 2 s at most).
    ///
    /// Several may ask for it: it is one stop, each is answered when it is over, and the same. The
    /// earliest of their deadlines is that of all.
    ///
    /// # Errors
    /// If something was left behind; the bus is closed all the same.
    ///
    /// ```
    /// # use quibus::prelude::*;
    /// async fn leave(bus: Bus) -> quibus::Result {
    ///     // Ok: nothing that was accepted is lost.
    ///     bus.stop(std::time::Duration::from_secs(20)).await?;
    ///     Ok(())
    /// }
    /// ```
    pub async fn stop(&self, deadline: Duration) -> Result<StopReport, IncompleteStop> {
        stop::stop(&self.inner, deadline).await
    }

    /// How a directory server feeds its own bus.
    #[doc(hidden)]
    pub fn authority(&self) -> Authority {
        Authority::new(self.inner.clone())
    }
}

impl fmt::Debug for Bus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bus")
            .field("peer", &self.inner.me)
            .finish_non_exhaustive()
    }
}

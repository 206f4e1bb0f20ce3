//! A service under test: its handlers on a bus of one process, without network and directory.

use std::any::Any;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use super::memory_network::MemoryNetwork;
use super::recorded::Recorded;
use crate::bus::{Builder, Bus, PublishError, Published, Recorder, SendError};
use crate::dispatch::Handler;
use crate::dispatch::layer::HandlerLayer;
use crate::id::{Identity, Incarnation, PeerId};
use crate::message::{Command, Event};

/// The handlers of a service on a bus of its own: no network, no certificates, no directory.
///
/// It starts with the first message. What is sent and published goes to the handlers given here
/// and through the same queues, codecs for errors and deadlines as in production; other services
/// are played by further handlers. What the service publishes is written down.
///
/// ```
/// use quibus::prelude::*;
/// use quibus::testing::TestBus;
///
/// #[derive(Clone, PartialEq, prost::Message, quibus::Command)]
/// #[quibus(namespace = "Shop")]
/// struct Open {}
///
/// #[derive(Clone, PartialEq, prost::Message, quibus::Event)]
/// #[quibus(namespace = "Shop")]
/// struct Opened {
///     #[prost(uint32, tag = "1")]
///     shop: u32,
/// }
///
/// async fn open(_: Open, State(shop): State<u32>, bus: Bus) -> quibus::Result {
///     bus.publish(Opened { shop }).await?;
///     Ok(())
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), SendError> {
/// let bus = TestBus::new().handle(open).state(7_u32);
/// bus.send(Open {}).await?;
/// bus.published::<Opened>().assert_one(|event| event.shop == 7);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct TestBus {
    builder: Mutex<Option<Builder>>,
    started: OnceCell<Bus>,
    recorder: Arc<Recorder>,
}

impl TestBus {
    /// Who the service is: the sender of whatever its handlers get.
    pub const PEER: &str = "Test.0";

    /// A bus without handlers.
    pub fn new() -> Self {
        let recorder = Arc::new(Recorder::default());
        let builder = Bus::builder(Self::PEER).recording(recorder.clone());
        Self {
            builder: Mutex::new(Some(builder)),
            started: OnceCell::new(),
            recorder,
        }
    }

    /// See [`Builder::handle`].
    pub fn handle<A, H: Handler<A>>(self, handler: H) -> Self {
        self.map(|builder| builder.handle(handler))
    }

    /// See [`Builder::state`].
    pub fn state<T: Any + Send + Sync>(self, state: T) -> Self {
        self.map(|builder| builder.state(state))
    }

    /// See [`Builder::layer`].
    pub fn layer(self, layer: impl HandlerLayer) -> Self {
        self.map(|builder| builder.layer(layer))
    }

    /// Sends a command to its handler.
    ///
    /// # Errors
    /// As [`Bus::send`].
    ///
    /// # Panics
    /// As [`bus`](Self::bus).
    pub async fn send<C: Command>(&self, command: C) -> Result<C::Reply, SendError<C::Error>> {
        self.bus().await.send(command).await
    }

    /// Publishes an event to its handlers, and waits until they and all others have ended.
    ///
    /// # Errors
    /// As [`Bus::publish`].
    ///
    /// # Panics
    /// As [`bus`](Self::bus).
    pub async fn publish<E: Event>(&self, event: E) -> Result<Published, PublishError> {
        let bus = self.bus().await;
        let published = bus.publish(event).await?;
        bus.authority().idle().await;
        Ok(published)
    }

    /// The events of a type that were published here so far, by the service or by the test.
    ///
    /// # Panics
    /// If more than 65,536 events were.
    pub fn published<E: Event>(&self) -> Recorded<E> {
        Recorded::new(self.recorder.published())
    }

    /// The bus itself, for whatever this type has no method for.
    ///
    /// # Panics
    /// If it cannot be started: the text names every fault, for instance a state that is missing.
    pub async fn bus(&self) -> &Bus {
        self.started.get_or_init(|| self.start()).await
    }

    async fn start(&self) -> Bus {
        let builder = self.builder.lock().unwrap_or_else(PoisonError::into_inner);
        let builder = { builder }
            .take()
            .unwrap_or_else(|| Bus::builder(Self::PEER));
        let peer = match PeerId::new(Self::PEER) {
            Ok(peer) => peer,
            Err(error) => panic!("{error}"),
        };
        let transport = MemoryNetwork::seeded(0).transport(Identity::Directory(peer));
        let builder = builder
            .shared_transport(transport)
            .as_directory(Incarnation(1));
        match builder.start().await {
            Ok(bus) => {
                bus.authority().open();
                bus
            }
            Err(error) => panic!("the bus under test does not start: {error}"),
        }
    }

    fn map(mut self, change: impl FnOnce(Builder) -> Builder) -> Self {
        let builder = self.builder.get_mut();
        let builder = builder.unwrap_or_else(PoisonError::into_inner);
        *builder = builder.take().map(change);
        self
    }
}

impl Default for TestBus {
    fn default() -> Self {
        Self::new()
    }
}

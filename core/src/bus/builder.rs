//! The settings of a bus, and its start.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::bus::Bus;
use super::bus_cell::BusCell;
use super::bus_settings::BusSettings;
use super::directory_handlers;
use super::inner::{Inner, Parts};
use super::membership::Membership;
use super::replica::Replica;
use super::run_error::RunError;
use super::signals::Signals;
use super::start_error::StartError;
use super::subscription_book::SubscriptionBook;
use super::type_book::TypeBook;
use crate::config::Config;
use crate::dispatch::layer::{AnyLayer, HandlerLayer};
use crate::dispatch::{
    Dispatcher, DuplicateState, ErasedHandler, Handler, Needs, Sender, States, SubscriptionMode,
    Undecoded,
};
use crate::id::{Identity, Incarnation, PeerId};
use crate::message::Message;
use crate::message::schema::TypeDescription;
use crate::peers::{Peers, Timings};
use crate::session::{MemoryBudget, Own};
use crate::transport::Transport;

/// Links that may wait to be taken over by the bus.
const ARRIVALS: usize = 256;

/// The settings of a bus; see [`Bus::builder`].
///
/// What is said here has the last word; what is not is read from the configuration by
/// [`run`](Self::run) and [`start_with`](Self::start_with), or has its default.
///
/// ```
/// use std::time::Duration;
///
/// use quibus::bus::StartError;
/// use quibus::prelude::*;
///
/// # async fn start() {
/// let unfinished = Bus::builder("Shop.0")
///     .directory("dir-1:7465")
///     .send_timeout(Duration::from_secs(5));
/// // Every fault at once, each with its cure.
/// let Err(StartError::Settings { faults }) = unfinished.start().await else {
///     panic!("a bus without a network started");
/// };
/// assert_eq!(faults, ["no transport was given; add .transport(…)"]);
/// # }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(start());
/// ```
#[must_use = "settings do nothing until they are started"]
pub struct Builder {
    peer: String,
    handlers: Vec<Box<dyn ErasedHandler>>,
    layers: Vec<AnyLayer>,
    types: TypeBook,
    states: States,
    faults: Vec<String>,
    transport: Option<Arc<dyn Transport>>,
    directories: Vec<String>,
    authority: Option<Incarnation>,
    registration_timeout: Option<Duration>,
    send_timeout: Option<Duration>,
    timings: Option<Timings>,
    budget: Option<MemoryBudget>,
    handlers_on: Option<Handle>,
    #[cfg(any(test, feature = "testing"))]
    recorder: Option<Arc<super::recorder::Recorder>>,
}

impl Builder {
    pub(super) fn new(peer: &str) -> Self {
        Self {
            peer: peer.into(),
            handlers: Vec::new(),
            layers: Vec::new(),
            types: TypeBook::default(),
            states: States::new(),
            faults: Vec::new(),
            transport: None,
            directories: Vec::new(),
            authority: None,
            registration_timeout: None,
            send_timeout: None,
            timings: None,
            budget: None,
            handlers_on: None,
            #[cfg(any(test, feature = "testing"))]
            recorder: None,
        }
    }

    /// Handles a message: an `async fn`, or a [`Handling`](crate::dispatch::Handling).
    pub fn handle<A, H: Handler<A>>(mut self, handler: H) -> Self {
        self.handlers.push(Box::new(handler.into_handling()));
        self
    }

    /// Puts a tower layer around every handler, also those that are subscribed later, outside of
    /// those that were given before; see [`layer`](crate::layer).
    pub fn layer(mut self, layer: impl HandlerLayer) -> Self {
        self.layers.push(AnyLayer::new(layer));
        self
    }

    /// Describes a type that this process sends or publishes, so that tools can read and write its
    /// messages. What it handles is described anyway, and what nobody describes travels as well; at
    /// most 1,024 types of a process are described.
    pub fn describe<M: Message>(mut self) -> Self {
        self.note(M::describe());
        self
    }

    /// Gives handlers a state, which they take as `State<T>`; one of each type.
    pub fn state<T: Any + Send + Sync>(mut self, state: T) -> Self {
        if let Err(DuplicateState { name }) = self.states.insert(state) {
            self.faults.push(format!(
                "two states of the type {name} were given; wrap one of them"
            ));
        }
        self
    }

    /// The network.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// A network that is shared.
    pub fn shared_transport(mut self, transport: Arc<dyn Transport>) -> Self {
        self.transport = Some(transport);
        self
    }

    /// The address of a directory server; may be given several times.
    pub fn directory(mut self, address: impl Into<String>) -> Self {
        self.directories.push(address.into());
        self
    }

    /// How long a start looks for a directory; 10 s without it.
    pub fn registration_timeout(mut self, timeout: Duration) -> Self {
        self.registration_timeout = Some(timeout);
        self
    }

    /// How long a send waits unless it says otherwise; 30 s without it.
    pub fn send_timeout(mut self, timeout: Duration) -> Self {
        self.send_timeout = Some(timeout);
        self
    }

    /// How long things may take between two peers.
    pub fn timings(mut self, timings: Timings) -> Self {
        self.timings = Some(timings);
        self
    }

    /// How many bytes all lanes and links of the process may hold beyond what each has beforehand;
    /// `bus.memory_budget` or 512 MiB without it, at least 16 MiB. Several buses of one process
    /// share a budget by being given clones of one [`MemoryBudget`].
    pub fn memory_budget(mut self, budget: impl Into<MemoryBudget>) -> Self {
        self.budget = Some(budget.into());
        self
    }

    /// Runs the handlers on this runtime; without it, on the one that the bus is started on, where
    /// everything else stays.
    ///
    /// A bus is fastest on one thread. Handlers that compute for long, or that block, hold up
    /// everything that shares their thread, acknowledgements and pings included: then start the
    /// bus on a runtime of one thread of its own, and give it the handlers' here. Sends and
    /// publishes may come from any; who sends much is best on the handlers', where outcomes that
    /// come together wake their senders together.
    pub fn handlers_on(mut self, runtime: Handle) -> Self {
        self.handlers_on = Some(runtime);
        self
    }

    /// This bus is a directory server's own: it belongs to no directory and is fed through
    /// [`Bus::authority`].
    #[doc(hidden)]
    pub fn as_directory(mut self, incarnation: Incarnation) -> Self {
        self.authority = Some(incarnation);
        self
    }

    /// Writes down what is published.
    #[cfg(any(test, feature = "testing"))]
    #[doc(hidden)]
    pub fn recording(mut self, recorder: Arc<super::recorder::Recorder>) -> Self {
        self.recorder = Some(recorder);
        self
    }

    /// Finds the configuration ([`Config::find`]), starts with it, runs until a signal, and stops.
    ///
    /// # Errors
    /// As [`start_with`](Self::start_with) and [`Bus::run`].
    pub async fn run(self) -> Result<(), RunError> {
        let config = Config::find().map_err(StartError::from)?;
        // Before anybody can see that it is there, and stop it.
        let mut signals = Signals::listen()?;
        let bus = tokio::select! {
            bus = self.start_with(&config) => bus?,
            signal = signals.next() => {
                tracing::info!(signal, "asked to end before the start was over");
                return Ok(());
            }
        };
        bus.run_until(signals).await
    }

    /// Starts with what a configuration says in `[bus]` and in the transport's own section, where
    /// this builder has not said otherwise.
    ///
    /// # Errors
    /// What is wrong with the configuration, and as [`start`](Self::start).
    pub async fn start_with(mut self, config: &Config) -> Result<Bus, StartError> {
        let settings = BusSettings::of(config)?;
        if let Some(transport) = &self.transport {
            transport.configure(config)?;
        }
        if !self.peer.contains('.') && !self.peer.is_empty() {
            self.peer = format!("{}.{}", self.peer, settings.instance);
        }
        if self.directories.is_empty() && self.authority.is_none() {
            self.directories.clone_from(&settings.directories);
        }
        self.registration_timeout
            .get_or_insert(settings.registration_timeout);
        self.send_timeout.get_or_insert(settings.send_timeout);
        self.timings.get_or_insert_with(|| settings.timings());
        self.budget.get_or_insert_with(|| settings.budget());
        self.start().await
    }

    /// Binds, registers, loads the replica and lets handlers run; others reach this process when
    /// it returns. What this builder has not said has its default.
    ///
    /// # Errors
    /// Within [`registration_timeout`](Self::registration_timeout), naming every directory address
    /// and why it failed; closing the transport may add 2 s if somebody who was dialled is silent.
    /// Nothing is left behind.
    pub async fn start(mut self) -> Result<Bus, StartError> {
        let defaults = BusSettings::default();
        let me = self.check()?;
        let Some(transport) = self.transport.take() else {
            return Err(StartError::Settings {
                faults: self.faults,
            });
        };
        let (arrivals, arriving) = mpsc::channel(ARRIVALS);
        let bound = transport.bind(&me, arrivals).await?;
        if self.authority.is_some() && !bound.identity.is_directory() {
            transport.close().await;
            return Err(no_directory(&me, &bound.identity));
        }
        let cell = BusCell::default();
        // Checked for before: nobody outside can name the type.
        let _ = self.states.insert(cell.clone());
        let states = Arc::new(std::mem::take(&mut self.states));
        let dispatcher = Dispatcher::new(states, self.handlers_on.take());
        let own = Own {
            peer: me.clone(),
            environment: bound.environment,
            incarnation: self.authority.unwrap_or(Incarnation::NONE),
        };
        let peers = Peers::start(
            own,
            self.authority.is_some(),
            self.timings.take().unwrap_or_default(),
            self.budget.take().unwrap_or_default(),
            transport.clone(),
            dispatcher.clone(),
            arriving,
        );
        let replica = Arc::new(Replica::new(me.clone(), peers.clone()));
        let book = self.subscribe(&dispatcher, &replica);
        let bus = Inner::new(Parts {
            sender: Sender::new(me.clone(), bound.identity),
            me,
            peers,
            dispatcher,
            replica,
            transport,
            membership: Membership::new(std::mem::take(&mut self.directories), bound.address),
            book,
            layers: std::mem::take(&mut self.layers),
            #[cfg(any(test, feature = "testing"))]
            recorder: self.recorder.take(),
            types: std::mem::take(&mut self.types),
            default_timeout: self.send_timeout.unwrap_or(defaults.send_timeout).into(),
        });
        cell.set(&bus);
        tokio::spawn(super::metrics::record(Arc::downgrade(&bus)));
        // A directory server's own is opened by its authority, once that has fed the replica.
        if self.authority.is_none() {
            let within = self.registration_timeout;
            let within = within.unwrap_or(defaults.registration_timeout);
            if let Err(error) = Membership::begin(&bus, within).await {
                super::stop::close(&bus).await;
                return Err(error);
            }
            bus.dispatcher.open();
        }
        Ok(Bus::of(bus))
    }

    fn note(&mut self, description: TypeDescription) {
        if let Err(undescribed) = self.types.add(description) {
            undescribed.log();
        }
    }

    /// Adds the handlers and counts what they want.
    fn subscribe(&mut self, dispatcher: &Dispatcher, replica: &Replica) -> SubscriptionBook {
        let mut book = SubscriptionBook::default();
        if self.authority.is_none() {
            for handler in directory_handlers::handlers() {
                dispatcher.add(handler).queue.open();
            }
        }
        for mut handler in std::mem::take(&mut self.handlers) {
            self.layers.iter().for_each(|layer| handler.wrap(layer));
            if let Some(description) = handler.describe() {
                self.note(description);
            }
            let name = handler.message_type();
            if handler.options().mode != SubscriptionMode::Manual
                && let Some(all) = book.add(name, &handler.options().keys)
            {
                replica.set_own(name, &all);
            }
            dispatcher.add(handler.into());
        }
        book
    }

    /// Finds every fault that can be found without a network.
    fn check(&mut self) -> Result<PeerId, StartError> {
        if self.transport.is_none() {
            self.faults
                .push("no transport was given; add .transport(…)".into());
        }
        if self.authority.is_none() && self.directories.is_empty() {
            self.faults.push(
                "no directory was given; add .directory(\"host:port\"), set bus.directories, or on a \
                 developer's machine run `quibus up`"
                    .into(),
            );
        }
        if let Some(budget) = &self.budget
            && budget.limit() < MemoryBudget::LEAST
        {
            self.faults.push(format!(
                "a memory budget of {} bytes is less than two lanes need; give at least {}",
                budget.limit(),
                MemoryBudget::LEAST
            ));
        }
        for handler in &self.handlers {
            let name = handler.message_type();
            if let Some(invalid) = &handler.options().invalid_key {
                self.faults.push(format!(
                    "a handler of {name} has an impossible route: {invalid}"
                ));
            }
            if handler.message_type_id() == TypeId::of::<Undecoded>() {
                self.faults.push(
                    "a handler of Undecoded events does not say their type; give it to \
                     bus.subscribe_raw(…) once the bus runs"
                        .into(),
                );
            }
            if self.authority.is_none() && is_reserved(handler.lane()) {
                self.faults.push(format!(
                    "{name} names the lane {}, which is the bus's own; name another",
                    handler.lane()
                ));
            }
            let mut needs = Needs::new();
            handler.needs(&mut needs);
            for missing in needs.missing(&self.states) {
                self.faults.push(format!(
                    "the handler of {name} wants State<{missing}>; add .state(…) before the start"
                ));
            }
        }
        self.check_twins();
        let peer = PeerId::new(&self.peer).map_err(|error| error.to_string());
        match peer {
            Ok(peer) if self.faults.is_empty() => Ok(peer),
            other => {
                self.faults.extend(other.err());
                Err(StartError::Settings {
                    faults: std::mem::take(&mut self.faults),
                })
            }
        }
    }

    /// Two handlers of one command: whose reply? (promise 22)
    fn check_twins(&mut self) {
        let mut by_name: HashMap<_, Vec<&Box<dyn ErasedHandler>>> = HashMap::new();
        for handler in &self.handlers {
            by_name
                .entry(handler.message_type())
                .or_default()
                .push(handler);
        }
        for (name, handlers) in by_name
            .into_iter()
            .filter(|(_, handlers)| handlers.len() > 1)
        {
            let types_differ = handlers
                .iter()
                .any(|h| h.message_type_id() != handlers[0].message_type_id());
            if types_differ {
                self.faults.push(format!(
                    "two Rust types are called {name}; rename one of them"
                ));
            } else if handlers[0].is_command() && !handlers[0].reply_is_unit() {
                self.faults.push(format!(
                    "two handlers of {name} were given, and only one can reply"
                ));
            }
        }
    }
}

/// A directory server by its settings, and not by its certificate.
fn no_directory(me: &PeerId, identity: &Identity) -> StartError {
    let fault = format!(
        "{me} is to be a directory, but its certificate says {identity}; peers take the word of \
         /directory/… only"
    );
    let faults = vec![fault];
    StartError::Settings { faults }
}

/// Whether only the bus itself uses a lane of this name.
fn is_reserved(lane: &str) -> bool {
    matches!(
        lane,
        "infrastructure" | "infrastructure outcomes" | "outcomes"
    )
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("peer", &self.peer)
            .finish_non_exhaustive()
    }
}

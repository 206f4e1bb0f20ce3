//! All handlers of a process, by message type, and their queues.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::task::Waker;

use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::delivering::{ByType, Delivering};
use super::erased_handler::ErasedHandler;
use super::handler_table::HandlerTable;
use super::missed::{Missed, tell_missed};
use super::no_place::NoPlace;
use super::queue::Queue;
use super::registered::Registered;
use super::sender::Sender;
use super::senders::Senders;
use super::several::{push_to_several, wire_work};
use super::states::States;
use super::type_handlers::TypeHandlers;
use super::verdict::Verdict;
use super::work::{Join, LocalBody, LocalMessage, LocalReply, Origin, Work, WorkContent};
use crate::id::MessageId;
use crate::message::{CodecNumber, Message};
use crate::peers::{Afterwards, Deliver, Peer, Request};
use crate::session::{LaneId, Run, kind};
use crate::transport::BoxFuture;

/// Commands that are refused before it is looked again whether their sender is owed too much: a run may
/// have a hundred thousand.
const REFUSED_AT_ONCE: usize = 1_024;

/// All handlers of a process.
pub(crate) struct Dispatcher {
    /// Whether the bus is live; queues made later are open at once.
    open: AtomicBool,
    handlers: HandlerTable,
    queues: Mutex<BTreeMap<Arc<str>, Arc<Queue>>>,
    states: Arc<States>,
    runtime: Handle,
    senders: Senders,
    /// Whether messages of applications are taken no more. Locked while some are queued, so that
    /// nothing is queued after it was seen that nothing is left. No code of others runs meanwhile:
    /// it may queue something in turn, and would wait for who waits to seal this.
    sealed: RwLock<bool>,
    received: AtomicU64,
    unhandled: AtomicU64,
    missed: AtomicU64,
    /// Events of this process that were skipped since its handlers were told last.
    missed_here: AtomicU64,
}

/// What a process has received.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Received {
    /// Messages of types that are handled here.
    pub handled: u64,
    /// Messages of types that nobody handles here any more, or not in that codec.
    pub unhandled: u64,
    /// Events that were skipped for this process because it was slow, as their senders counted.
    pub missed: u64,
}

impl Dispatcher {
    /// Handlers run on the runtime `apart`, if that is not this one.
    pub(crate) fn new(states: Arc<States>, apart: Option<Handle>) -> Arc<Self> {
        Arc::new(Self {
            open: AtomicBool::new(false),
            handlers: HandlerTable::default(),
            queues: Mutex::default(),
            states,
            runtime: apart.clone().unwrap_or_else(Handle::current),
            senders: Senders::new(apart),
            sealed: RwLock::default(),
            received: AtomicU64::new(0),
            unhandled: AtomicU64::new(0),
            missed: AtomicU64::new(0),
            missed_here: AtomicU64::new(0),
        })
    }

    /// Adds a handler, if there is a place for it beside those that are there.
    pub(crate) fn add_beside(
        &self,
        handler: Arc<dyn ErasedHandler>,
    ) -> Result<Arc<Registered>, NoPlace> {
        // Not given away: one that is refused ends once that is over.
        self.handlers.add(handler.message_type(), |known| {
            if let Some(known) = known {
                known.leave_place_for(handler.as_ref())?;
            }
            Ok(self.register(handler.clone()))
        })
    }

    /// Adds a handler of a bus that begins, whose handlers were compared before; from now on it
    /// gets messages of its type.
    pub(crate) fn add(&self, handler: Arc<dyn ErasedHandler>) -> Arc<Registered> {
        let make = |_: Option<&TypeHandlers>| Ok::<_, Infallible>(self.register(handler.clone()));
        let Ok(registered) = self.handlers.add(handler.message_type(), make);
        registered
    }

    fn register(&self, handler: Arc<dyn ErasedHandler>) -> Arc<Registered> {
        let named = handler.options().queue.clone();
        let queue = self.queue(named.unwrap_or_else(|| handler.lane().into()));
        queue.widen(handler.options().concurrency);
        Arc::new(Registered::new(handler, queue))
    }

    /// The bus is live: messages start.
    pub(crate) fn open(&self) {
        self.open.store(true, Ordering::Release);
        for queue in self.all_queues() {
            queue.open();
        }
    }

    /// Removes a handler; what is queued for it still runs.
    pub(crate) fn remove(&self, registered: &Arc<Registered>) {
        self.handlers.remove(registered);
        registered.remove();
    }

    /// The handlers of a type.
    pub(crate) fn handlers(&self, type_name: &str) -> Option<Arc<TypeHandlers>> {
        self.handlers.of(type_name)
    }

    /// The first full queue among those of the handlers of a type.
    pub(crate) fn full_queue(&self, type_name: &str) -> Option<Arc<Queue>> {
        self.handlers(type_name)?.full_queue().cloned()
    }

    /// Where handlers run: for those who call the bus from outside.
    pub(crate) fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// What has been received.
    pub(crate) fn received(&self) -> Received {
        Received {
            handled: self.received.load(Ordering::Relaxed),
            unhandled: self.unhandled.load(Ordering::Relaxed),
            missed: self.missed.load(Ordering::Relaxed),
        }
    }

    /// Waits until every queue has nothing left.
    pub(crate) async fn drained(&self) {
        for queue in self.all_queues() {
            queue.drained().await;
        }
    }

    /// Answers the commands of this peer that are set aside: they start no more, as this bus stops.
    pub(crate) fn refuse_aside(&self, peer: &Arc<Peer>) {
        if peer.is_owed_too_much(LaneId::DEFAULT) || peer.is_owed_too_much(LaneId::INFRASTRUCTURE) {
            let queues = self.all_queues();
            queues.iter().for_each(|queue| queue.refuse_aside(peer));
        }
    }

    /// How many queues there are, the messages that wait in them, and what these cost.
    pub(crate) fn held(&self) -> (usize, usize, u64) {
        let queues = self.all_queues();
        let held = queues.iter().map(|queue| queue.held());
        let sum = held.fold((0, 0), |sum, held| (sum.0 + held.0, sum.1 + held.1));
        (queues.len(), sum.0, sum.1)
    }

    /// How many messages wait, run or are suspended.
    pub(crate) fn unfinished(&self) -> usize {
        self.all_queues()
            .iter()
            .map(|queue| queue.unfinished())
            .sum()
    }

    /// Ends every worker.
    pub(crate) fn close(&self) {
        for queue in self.all_queues() {
            queue.close();
        }
        self.handlers.clear();
    }

    /// Takes no more messages, if none of anybody is left. `false`: some are.
    pub(crate) fn seal(&self) -> bool {
        let mut sealed = self.sealed.write().unwrap_or_else(PoisonError::into_inner);
        // Looked at once: what ends between two looks would be sealed by neither.
        let finished = self.unfinished() == 0;
        *sealed |= finished;
        finished
    }

    /// Takes messages again.
    pub(crate) fn unseal(&self) {
        *self.sealed.write().unwrap_or_else(PoisonError::into_inner) = false;
    }

    /// Queues a message of this process for these handlers; room was looked at before. `false`: it
    /// is too late for that.
    pub(crate) fn push_local(&self, handlers: &TypeHandlers, message: LocalMessage) -> bool {
        let missed = self.missed_here.load(Ordering::Relaxed) > 0;
        // Let go of after unlocking: a handler that was removed may end with it.
        let by_type = missed.then(|| self.handlers.load());
        let sealed = self.sealed.read().unwrap_or_else(PoisonError::into_inner);
        if *sealed {
            return false;
        }
        if let Some(by_type) = &by_type {
            self.tell_missed_here(by_type, &message.sender);
        }
        self.received.fetch_add(1, Ordering::Relaxed);
        let join = (handlers.command && handlers.handlers.len() > 1)
            .then(|| Join::new(handlers.handlers.len()));
        let message = Arc::new(message);
        for handler in &handlers.handlers {
            let content = WorkContent::Local(message.clone());
            let (handler, join) = (handler.clone(), join.clone());
            handler.queue.clone().push_anyway(Work {
                handler,
                content,
                join,
                is_next: false,
            });
        }
        // Dropping a message may run code of its type's, which may send in turn.
        drop(sealed);
        true
    }

    fn queue(&self, name: Arc<str>) -> Arc<Queue> {
        let mut queues = self.lock_queues();
        let make = || Queue::new(name.clone(), self.states.clone(), self.runtime.clone());
        let queue = queues.entry(name.clone()).or_insert_with(make).clone();
        if self.open.load(Ordering::Acquire) {
            queue.open();
        }
        queue
    }

    fn all_queues(&self) -> Vec<Arc<Queue>> {
        self.lock_queues().values().cloned().collect()
    }

    fn lock_queues(&self) -> MutexGuard<'_, BTreeMap<Arc<str>, Arc<Queue>>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the first `count` messages of a group, all of one type, as many as there is room for.
    fn deliver_group(
        &self,
        peer: &Arc<Peer>,
        lane: LaneId,
        group: &Run,
        delivery: &mut Delivering<'_>,
    ) -> usize {
        let Some(item) = group.items().first() else {
            return 0;
        };
        let command = item.plain_kind() == kind::COMMAND;
        if command && peer.is_owed_too_much(lane) {
            return 0;
        }
        let origin = delivery.origin(peer, lane).clone();
        let received = group.parcel.received_type(item);
        let name = received.map_or("", |received| &received.name);
        let known = delivery.by_type.get(name);
        let Some(known) = known.filter(|known| known.command == command) else {
            return self.refuse_group(group, &origin, command, &Verdict::Unhandled, delivery);
        };
        if let Some(codec) = received.map(|received| received.codec)
            && let Some(read) = known.codec
            && codec != read
        {
            let text = format!(
                "{name} came in {}, its handler reads {}: give the type one `codec` on both sides",
                CodecNumber(codec),
                CodecNumber(read)
            );
            let (told, id) = (text.clone(), peer.id().clone());
            delivery.afterwards.tell(move || {
                tracing::warn!(peer = %id, text = told, "messages were refused");
            });
            let verdict = Verdict::Undecodable(text);
            return self.refuse_group(group, &origin, command, &verdict, delivery);
        }
        let taken = match known.handlers.as_slice() {
            [only] => only.queue.push_run(group, (peer, lane), |count| {
                wire_work(only, group, count, origin, None)
            }),
            several => push_to_several(several, peer, lane, group, command, &origin),
        };
        self.received.fetch_add(taken as u64, Ordering::Relaxed);
        taken
    }
}

impl Dispatcher {
    /// Takes a group that no handler gets: of commands only as many as may be answered.
    fn refuse_group(
        &self,
        group: &Run,
        origin: &Origin,
        command: bool,
        verdict: &Verdict,
        delivery: &mut Delivering<'_>,
    ) -> usize {
        let count = group.items.len();
        let mut taken = if command { 0 } else { count };
        while taken < count && !origin.peer.is_owed_too_much(origin.lane) {
            let next = count.min(taken + REFUSED_AT_ONCE);
            for at in taken..next {
                let number = group.sequence + at as u64;
                delivery.refuse(origin, (group.epoch, number), verdict);
            }
            taken = next;
        }
        self.unhandled.fetch_add(taken as u64, Ordering::Relaxed);
        taken
    }
}

/// Events that were skipped for this process (promise 15).
impl Dispatcher {
    /// Tells the handlers that a peer skipped events. `false`: there is no room for that yet.
    fn deliver_missed(
        &self,
        peer: &Arc<Peer>,
        lane: LaneId,
        run: &Run,
        delivery: &mut Delivering<'_>,
    ) -> bool {
        let Some(item) = run.items().first() else {
            return true;
        };
        let handlers = delivery.by_type.get(Missed::NAME);
        let mut known = handlers.iter().flat_map(|known| &known.handlers);
        if known.any(|handler| handler.queue.wait_if_full((peer, lane))) {
            return false;
        }
        let (name, count) = (run.parcel.lane_missed(item), item.count());
        add_up(&self.missed, count);
        if let Some(count) = peer.missed_pace.tell(count) {
            let (told, id) = (name.clone(), peer.id().clone());
            delivery.afterwards.tell(move || {
                tracing::warn!(peer = %id, lane = %told.escape_debug(), count,
                    "events were skipped because this process was slow");
            });
        }
        if let Some(handlers) = handlers {
            let origin = delivery.origin(peer, lane);
            tell_missed(handlers, count, &name, &origin.sender, Some(origin));
        }
        true
    }

    /// An event of this process was skipped, because a queue of its own handlers was full.
    pub(crate) fn skip_here(&self) {
        add_up(&self.missed, 1);
        self.missed_here.fetch_add(1, Ordering::AcqRel);
    }

    /// Tells the handlers of what was skipped before this process's next event.
    fn tell_missed_here(&self, by_type: &ByType, sender: &Sender) {
        let count = self.missed_here.swap(0, Ordering::AcqRel);
        if count > 0
            && let Some(handlers) = by_type.get(Missed::NAME)
        {
            tell_missed(handlers, count, &"".into(), sender, None);
        }
    }
}

/// Adds what another process may have made up: the sum never runs over.
fn add_up(sum: &AtomicU64, more: u64) {
    let add = |sum: u64| Some(sum.saturating_add(more));
    let _ = sum.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
}

impl Deliver for Dispatcher {
    fn deliver(
        &self,
        peer: &Arc<Peer>,
        lane: LaneId,
        run: &Run,
        afterwards: &mut Afterwards,
    ) -> usize {
        // Let go of after `sealed`: a handler that was removed may end with it.
        let by_type = self.handlers.load();
        let sealed = || self.sealed.read().unwrap_or_else(PoisonError::into_inner);
        let sealed = lane.is_application().then(sealed);
        // It would be acknowledged, and end with the queue that it lies in. Not taken it stays its
        // sender's, who hears that this process is gone.
        if sealed.as_deref() == Some(&true) {
            return 0;
        }
        let mut delivery = Delivering::new(&by_type, afterwards);
        let mut rest = run.clone();
        while let Some(item) = rest.items().first() {
            if !matches!(item.plain_kind(), kind::EVENT | kind::COMMAND) {
                if item.kind == kind::MISSED
                    && !self.deliver_missed(peer, lane, &rest, &mut delivery)
                {
                    break;
                }
                rest.sequence += item.numbers();
                rest.items.start += 1;
                continue;
            }
            let count = rest.alike();
            let group = rest.first(count);
            let mut taken = self.deliver_group(peer, lane, &group, &mut delivery);
            if taken < count && lane.is_unsequenced() {
                // R13: it neither waits here nor stays where it came from.
                let origin = delivery.origin(peer, lane).clone();
                let number = (group.epoch, group.sequence);
                delivery.refuse(&origin, number, &Verdict::Overloaded);
                taken = count;
            }
            rest.items.start += taken;
            rest.sequence += taken as u64;
            if taken < count {
                break;
            }
        }
        rest.items.start - run.items.start
    }

    fn relieve(&self, peer: &Arc<Peer>) {
        for queue in self.all_queues() {
            queue.relieve(peer);
        }
    }

    fn expire(&self, now: Instant) -> Option<Instant> {
        let queues = self.all_queues();
        queues.iter().filter_map(|queue| queue.expire(now)).min()
    }

    fn wake_senders(&self, senders: Vec<Waker>) {
        self.senders.wake(senders);
    }

    fn answer(&self, request: Request) -> BoxFuture<'static, Bytes> {
        let Some(handlers) = self
            .handlers(&request.type_name)
            .filter(|known| known.command)
        else {
            let verdict = Verdict::Unhandled.encode();
            return Box::pin(std::future::ready(verdict));
        };
        let (asker, answer) = oneshot::channel();
        // Too late for it: then it is dropped with its asker.
        let _ = self.push_local(
            &handlers,
            LocalMessage {
                body: LocalBody::Encoded(request.payload),
                id: MessageId::next(),
                sender: Sender::from_proved(Arc::new((request.peer, request.remote))),
                headers: Bytes::new(),
                deadline: None,
                reply: LocalReply::Request(Mutex::new(Some(asker))),
                attached: None,
                news_of: None,
            },
        );
        Box::pin(async move { answer.await.unwrap_or_else(|_| Verdict::Draining.encode()) })
    }
}

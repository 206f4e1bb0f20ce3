//! What lies in a dispatch queue: messages for one handler.

use std::any::Any;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::registered::Registered;
use super::sender::Sender;
use super::verdict::Verdict;
use crate::id::{IdTail, Identity, MessageId};
use crate::message::Body;
use crate::peers::Peer;
use crate::session::{LaneId, Run, cost_of, wake_all};

/// Bytes of one entry of a queue.
pub(crate) const WORK_BYTES: usize = size_of::<Work>();

/// Messages for one handler: a run off the wire, or one from this process.
#[derive(Debug, Clone)]
pub(crate) struct Work {
    pub(crate) handler: Arc<Registered>,
    pub(crate) content: WorkContent,
    /// Set where several handlers share one command.
    pub(crate) join: Option<Arc<Join>>,
    /// A worker has it where several run at once: it starts before all others then, whatever has
    /// come meanwhile, since what is behind it may have started.
    pub(super) is_next: bool,
}

#[derive(Debug, Clone)]
pub(crate) enum WorkContent {
    Wire { run: Run, origin: Arc<Origin> },
    Local(Arc<LocalMessage>),
}

/// Where a run of messages came from.
#[derive(Debug)]
pub(crate) struct Origin {
    pub(crate) peer: Arc<Peer>,
    pub(crate) sender: Sender,
    pub(crate) lane: LaneId,
    pub(crate) tail: IdTail,
}

impl Origin {
    pub(super) fn of(peer: &Arc<Peer>, lane: LaneId) -> Arc<Self> {
        // No message comes before a Hello, and a Hello is what proves; be safe all the same.
        let unproved = || Sender::new(peer.id().clone(), Identity::Peer(peer.id().clone()));
        let sender = peer.proved().map_or_else(unproved, Sender::from_proved);
        Arc::new(Self {
            peer: peer.clone(),
            sender,
            lane,
            tail: peer.tail(),
        })
    }
}

/// A message from this process, a request of one that is not registered, or news of a lane.
#[derive(Debug)]
pub(crate) struct LocalMessage {
    pub(crate) body: LocalBody,
    pub(crate) id: MessageId,
    pub(crate) sender: Sender,
    pub(crate) headers: Bytes,
    pub(crate) deadline: Option<Instant>,
    pub(crate) reply: LocalReply,
    /// What a command came with; of several handlers one may take it.
    pub(crate) attached: Option<Mutex<Option<Body>>>,
    /// The lane whose news it is: it has a place among the messages of that.
    pub(crate) news_of: Option<Arc<Origin>>,
}

#[derive(Debug)]
pub(crate) enum LocalBody {
    /// For one handler: the value itself.
    Value(Mutex<Option<Box<dyn Any + Send>>>),
    /// For several: each decodes its own.
    Encoded(Bytes),
}

#[derive(Debug)]
pub(crate) enum LocalReply {
    /// An event's.
    None,
    /// To a send of this process, which may know the reply's type or want its bytes.
    Call { call: Arc<LocalCall>, encoded: bool },
    /// To a request of a process that is not registered.
    Request(Mutex<Option<oneshot::Sender<Bytes>>>),
}

/// What became of a command within this process.
#[derive(Debug)]
pub(crate) enum LocalVerdict {
    /// The reply: a value of its type, or its bytes where they were asked for.
    Value(Box<dyn Any + Send>),
    /// The same, with its body.
    ValueWithBody(Box<dyn Any + Send>, Body),
    Verdict(Verdict),
    /// The queue was closed before a handler ended.
    Stopped {
        /// Whether one had begun.
        sent: bool,
    },
}

/// A send within this process that waits for its verdict.
#[derive(Debug, Default)]
pub(crate) struct LocalCall {
    state: Mutex<(Option<LocalVerdict>, Option<Waker>)>,
    /// Whether a handler has been given the command.
    begun: AtomicBool,
}

impl LocalCall {
    pub(super) fn begin(&self) {
        self.begun.store(true, Ordering::Relaxed);
    }

    pub(crate) fn complete(&self, verdict: LocalVerdict) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.0.is_none() {
            state.0 = Some(verdict);
        }
        let sender = state.1.take();
        drop(state);
        wake_all(sender);
    }

    pub(crate) fn poll(&self, context: &Context<'_>) -> Poll<LocalVerdict> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match state.0.take() {
            Some(verdict) => Poll::Ready(verdict),
            None => {
                state.1 = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

/// The handlers that share one command (their reply is `()`): the last to end answers, the first
/// error wins (promise 22).
#[derive(Debug)]
pub(crate) struct Join {
    left: AtomicUsize,
    body_taken: AtomicBool,
    first_error: Mutex<Option<Verdict>>,
}

impl Join {
    pub(crate) fn new(handlers: usize) -> Arc<Self> {
        Arc::new(Self {
            left: AtomicUsize::new(handlers),
            body_taken: AtomicBool::new(false),
            first_error: Mutex::default(),
        })
    }

    /// One of the handlers takes the command's body. `false`: another has.
    pub(crate) fn take_body(&self) -> bool {
        !self.body_taken.swap(true, Ordering::Relaxed)
    }

    /// One handler has ended; the last gets the verdict of all: `Some(None)` is success.
    pub(crate) fn ended(&self, error: Option<Verdict>) -> Option<Option<Verdict>> {
        let mut first = self
            .first_error
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if first.is_none() {
            *first = error;
        }
        (self.left.fetch_sub(1, Ordering::AcqRel) == 1).then(|| first.take())
    }
}

impl Drop for LocalMessage {
    /// Whoever sent it hears what became of it, also if nobody handles it to its end (promise 13).
    fn drop(&mut self) {
        if let LocalReply::Call { call, .. } = &self.reply {
            let sent = call.begun.load(Ordering::Relaxed);
            call.complete(LocalVerdict::Stopped { sent });
        }
    }
}

impl LocalMessage {
    /// A value costs what the smallest message does: how much memory it holds only it knows.
    fn cost(&self) -> u64 {
        match &self.body {
            LocalBody::Value(_) => cost_of(0),
            LocalBody::Encoded(bytes) => cost_of(bytes.len()),
        }
    }
}

impl Work {
    /// The messages off the wire.
    pub(super) fn run(&self) -> Option<&Run> {
        match &self.content {
            WorkContent::Wire { run, .. } => Some(run),
            WorkContent::Local(_) => None,
        }
    }

    /// The same, to be changed.
    pub(super) fn run_mut(&mut self) -> Option<&mut Run> {
        match &mut self.content {
            WorkContent::Wire { run, .. } => Some(run),
            WorkContent::Local(_) => None,
        }
    }

    /// How many messages it holds.
    pub(crate) fn len(&self) -> usize {
        match &self.content {
            WorkContent::Wire { run, .. } => run.items.len(),
            WorkContent::Local(_) => 1,
        }
    }

    /// What its messages cost in a queue.
    pub(super) fn cost(&self) -> u64 {
        match &self.content {
            WorkContent::Wire { run, .. } => run.cost(),
            WorkContent::Local(message) => message.cost(),
        }
    }

    /// What the first of them costs.
    #[inline]
    pub(super) fn first_cost(&self) -> u64 {
        match &self.content {
            WorkContent::Wire { run, .. } => {
                let first = run.items().first();
                first.map_or(0, |item| cost_of(item.len()))
            }
            WorkContent::Local(message) => message.cost(),
        }
    }

    /// Whether its first message may not start, since its peer is owed too many outcomes.
    #[inline]
    pub(super) fn is_held_back(&self) -> bool {
        let WorkContent::Wire { origin, .. } = &self.content else {
            return false;
        };
        let debt = origin.peer.debt(origin.lane);
        debt.is_some_and(|too_much| too_much.load(Ordering::Acquire))
            && self.handler.handler.is_command()
    }

    /// The deadline of the first message, if it is another peer's command.
    pub(super) fn deadline(&self) -> Option<Instant> {
        match &self.content {
            WorkContent::Wire { run, .. } => run.parcel.deadline(run.items().first()?),
            WorkContent::Local(_) => None,
        }
    }

    /// Lets the clock of its process know that deadline.
    pub(super) fn tell_deadline(&self) {
        if let WorkContent::Wire { origin, .. } = &self.content
            && let Some(deadline) = self.deadline()
        {
            origin.peer.expires_at(deadline);
        }
    }

    /// Splits the first message off.
    pub(crate) fn split_first(&mut self) -> Self {
        self.split(1)
    }

    /// Splits the first messages off, fewer than there are.
    pub(super) fn split(&mut self, count: usize) -> Self {
        let mut first = self.clone();
        if let (WorkContent::Wire { run: head, .. }, WorkContent::Wire { run: rest, .. }) =
            (&mut first.content, &mut self.content)
        {
            head.items.end = head.items.start + count;
            rest.items.start += count;
            rest.sequence += count as u64;
        }
        first
    }
}

//! Runs one link: greets, then serves its control lane, its lanes and its clocks until it ends.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::BytesMut;
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};

use super::byte_queue::{ByteQueue, ByteSource};
use super::caught::caught;
use super::frame_reader::{FrameReader, NoFrame};
use super::lane_task;
use super::links::LinkHandle;
use super::message_clock::MessageClock;
use super::patience::Patience;
use super::peer::Peer;
use super::registry::{Peers, Shared};
use crate::id::MessageId;
use crate::session::{Control, Effects, Hello, LinkId, Violation};
use crate::transport::{CloseReason, Link, Priority};

/// Most lanes the other side may open on one link.
pub(crate) const MAX_LANES: usize = 24;
/// Bytes of control frames that may wait for the transport.
pub(crate) const CONTROL_LIMIT: usize = 1 << 20;

/// A link is looked after at most so often.
const TICK: Duration = Duration::from_millis(1);

/// Whose time is whose on a link, and when it was last heard of.
#[derive(Debug)]
pub(super) struct LinkClock {
    state: Mutex<ClockState>,
}

#[derive(Debug)]
struct ClockState {
    /// When our Hello was sent.
    ours: Instant,
    /// When the other side's Hello was sent, at the latest.
    theirs: Instant,
    heard: Instant,
}

impl LinkClock {
    pub(super) fn new(ours: Instant, now: Instant) -> Arc<Self> {
        let state = ClockState {
            ours,
            theirs: now,
            heard: now,
        };
        Arc::new(Self {
            state: Mutex::new(state),
        })
    }

    pub(super) fn theirs(&self) -> Instant {
        self.lock().theirs
    }

    /// Messages came.
    pub(super) fn heard_messages(&self, messages: &MessageClock) {
        let now = Instant::now();
        self.heard(now);
        messages.moved(now);
    }

    /// Something came.
    pub(super) fn heard(&self, now: Instant) {
        self.lock().heard = now;
    }

    /// A stamp of the other side's clock came: the smallest (receipt − stamp) is the truest.
    fn stamped(&self, stamp: u64, now: Instant) {
        let mut state = self.lock();
        if let Some(theirs) = now.checked_sub(Duration::from_millis(stamp)) {
            state.theirs = state.theirs.min(theirs);
        }
    }

    fn stamp(&self, now: Instant) -> u64 {
        now.saturating_duration_since(self.lock().ours).as_millis() as u64
    }

    fn silence(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.lock().heard)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, ClockState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A link whose other side has said Hello.
pub(super) struct Greeted {
    pub(super) id: LinkId,
    pub(super) handle: LinkHandle,
    pub(super) control: FrameReader,
    /// When our Hello was sent.
    pub(super) ours: Instant,
}

/// Runs a link that was dialled to `peer`. `met` is told once the greeting is over, well or not.
pub(super) async fn run_dialled(peer: Arc<Peer>, link: Arc<dyn Link>, met: oneshot::Sender<()>) {
    let shared = peer.shared.clone();
    let handle = open_control(&link);
    let id = shared.numbers.next_link();
    let dial = shared.numbers.next_dial();
    let ours = Instant::now();
    let hello = peer.session().dialled(id, dial, ours);
    peer.links.insert(id, handle.clone());
    handle.send(Control::Hello(Box::new(hello)).encode());
    let served = async {
        if let Some((control, answer)) = read_hello(&shared, &link).await {
            let greeted = Greeted {
                id,
                handle,
                control,
                ours,
            };
            serve(peer.clone(), greeted, &answer, Some(met)).await;
        }
    };
    end_after(served, &peer, &link, id).await;
}

/// Runs a link that the other side has dialled.
pub(super) async fn run_accepted(
    peers: Arc<Peers>,
    link: Arc<dyn Link>,
    greeting: OwnedSemaphorePermit,
) {
    let shared = peers.shared().clone();
    let handle = open_control(&link);
    let Some((control, hello)) = read_hello(&shared, &link).await else {
        link.close(CloseReason::Protocol);
        return;
    };
    if !shared.own().incarnation.is_registered() {
        link.close(CloseReason::Starting);
        return;
    }
    if hello.incarnation.is_registered() {
        drop(greeting);
        run_greeted(peers, handle, control, hello).await;
    } else if shared.is_directory {
        let served = super::bootstrap::serve(&shared, handle.clone(), control, hello);
        // Whoever registers needs a few seconds; whoever stays keeps others from being greeted.
        let served = tokio::time::timeout(shared.timings.bootstrap, served);
        let greeted = served.await.ok().flatten();
        match greeted {
            Some((control, hello)) => {
                drop(greeting);
                run_greeted(peers, handle, control, hello).await;
            }
            None => link.close(CloseReason::Done),
        }
    } else {
        link.close(CloseReason::NotAllowed);
    }
}

/// An accepted link whose other side is registered.
async fn run_greeted(peers: Arc<Peers>, handle: LinkHandle, control: FrameReader, hello: Hello) {
    let link = handle.link.clone();
    let Some((peer, greeted)) = enter(&peers, handle, control, &hello) else {
        // Too many are known: whoever the directory names finds a place once it has.
        link.close(CloseReason::Starting);
        return;
    };
    let id = greeted.id;
    let served = serve(peer.clone(), greeted, &hello, None);
    end_after(served, &peer, &link, id).await;
}

/// Enters an accepted link whose other side has said Hello; what others send on it from now on waits
/// for the Hello that answers. `None`: there is no place for the peer.
pub(super) fn enter(
    peers: &Peers,
    handle: LinkHandle,
    control: FrameReader,
    hello: &Hello,
) -> Option<(Arc<Peer>, Greeted)> {
    handle.control.hold();
    let (peer, id) = peers.link(&hello.peer, &handle)?;
    peer.session().accepted(id);
    peer.dialled_last
        .store(false, std::sync::atomic::Ordering::Relaxed);
    let greeted = Greeted {
        id,
        handle,
        control,
        ours: Instant::now(),
    };
    Some((peer, greeted))
}

/// Ends a link once nobody serves it any more, unless it has ended, and notes how. A panic of who
/// serves it is such an end: a link that stayed behind would keep its peer from any other.
pub(super) async fn end_after(
    served: impl Future<Output = ()>,
    peer: &Arc<Peer>,
    link: &Arc<dyn Link>,
    id: LinkId,
) {
    if caught(served).await.is_none() {
        tracing::error!(peer = %peer.id(), link = id.0, "serving a link panicked; closing it");
    }
    link.close(CloseReason::Done);
    peer.link_gone(id, &link.closed().await);
}

/// Processes the other side's Hello and serves the link until it ends.
pub(super) async fn serve(
    peer: Arc<Peer>,
    greeted: Greeted,
    hello: &Hello,
    met: Option<oneshot::Sender<()>>,
) {
    let now = Instant::now();
    if hello.peer != *peer.id() {
        greeted.handle.link.close(CloseReason::NotAllowed);
        return;
    }
    let ours = if met.is_some() { greeted.ours } else { now };
    match recognise(&peer, &greeted, hello, now) {
        Ok(effects) => peer.perform(effects),
        Err(violation) => {
            refuse(&peer, &greeted.handle, &violation);
            return;
        }
    }
    // Told now, not when the link ends: the dialler decides whether to dial again.
    drop(met);
    let clock = LinkClock::new(ours, now);
    let mut server = Server {
        peer,
        greeted,
        clock,
        lanes: JoinSet::new(),
        pinged: None,
        acking: false,
    };
    server.run().await;
}

/// Lets the session judge a Hello. R3: from one that it refuses nothing is learnt; from others in
/// the order of its decisions.
fn recognise(
    peer: &Peer,
    greeted: &Greeted,
    hello: &Hello,
    now: Instant,
) -> Result<Effects, Violation> {
    let mut session = peer.session();
    let effects = session.hello(greeted.id, hello, now)?;
    if session.has_greeted(greeted.id) {
        let remote = greeted.handle.link.remote().clone();
        peer.learn(remote, hello.tail);
    }
    Ok(effects)
}

struct Server {
    peer: Arc<Peer>,
    greeted: Greeted,
    clock: Arc<LinkClock>,
    lanes: JoinSet<()>,
    pinged: Option<Instant>,
    /// It has been told that an acknowledgement is due, and waits for a batch to travel with.
    acking: bool,
}

impl Drop for Server {
    /// Only the first that is due is told of: the next link hears of it, or nobody ever.
    fn drop(&mut self) {
        if self.acking {
            self.peer.due.some.notify_one();
        }
    }
}

impl Server {
    async fn run(&mut self) {
        let id = self.greeted.id;
        let link = self.greeted.handle.link.clone();
        let timings = self.peer.shared.timings.clone();
        let peer = self.peer.clone();
        let mut check = tokio::time::interval((timings.ping_after / 2).max(TICK));
        check.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let ack_timer = tokio::time::sleep(Duration::ZERO);
        tokio::pin!(ack_timer);
        loop {
            let (current, acking) = (peer.is_current(id), self.acking);
            tokio::select! {
                // By rank and not by chance, so that a seed repeats a run. Clocks come first: they
                // are due seldom, and a side that never stops talking must not hold them up. The
                // end comes last: what was said before it counts.
                biased;
                _ = check.tick() => if !self.check_silence() { return },
                () = &mut ack_timer, if acking => {
                    self.acking = false;
                    self.send_acks();
                }
                () = peer.due.urgent.notified(), if current => self.send_acks(),
                () = peer.due.some.notified(), if current && !acking => {
                    self.acking = true;
                    ack_timer.as_mut().reset(Patience::from(timings.ack_delay).deadline());
                }
                Some(lane) = self.lanes.join_next(), if !self.lanes.is_empty() => {
                    if let Err(error) = lane {
                        // Nobody reads that lane on this link any more; on the next one somebody does.
                        tracing::error!(peer = %peer.id(), %error, "a lane broke; closing its link");
                        return;
                    }
                }
                lane = link.accept() => match lane {
                    Ok(incoming) if self.lanes.len() < MAX_LANES => {
                        let (peer, link) = (self.peer.clone(), link.clone());
                        let clock = self.clock.clone();
                        self.lanes.spawn(lane_task::run(peer, id, link, incoming, clock));
                    }
                    Ok(_) => {
                        refuse(&peer, &self.greeted.handle, &Violation::OutOfPlace("too many lanes"));
                        return;
                    }
                    Err(_) => return,
                },
                frame = self.greeted.control.next() => match frame {
                    Ok(frame) => {
                        if let Err(violation) = self.control(&frame) {
                            refuse(&peer, &self.greeted.handle, &violation);
                            return;
                        }
                    }
                    Err(NoFrame::Ended(_)) => return,
                    Err(NoFrame::Violation(violation)) => {
                        refuse(&peer, &self.greeted.handle, &violation);
                        return;
                    }
                },
                _ = link.closed() => return,
            }
        }
    }

    fn control(&mut self, frame: &[u8]) -> Result<(), Violation> {
        let now = Instant::now();
        self.clock.heard(now);
        self.pinged = None;
        let id = self.greeted.id;
        match Control::decode(frame)? {
            Control::Hello(_) => return Err(Violation::OutOfPlace("a second Hello on one link")),
            Control::Ack(ack) => {
                self.peer.shared.message_clock.moved(now);
                self.peer.ack(id, ack)?;
            }
            Control::Ping(stamp) => {
                self.clock.stamped(stamp, now);
                self.greeted
                    .handle
                    .send(Control::Pong(self.clock.stamp(now)).encode());
            }
            Control::Pong(stamp) => self.clock.stamped(stamp, now),
            Control::Goodbye => self.peer.heed_goodbye(id),
            Control::Farewell(lasts) => {
                self.peer.session().farewell(id, lasts);
                self.peer.changed.notify_waiters();
            }
            Control::BodyCredit { body, up_to } => {
                let handle = &self.greeted.handle;
                self.peer.hear_body_credit(id, handle, body, up_to);
            }
            Control::BodyOver(body) => self.peer.hear_body_over(body),
            Control::BodyCut(body) => self.peer.hear_body_cut(id, body),
            Control::Unknown(_) => {}
        }
        Ok(())
    }

    fn send_acks(&self) {
        let id = self.greeted.id;
        if !self.peer.is_current(id) {
            self.peer.due.some.notify_one();
            return;
        }
        let mut frames = BytesMut::new();
        self.peer.take_due_acks(id, &mut frames);
        if !frames.is_empty() {
            self.greeted.handle.send(frames.freeze());
        }
    }

    /// Pings a silent other side, closes a dead or an idle link. `false`: closed.
    fn check_silence(&mut self) -> bool {
        let budget = &self.peer.shared.budget;
        self.greeted.handle.link.review(budget);
        MessageId::observe(SystemTime::now());
        let now = Instant::now();
        let silence = self.clock.silence(now);
        let timings = &self.peer.shared.timings;
        let link = &self.greeted.handle.link;
        if silence < timings.ping_after {
            self.pinged = None;
            return true;
        }
        if let Some(pinged) = self.pinged {
            if now.duration_since(pinged) >= timings.broken_after {
                link.close(CloseReason::Unresponsive);
                return false;
            }
            return true;
        }
        let waits = self.peer.lanes().is_waiting() || self.peer.in_flight() > 0;
        if waits || self.peer.bodies.is_open_on(self.greeted.id) {
            self.greeted
                .handle
                .send(Control::Ping(self.clock.stamp(now)).encode());
            self.pinged = Some(now);
        } else if silence >= timings.idle {
            link.close(CloseReason::Idle);
            return false;
        }
        true
    }
}

pub(super) fn open_control(link: &Arc<dyn Link>) -> LinkHandle {
    let control = ByteQueue::new(CONTROL_LIMIT);
    link.open(Priority::CONTROL, Box::new(ByteSource(control.clone())));
    LinkHandle {
        link: link.clone(),
        control,
    }
}

/// Reads the first frame and checks who speaks.
pub(super) async fn read_hello(
    shared: &Shared,
    link: &Arc<dyn Link>,
) -> Option<(FrameReader, Hello)> {
    let read = async {
        let mut control = FrameReader::new(link.accept().await.ok()?);
        let frame = control.next().await.ok()?;
        Some((control, frame))
    };
    let (control, frame) = tokio::time::timeout(shared.timings.hello, read)
        .await
        .ok()??;
    let hello = match Control::decode(&frame) {
        Ok(Control::Hello(hello)) => *hello,
        _ => return None,
    };
    check_claim(link, &hello).then_some((control, hello))
}

/// Whether the certificate of the link covers what its Hello says.
pub(super) fn check_claim(link: &Arc<dyn Link>, hello: &Hello) -> bool {
    let remote = link.remote();
    // Somebody who only watches has no incarnation, and a name of its own.
    let covers = match hello.incarnation.is_registered() {
        true => remote.identity.may_be(&hello.peer),
        false => remote.identity.may_bind(&hello.peer),
    };
    let covered = remote.environment == hello.environment && covers;
    if !covered {
        tracing::warn!(identity = %remote.identity, claim = %hello.peer, address = %remote.address,
            "a certificate does not cover what its holder says it is");
        link.close(CloseReason::NotAllowed);
    }
    covered
}

fn refuse(peer: &Peer, handle: &LinkHandle, violation: &Violation) {
    tracing::warn!(peer = %peer.id(), %violation, "closing a link");
    handle.link.close(CloseReason::Protocol);
}

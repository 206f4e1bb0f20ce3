//! Does faults to links and receivers and counts what really happened.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::super::claim::Untried;
use super::cast::{Cast, FROZEN, RECEIVERS, SENDERS, receiver_name, sender_name};
use super::fault::{Fault, Fired};
use crate::history::Entry;
use crate::worlds::{Stage, World};

/// What was allowed has been sent within this, whatever happens.
const SENDS: Duration = Duration::from_secs(60);
/// A link that is wanted is there again within this.
const RELINKS: Duration = Duration::from_secs(20);
/// A black hole is left open no longer than this.
const HOLE: Duration = Duration::from_millis(1_200);
/// A frozen subscriber is found to be slow within this.
const FREEZES: Duration = Duration::from_secs(30);
/// So many events are skipped before it is thawed.
const SKIPPED: u64 = 10;
/// Between two looks at whether something has happened.
const LOOK: Duration = Duration::from_millis(1);

/// A world with its peers, and what is done to them.
pub(super) struct Driver<W> {
    pub(super) stage: Stage<W>,
    pub(super) cast: Cast,
    pub(super) random: fastrand::Rng,
    pub(super) fired: Fired,
}

impl<W: World> Driver<W> {
    /// Breaks links until so many were cut, while the feeds send `messages`.
    pub(super) async fn fire(&mut self, messages: u64, cuts: u64) -> Result<(), Untried> {
        while self.fired.cuts() < cuts {
            let step = self.fired.cuts();
            // What was allowed for the last fault has been sent: faults come evenly.
            self.cast.allow(messages * (step + 1) / (cuts + 1));
            self.sent(messages * step / (cuts + 1)).await?;
            sleep(Duration::from_micros(self.random.u64(..3_000))).await;
            let fault = self.choose(step * 2 >= cuts);
            self.fault(fault).await?;
        }
        self.cast.allow(messages);
        self.sent(messages).await
    }

    /// Waits until so many messages have been sent.
    async fn sent(&mut self, messages: u64) -> Result<(), Untried> {
        let sent = async {
            while self.cast.sent() < messages {
                sleep(LOOK).await;
            }
        };
        if timeout(SENDS, sent).await.is_ok() {
            return Ok(());
        }
        let (sent, feeds) = (self.cast.sent(), self.cast.living_feeds());
        Err(format!("{feeds} feeds have sent {sent} of {messages} messages in {SENDS:?}").into())
    }

    /// A fault by chance; `late`, every other one is of a kind that never happened yet. A stall in
    /// which nothing moved was none, so chance alone may leave a kind out.
    fn choose(&mut self, late: bool) -> Fault {
        let packets = self.stage.world.has_packets();
        let missing = self.fired.missing(packets).next();
        let made_up = late && self.random.bool();
        let missing = missing.filter(|_| made_up);
        missing.unwrap_or_else(|| Fault::draw(&mut self.random))
    }

    async fn fault(&mut self, fault: Fault) -> Result<(), Untried> {
        let (from, to) = (self.random.usize(..SENDERS), self.random.usize(..RECEIVERS));
        let fired = match fault {
            Fault::Cut => self.cut(from, to).await?,
            Fault::Stall => self.stall(from, to).await,
            Fault::BlackHole => self.black_hole(from, to).await,
            Fault::Restart => {
                self.restart(to).await?;
                true
            }
            Fault::Move => self.stage.world.change_addresses().await > 0,
        };
        if fired {
            self.fired.count(fault);
        }
        Ok(())
    }

    /// Cuts the link of this pair, or else of the next that has one.
    async fn cut(&self, from: usize, to: usize) -> Result<bool, Untried> {
        let cut = async {
            loop {
                for at in 0..SENDERS * RECEIVERS {
                    let pair = (at + from * RECEIVERS + to) % (SENDERS * RECEIVERS);
                    let from = sender_name(pair / RECEIVERS);
                    let to = receiver_name(pair % RECEIVERS);
                    if self.stage.world.cut(&from, &to) > 0 {
                        return;
                    }
                }
                sleep(LOOK).await;
            }
        };
        let cut = timeout(RELINKS, cut).await;
        cut.map_err(|_| format!("no two peers have had a link for {RELINKS:?}"))?;
        Ok(true)
    }

    /// Shorter than what makes anybody give up.
    async fn stall(&mut self, from: usize, to: usize) -> bool {
        let (from, to) = (sender_name(from), receiver_name(to));
        let before = self.stage.world.swallowed();
        self.stage.world.black_hole(&from, &to);
        self.stage.world.black_hole(&to, &from);
        sleep(Duration::from_millis(self.random.u64(5..100))).await;
        self.stage.world.heal();
        self.stage.world.swallowed() > before
    }

    async fn black_hole(&mut self, from: usize, to: usize) -> bool {
        let (source, sink) = (sender_name(from), receiver_name(to));
        let before = self.stage.world.swallowed();
        let (one, other) = if self.random.bool() {
            (&source, &sink)
        } else {
            (&sink, &source)
        };
        self.stage.world.black_hole(one, other);
        // Where nothing waits to be acknowledged nobody notices.
        let _ = timeout(HOLE, self.unlinked(from, &sink)).await;
        sleep(Duration::from_millis(self.random.u64(..60))).await;
        self.stage.world.heal();
        self.stage.world.swallowed() > before
    }

    async fn unlinked(&self, from: usize, sink: &str) {
        let Ok(sink) = sink.parse() else { return };
        while self.cast.senders[from].authority().is_linked(&sink) {
            sleep(LOOK).await;
        }
    }

    async fn restart(&mut self, at: usize) -> Result<(), Untried> {
        let silently = self.random.bool();
        let late = Duration::from_millis(self.random.u64(..2) * self.random.u64(..30));
        let Cast {
            receivers, history, ..
        } = &mut self.cast;
        receivers[at]
            .restart(&self.stage, history, silently, late)
            .await
    }

    /// Freezes the last receiver until events to it are skipped. Its other lanes go on.
    pub(super) async fn freeze(&mut self) -> Result<(), Untried> {
        let peer = self.cast.receivers[FROZEN].run.peer;
        self.cast.history.add(Entry::Freezes(peer));
        self.cast.orders.freeze(FROZEN);
        let skipped = async {
            while self.cast.missed.load(Ordering::Relaxed) < SKIPPED {
                sleep(LOOK).await;
            }
        };
        let skipped = timeout(FREEZES, skipped).await;
        self.cast.orders.thaw();
        // Until the lane is half empty, which the liveness phase waits for.
        skipped.map_err(|_| format!("a frozen subscriber was not slow within {FREEZES:?}"))?;
        Ok(())
    }
}

//! Messages off the wire for several handlers in queues of their own: each for all of them or for
//! none.

use std::sync::Arc;

use super::registered::Registered;
use super::work::{Join, Origin, Work, WorkContent};
use crate::peers::Peer;
use crate::session::{LaneId, Run};

/// Queues a group for several handlers, each message for all of them or for none.
pub(super) fn push_to_several(
    handlers: &[Arc<Registered>],
    peer: &Arc<Peer>,
    lane: LaneId,
    group: &Run,
    command: bool,
    origin: &Arc<Origin>,
) -> usize {
    let count = group.items.len();
    let rooms = handlers
        .iter()
        .map(|handler| (handler.queue.room_for(group, (peer, lane)), handler));
    let fullest = rooms.min_by_key(|(room, _)| *room);
    let taken = fullest.as_ref().map_or(0, |(room, _)| *room);
    if taken < count
        && let Some((_, fullest)) = fullest
    {
        fullest.queue.wait((peer, lane));
    }
    if !command {
        for handler in handlers.iter().filter(|_| taken > 0) {
            let work = wire_work(handler, group, taken, origin.clone(), None);
            handler.queue.push_anyway(work);
        }
        return taken;
    }
    for at in 0..taken {
        let join = Join::new(handlers.len());
        let mut one = group.clone();
        one.items.start += at;
        one.sequence += at as u64;
        for handler in handlers {
            let work = wire_work(handler, &one, 1, origin.clone(), Some(join.clone()));
            handler.queue.push_anyway(work);
        }
    }
    taken
}

/// The first `count` messages of a group, for one handler.
pub(super) fn wire_work(
    handler: &Arc<Registered>,
    group: &Run,
    count: usize,
    origin: Arc<Origin>,
    join: Option<Arc<Join>>,
) -> Work {
    let run = group.first(count);
    Work {
        handler: handler.clone(),
        content: WorkContent::Wire { run, origin },
        join,
    }
}

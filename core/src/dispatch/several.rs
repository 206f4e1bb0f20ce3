//! Messages off the wire for several handlers, in queues of their own or in one: each for all of them
//! or for none.

use std::sync::Arc;

use super::queue::Queue;
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
    let taken = room_in_all(handlers, (peer, lane), group);
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

/// How many messages of a group all of them have room for. If these are not all, the fullest queue
/// has the lane pumped once it has room for more.
fn room_in_all(handlers: &[Arc<Registered>], lane: (&Arc<Peer>, LaneId), group: &Run) -> usize {
    // Each handler gets its own of every message, also where some share a queue.
    let times = |queue: &Arc<Queue>| {
        let all = handlers.iter().map(|handler| &handler.queue);
        all.filter(|known| Arc::ptr_eq(known, queue)).count()
    };
    loop {
        let queues = handlers.iter().map(|handler| &handler.queue);
        let rooms = queues.map(|queue| (queue.room_for(group, times(queue), lane), queue));
        let Some((room, fullest)) = rooms.min_by_key(|(room, _)| *room) else {
            return 0;
        };
        // Nothing is locked between the look and the wait: what leaves the queue meanwhile may be
        // the last that does.
        if room >= group.items.len() || fullest.wait_for_more(room, group, times(fullest), lane) {
            return room;
        }
    }
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
        is_next: false,
    }
}

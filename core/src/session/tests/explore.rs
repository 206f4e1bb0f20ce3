//! Every interleaving of small scopes, searched depth first.
//!
//! Reduced in two ways, both covered by the random runs: a writer that is awake writes at once, and
//! frames arrive whole. Everything else may happen in any order: frames of different streams, the
//! two sides noticing a break, acknowledgements, handlers, the replica.
//!
//! The ignored scopes take minutes even with `--config profile.test.package.quibus.opt-level=2`.

use std::collections::HashSet;

use super::event::Event;
use super::pair::Pair;
use super::record::Verdict;
use crate::session::lane_id::LaneId;

const SECOND: LaneId = LaneId(LaneId::DEFAULT.0 + 1);
/// Dials after the last fault beyond which two honest sides are said to go in circles.
const MOST_DIALS: u32 = 4;

/// What may happen, beside what must be able to.
#[derive(Debug, Clone, Default, Hash)]
struct Scope {
    /// (lane, whether a command) by side, accepted in this order.
    accepts: [Vec<(LaneId, bool)>; 2],
    /// Dials that nothing asked for.
    dials: [u32; 2],
    breaks: u32,
    restarts: [u32; 2],
    forgets: [u32; 2],
    downs: [u32; 2],
    expiries: [u32; 2],
}

/// What a search has seen.
#[derive(Debug, Default)]
struct Seen {
    states: HashSet<u64>,
    rests: u64,
    dials: u32,
}

struct Node {
    /// Gone once the last event was taken.
    pair: Option<Pair>,
    scope: Scope,
    events: Vec<Event>,
}

impl Scope {
    /// Faults that are left, and messages still to be accepted.
    fn events(&self, pair: &Pair, events: &mut Vec<Event>) {
        for side in 0..2 {
            if let Some((lane, command)) = self.accepts[side].first().copied() {
                let len = 8;
                events.push(Event::Accept {
                    side,
                    lane,
                    command,
                    len,
                });
            }
            if self.dials[side] > 0 {
                events.push(Event::DialIdle(side));
            }
            let exists = pair.sides[side].session.is_some();
            if self.restarts[side] > 0 {
                events.push(Event::Restart(side));
            }
            if self.forgets[side] > 0 && pair.may_forget(side) {
                events.push(Event::Forget(side));
            }
            if self.downs[side] > 0 && exists && !pair.sides[side].down {
                events.push(Event::Down(side));
            }
            if self.expiries[side] > 0 && !pair.sides[side].sends.is_empty() {
                events.push(Event::Expire(side));
            }
        }
        if self.breaks > 0 {
            let whole = pair.wires.iter().filter(|(_, wire)| !wire.broken);
            events.extend(whole.map(|(link, _)| Event::Break(*link)));
        }
    }

    fn spend(&mut self, event: Event) {
        match event {
            Event::Accept { side, .. } => drop(self.accepts[side].remove(0)),
            Event::Break(_) => self.breaks -= 1,
            Event::DialIdle(side) => self.dials[side] -= 1,
            Event::Restart(side) => self.restarts[side] -= 1,
            Event::Forget(side) => self.forgets[side] -= 1,
            Event::Down(side) => self.downs[side] -= 1,
            Event::Expire(side) => self.expiries[side] -= 1,
            _ => {}
        }
    }
}

/// Searches a scope to its end. The trace of the first broken promise is printed.
fn explore(name: &str, scope: Scope) {
    let begun = std::time::Instant::now();
    let mut seen = Seen::default();
    let mut path = Vec::new();
    let mut stack = Vec::new();
    let found = search(scope, &mut seen, &mut path, &mut stack);
    println!(
        "{name}: {} states, {} at rest, at most {} dials after the last fault, {:.1?}",
        seen.states.len(),
        seen.rests,
        seen.dials,
        begun.elapsed()
    );
    if let Err(broken) = found {
        path.iter().for_each(|event| println!("  {event:?}"));
        panic!("{name}: {broken} (the trace is above)");
    }
}

fn search(scope: Scope, seen: &mut Seen, path: &mut Vec<Event>, stack: &mut Vec<Node>) -> Verdict {
    stack.extend(visit(Pair::new(), scope, seen)?);
    while let Some(node) = stack.last_mut() {
        let Some(event) = node.events.pop() else {
            stack.pop();
            path.pop();
            continue;
        };
        let last = node.events.is_empty();
        let kept = if last {
            node.pair.take()
        } else {
            node.pair.clone()
        };
        let mut pair = kept.ok_or("a state was used up")?;
        let mut scope = node.scope.clone();
        scope.spend(event);
        path.push(event);
        pair.step(event)?;
        write_all(&mut pair)?;
        match visit(pair, scope, seen)? {
            Some(node) => stack.push(node),
            None => drop(path.pop()),
        }
    }
    Ok(())
}

/// The state, if it is new, with all that can happen in it.
fn visit(pair: Pair, scope: Scope, seen: &mut Seen) -> Result<Option<Node>, String> {
    if !seen.states.insert(pair.fingerprint(&scope)) {
        return Ok(None);
    }
    seen.dials = seen.dials.max(pair.record.dials);
    if pair.record.dials > MOST_DIALS {
        return Err("the sides go in circles".into());
    }
    let mut events = pair.enabled();
    if events.is_empty() && scope.accepts.iter().all(Vec::is_empty) {
        seen.rests += 1;
        pair.check_at_rest()?;
    }
    scope.events(&pair, &mut events);
    let pair = Some(pair);
    Ok(Some(Node {
        pair,
        scope,
        events,
    }))
}

fn write_all(pair: &mut Pair) -> Verdict {
    loop {
        let awake = (0..2).find_map(|side| {
            let ends = pair.sides[side].ends.iter();
            let mut lanes = ends.flat_map(|(link, end)| {
                let awake = end.writers.iter().filter(|(_, awake)| **awake);
                awake.map(move |(lane, _)| (side, *link, *lane))
            });
            lanes.next()
        });
        let Some((side, link, lane)) = awake else {
            return Ok(());
        };
        pair.pull(side, link, lane)?;
    }
}

fn one_way(events: usize) -> Scope {
    let accepts = [vec![(LaneId::DEFAULT, false); events], vec![]];
    Scope {
        accepts,
        ..Scope::default()
    }
}

fn both_ways(events: usize) -> Scope {
    let accepts = [0, 1].map(|_| vec![(LaneId::DEFAULT, false); events]);
    Scope {
        accepts,
        ..Scope::default()
    }
}

fn commands(count: usize) -> Scope {
    let accepts = [vec![(LaneId::DEFAULT, true); count], vec![]];
    Scope {
        accepts,
        ..Scope::default()
    }
}

#[test]
fn two_events_and_two_breaks() {
    explore(
        "2 events, 2 breaks",
        Scope {
            breaks: 2,
            ..one_way(2)
        },
    );
}

#[test]
fn an_event_each_way_over_crossing_dials() {
    explore("1 + 1 events", both_ways(1));
}

#[test]
fn two_events_a_break_and_a_restart_of_the_receiver() {
    let scope = Scope {
        breaks: 1,
        restarts: [0, 1],
        ..one_way(2)
    };
    explore("2 events, 1 break, receiver restarts", scope);
}

#[test]
fn an_event_a_break_and_a_restart_of_the_sender() {
    let scope = Scope {
        breaks: 1,
        restarts: [1, 0],
        ..one_way(1)
    };
    explore("1 event, 1 break, sender restarts", scope);
}

#[test]
fn an_event_a_break_and_both_sides_forget() {
    let scope = Scope {
        breaks: 1,
        forgets: [1, 1],
        ..one_way(1)
    };
    explore("1 event, 1 break, both forget", scope);
}

#[test]
fn two_events_a_break_and_a_peer_that_is_called_down_and_up() {
    let scope = Scope {
        breaks: 1,
        downs: [1, 0],
        ..one_way(2)
    };
    explore("2 events, 1 break, down and up", scope);
}

#[test]
fn a_command_a_break_and_an_expiry() {
    let scope = Scope {
        breaks: 1,
        expiries: [1, 0],
        ..commands(1)
    };
    explore("1 command, 1 break, 1 expiry", scope);
}

#[test]
fn two_commands_and_two_expiries() {
    let scope = Scope {
        expiries: [2, 0],
        ..commands(2)
    };
    explore("2 commands, 2 expiries", scope);
}

#[test]
fn a_command_and_restarts_of_both_sides() {
    let scope = Scope {
        restarts: [1, 1],
        ..commands(1)
    };
    explore("1 command, both restart", scope);
}

#[test]
#[ignore = "a minute"]
fn three_events_two_breaks_and_a_restart_of_the_receiver() {
    let scope = Scope {
        breaks: 2,
        restarts: [0, 1],
        ..one_way(3)
    };
    explore("3 events, 2 breaks, receiver restarts", scope);
}

#[test]
#[ignore = "minutes"]
fn two_events_two_breaks_and_a_restart_of_the_sender() {
    let scope = Scope {
        breaks: 2,
        restarts: [1, 0],
        ..one_way(2)
    };
    explore("2 events, 2 breaks, sender restarts", scope);
}

#[test]
#[ignore = "minutes"]
fn three_events_a_break_a_restart_and_a_forgetting() {
    let scope = Scope {
        breaks: 1,
        restarts: [0, 1],
        forgets: [1, 1],
        ..one_way(3)
    };
    explore("3 events, 1 break, receiver restarts, both forget", scope);
}

#[test]
#[ignore = "minutes"]
fn an_event_each_way_and_a_break() {
    explore(
        "1 + 1 events, 1 break",
        Scope {
            breaks: 1,
            ..both_ways(1)
        },
    );
}

#[test]
#[ignore = "hours"]
fn an_event_each_way_a_break_and_a_restart() {
    let scope = Scope {
        breaks: 1,
        restarts: [1, 0],
        ..both_ways(1)
    };
    explore("1 + 1 events, 1 break, smaller restarts", scope);
    let scope = Scope {
        breaks: 1,
        restarts: [0, 1],
        ..both_ways(1)
    };
    explore("1 + 1 events, 1 break, greater restarts", scope);
}

#[test]
#[ignore = "minutes"]
fn an_event_each_way_and_both_sides_forget() {
    let scope = Scope {
        forgets: [1, 1],
        ..both_ways(1)
    };
    explore("1 + 1 events, both forget", scope);
}

#[test]
fn two_lanes_a_break_and_a_restart() {
    let accepts = [vec![(LaneId::DEFAULT, false), (SECOND, false)], vec![]];
    let scope = Scope {
        accepts,
        breaks: 1,
        restarts: [0, 1],
        ..Scope::default()
    };
    explore("2 lanes, 1 break, receiver restarts", scope);
}

#[test]
#[ignore = "minutes"]
fn two_commands_and_a_break() {
    explore(
        "2 commands, 1 break",
        Scope {
            breaks: 1,
            ..commands(2)
        },
    );
}

#[test]
fn a_command_a_break_and_a_restart() {
    let scope = Scope {
        breaks: 1,
        restarts: [1, 0],
        ..commands(1)
    };
    explore("1 command, 1 break, sender restarts", scope);
    let scope = Scope {
        breaks: 1,
        restarts: [0, 1],
        ..commands(1)
    };
    explore("1 command, 1 break, receiver restarts", scope);
}

#[test]
#[ignore = "minutes"]
fn a_command_a_break_down_and_up_and_an_expiry() {
    let scope = Scope {
        breaks: 1,
        downs: [1, 1],
        expiries: [1, 0],
        ..commands(1)
    };
    explore("1 command, 1 break, down and up both, 1 expiry", scope);
}

#[test]
#[ignore = "minutes"]
fn an_event_after_half_open_dials() {
    let accepts = [vec![], vec![(LaneId::DEFAULT, false)]];
    let scope = Scope {
        accepts,
        dials: [1, 0],
        breaks: 2,
        ..Scope::default()
    };
    explore("1 event, 1 dial by the idle side, 2 breaks", scope);
}

//! Thousands of seeded runs: messages both ways in several lanes, links that break after any byte,
//! crossing dials, restarts, forgetting, *down*, deadlines. Then the faults stop, and everything
//! drains. `QUIBUS_SEEDS=5000` runs more of them, `QUIBUS_SEED=7` one, with its trace.

use super::event::Event;
use super::pair::Pair;
use crate::session::lane_id::LaneId;

/// How likely each fault is, in a thousand steps.
#[derive(Debug, Clone, Copy)]
struct Faults {
    breaks: u32,
    restarts: u32,
    forgets: u32,
    downs: u32,
    expiries: u32,
}

const STEPS: usize = 300;

#[test]
fn links_break_after_any_byte_and_every_message_arrives_once_in_order() {
    let faults = Faults {
        breaks: 40,
        restarts: 0,
        forgets: 0,
        downs: 0,
        expiries: 0,
    };
    run_seeds("breaks", faults, 250, |pair| {
        let lost = pair.record.messages.iter().position(|m| !m.taken);
        lost.map_or(Ok(()), |id| Err(format!("message {id} never arrived")))
    });
}

#[test]
fn restarts_end_sessions_and_nothing_else() {
    let faults = Faults {
        breaks: 20,
        restarts: 8,
        forgets: 0,
        downs: 0,
        expiries: 5,
    };
    run_seeds("restarts", faults, 250, |_| Ok(()));
}

#[test]
fn forgetting_down_and_deadlines_lose_what_they_may_and_nothing_else() {
    let faults = Faults {
        breaks: 20,
        restarts: 3,
        forgets: 60,
        downs: 10,
        expiries: 10,
    };
    run_seeds("everything", faults, 250, |_| Ok(()));
}

fn run_seeds(name: &str, faults: Faults, seeds: u64, check: fn(&Pair) -> Result<(), String>) {
    let number = |name| {
        std::env::var(name)
            .ok()
            .and_then(|text| text.parse::<u64>().ok())
    };
    let only = number("QUIBUS_SEED");
    let seeds = number("QUIBUS_SEEDS").unwrap_or(seeds);
    let range = only.map_or(0..seeds, |seed| seed..seed + 1);
    for seed in range {
        let mut trace = Vec::new();
        let done = run(seed, faults, &mut trace).and_then(|pair| check(&pair));
        if let Err(broken) = done {
            if only.is_some() {
                trace.iter().for_each(|event| println!("{event:?}"));
            }
            panic!("{name}: {broken}; again with QUIBUS_SEED={seed}");
        }
    }
}

fn run(seed: u64, faults: Faults, trace: &mut Vec<Event>) -> Result<Pair, String> {
    let mut chance = fastrand::Rng::with_seed(seed);
    let mut pair = Pair::new();
    for _ in 0..STEPS {
        let event = pick(&pair, faults, &mut chance);
        if let Some(event) = event {
            trace.push(event);
            pair.step(event)?;
        }
    }
    come_to_rest(&mut pair, &mut chance, trace)?;
    Ok(pair)
}

/// No more faults: everything must drain.
fn come_to_rest(
    pair: &mut Pair,
    chance: &mut fastrand::Rng,
    trace: &mut Vec<Event>,
) -> Result<(), String> {
    for _ in 0..20_000 {
        let events = pair.enabled();
        let Some(event) = choose(&events, chance) else {
            return pair.check_at_rest();
        };
        let event = with_bytes(pair, event, |left| left);
        trace.push(event);
        pair.step(event)?;
    }
    Err("the rig never comes to rest".into())
}

fn pick(pair: &Pair, faults: Faults, chance: &mut fastrand::Rng) -> Option<Event> {
    let side = chance.usize(..2);
    let mut roll = chance.u32(..1000);
    let mut hits = |share: u32| {
        let hit = roll < share;
        roll = roll.wrapping_sub(share);
        hit
    };
    if hits(faults.breaks) {
        let links: Vec<_> = pair.wires.keys().copied().collect();
        return choose(&links, chance).map(Event::Break);
    }
    if hits(faults.restarts) {
        return Some(Event::Restart(side));
    }
    if hits(faults.forgets) {
        return pair.may_forget(side).then_some(Event::Forget(side));
    }
    if hits(faults.downs) {
        return (!pair.sides[side].down).then_some(Event::Down(side));
    }
    if hits(faults.expiries) {
        return Some(Event::Expire(side));
    }
    if hits(150) {
        return Some(Event::Accept {
            side,
            lane: LaneId(LaneId::DEFAULT.0 + chance.u8(..3)),
            command: chance.bool(),
            len: choose(&[8, 8, 50, 700, 20_000, 70_000], chance)?,
        });
    }
    let event = choose(&pair.enabled(), chance)?;
    Some(
        match with_bytes(pair, event, |left| 1 + chance.usize(..left)) {
            Event::Take(side, lane, _) => Event::Take(side, lane, 1 + chance.usize(..5)),
            Event::Acknowledge(side, lane, _) => {
                let back = chance.bool().then_some(LaneId(LaneId::DEFAULT.0));
                Event::Acknowledge(side, lane, back)
            }
            event => event,
        },
    )
}

/// The same event with another number of bytes, up to all that are under way.
fn with_bytes(pair: &Pair, event: Event, len: impl FnOnce(usize) -> usize) -> Event {
    match event {
        Event::Control(to, link, _) => {
            let left = pair.wires[&link].control[1 - to].len();
            Event::Control(to, link, len(left))
        }
        Event::Lane(to, link, lane, _) => {
            let left = pair.wires[&link].lanes[1 - to][&lane].len();
            Event::Lane(to, link, lane, len(left))
        }
        event => event,
    }
}

fn choose<T: Copy>(from: &[T], chance: &mut fastrand::Rng) -> Option<T> {
    (!from.is_empty()).then(|| from[chance.usize(..from.len())])
}

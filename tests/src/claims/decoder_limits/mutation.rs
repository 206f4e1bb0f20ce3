//! How a valid input becomes a hostile one.
//!
//! Damage that keeps most of the structure gets past the first checks: lengths and counts that lie,
//! parts that are cut, doubled, repeated many times over or taken from another input.

use std::ops::Range;

use fastrand::Rng;

/// Longest input that is made by repetition.
const LONGEST: usize = 16 << 10;

/// Bytes at the edges of what a byte means: ends of varints, their middles, ASCII.
const EDGES: [u8; 9] = [0, 1, 2, 0x3f, 0x40, 0x7f, 0x80, 0xfe, 0xff];

/// A hostile input made of one or two of the valid ones.
pub(super) fn hostile(samples: &[Vec<u8>], rng: &mut Rng) -> Vec<u8> {
    let empty = Vec::new();
    let mut input = rng.choice(samples).unwrap_or(&empty).clone();
    let other = rng.choice(samples).unwrap_or(&empty);
    for _ in 0..rng.usize(1..=4) {
        damage(&mut input, other, rng);
    }
    input
}

fn damage(input: &mut Vec<u8>, other: &[u8], rng: &mut Rng) {
    match rng.u8(0..12) {
        0 => change(input, rng, |byte, rng| byte ^ 1 << rng.u8(0..8)),
        1 => change(input, rng, |_, rng| EDGES[rng.usize(0..EDGES.len())]),
        2 => change(input, rng, |byte, rng| match rng.bool() {
            true => byte.wrapping_add(1),
            false => byte.wrapping_sub(1),
        }),
        3 => input.truncate(rng.usize(0..=input.len())),
        4 => input.extend((0..rng.usize(1..9)).map(|_| rng.u8(..))),
        5 => drop(input.drain(part(input.len(), rng))),
        6 => put(input, &other[part(other.len(), rng)], rng),
        7 => {
            let copied = input[part(input.len(), rng)].to_vec();
            put(input, &copied, rng);
        }
        8 => repeat(input, rng),
        _ => lie(input, rng),
    }
}

fn change(input: &mut [u8], rng: &mut Rng, to: impl Fn(u8, &mut Rng) -> u8) {
    if !input.is_empty() {
        let at = rng.usize(0..input.len());
        input[at] = to(input[at], rng);
    }
}

/// A byte becomes a number in its shortest spelling that is larger than anything behind it.
fn lie(input: &mut Vec<u8>, rng: &mut Rng) {
    let near = input.len() as u64;
    let lies = [
        near,
        near + 1,
        near / 2,
        0x3fff,
        1 << 20,
        4 << 20,
        u32::MAX.into(),
        1 << 62,
        u64::MAX,
    ];
    let mut number = lies[rng.usize(0..lies.len())];
    let mut spelling = Vec::new();
    while number >= 0x80 {
        spelling.push(number as u8 | 0x80);
        number >>= 7;
    }
    spelling.push(number as u8);
    let at = rng.usize(0..=input.len());
    let end = input.len().min(at + 1);
    input.splice(at..end, spelling);
}

/// A part stands there many times: lists that are long, or nested deep.
fn repeat(input: &mut Vec<u8>, rng: &mut Rng) {
    let repeated = part(input.len(), rng);
    let room = LONGEST.saturating_sub(input.len());
    let most = room / repeated.len().max(1);
    // Seldom far: most of what is long takes long.
    let times = most.min(1 << rng.u32(0..14));
    let copies = input[repeated.clone()].repeat(times);
    input.splice(repeated.end..repeated.end, copies);
}

fn put(input: &mut Vec<u8>, inserted: &[u8], rng: &mut Rng) {
    if input.len() + inserted.len() <= LONGEST {
        let at = rng.usize(0..=input.len());
        input.splice(at..at, inserted.iter().copied());
    }
}

/// A part of up to 64 bytes.
fn part(len: usize, rng: &mut Rng) -> Range<usize> {
    let start = rng.usize(0..=len);
    start..rng.usize(start..=len.min(start + 64))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn inputs_differ_and_the_same_seed_makes_the_same() {
        let samples = [b"a valid input".to_vec(), b"another".to_vec()];
        let inputs = |seed| {
            let mut rng = Rng::with_seed(seed);
            (0..1000)
                .map(|_| hostile(&samples, &mut rng))
                .collect::<Vec<_>>()
        };
        assert_eq!(inputs(7), inputs(7));
        let different: BTreeSet<_> = inputs(7).into_iter().collect();
        assert!(different.len() > 800, "{}", different.len());
        assert!(different.iter().any(|input| input.len() > 4096));
        assert!(different.iter().any(|input| input.len() < 7));
    }

    #[test]
    fn nothing_valid_to_begin_from_is_no_reason_to_stop() {
        let mut rng = Rng::with_seed(7);
        assert!((0..100).any(|_| !hostile(&[], &mut rng).is_empty()));
    }
}

//! Sentences about bytes: their order, stalled lanes, abandoned lanes.

use bytes::Bytes;

use super::feed::{Feed, Reading};
use super::world::{Pair, World};
use crate::transport::{Link, LinkEnd, Priority};

/// What is read is what was written, in order, whatever the sizes of the chunks, both ways at the
/// same time and on several lanes.
pub async fn bytes_arrive_whole_and_in_order_whatever_the_chunks(world: &dyn World) {
    let pair = Pair::link(world).await;
    let (there, back) = (&*pair.dialled, &*pair.accepted);
    // The dialler's control lane first: the other side's own travels on the same stream.
    let _control = (
        Feed::open(there, Priority::CONTROL),
        Feed::open(back, Priority::CONTROL),
    );
    _control.0.push("control");
    _control.1.push("control");
    tokio::join!(carry(world, there, back, 0), carry(world, back, there, 7));
    pair.close(world).await;
}

/// Sends lengths around every boundary that a packet, a batch or a varint has, and checks each
/// byte by its position.
async fn carry(world: &dyn World, from: &dyn Link, to: &dyn Link, seed: usize) {
    let mut control = Reading::accept(world, to).await;
    assert_eq!(control.take(world, 7).await, b"control");

    let lanes = [Priority::APPLICATION, Priority::OUTCOMES].map(|p| Feed::open(from, p));
    let mut total = 0;
    for len in [
        1,
        2,
        3,
        63,
        64,
        1199,
        1200,
        1201,
        1452,
        6500,
        16_383,
        16_384,
        65_536,
        1 << 20,
    ] {
        for lane in &lanes {
            lane.push(pattern(seed, total, len));
        }
        total += len;
    }
    // Many small chunks in one batch, empty ones among them.
    let small: Vec<_> = (0..1000).map(|i| pattern(seed, total + i, 1)).collect();
    for lane in &lanes {
        let holes = small.iter().flat_map(|chunk| [chunk.clone(), Bytes::new()]);
        lane.push_batch(holes.collect());
    }
    total += small.len();
    let expected = pattern(seed, 0, total);
    for _ in &lanes {
        let mut reading = Reading::accept(world, to).await;
        let read = reading.take(world, total).await;
        let wrong = read
            .iter()
            .zip(&expected)
            .position(|(read, wrote)| read != wrote);
        assert_eq!(wrong, None, "the first wrong byte of {total}");
    }
}

/// `accept` yields the control lane first, even if another lane of the other side speaks before.
pub async fn the_control_lane_is_the_first_to_be_accepted(world: &dyn World) {
    let pair = Pair::link(world).await;
    for (from, to) in [
        (&pair.dialled, &pair.accepted),
        (&pair.accepted, &pair.dialled),
    ] {
        let control = Feed::open(&**from, Priority::CONTROL);
        let other = Feed::open(&**from, Priority::APPLICATION);
        other.push("lane");
        control.push("control");
        let mut first = Reading::accept(world, &**to).await;
        assert_eq!(first.take(world, 7).await, b"control");
        let mut second = Reading::accept(world, &**to).await;
        assert_eq!(second.take(world, 4).await, b"lane");
    }
    pair.close(world).await;
}

/// A lane that nobody reads stalls no other lane, while no more than 1 MiB of it is unread; what
/// it carried is still there afterwards.
pub async fn a_lane_that_stalls_stalls_no_other(world: &dyn World) {
    stall(world, Pair::link(world).await, 1 << 20).await;
}

/// Nor does one that was allowed to leave more unread, whatever that is beyond the windows that
/// links have.
pub async fn what_may_be_left_unread_stalls_no_other_lane(world: &dyn World) {
    let pair = Pair::link(world).await;
    pair.accepted.leave_unread(0, 5 << 20);
    pair.accepted.leave_unread(0, 3 << 20);
    pair.accepted.leave_unread(3 << 20, 1 << 20);
    stall(world, pair, 7 << 20).await;
}

async fn stall(world: &dyn World, pair: Pair, unread: usize) {
    let control = Feed::open(&*pair.dialled, Priority::CONTROL);
    control.push("control");
    let _control = Reading::accept(world, &*pair.accepted).await;

    let stalled = Feed::open(&*pair.dialled, Priority::OUTCOMES);
    for position in (0..unread).step_by(1 << 18) {
        stalled.push(pattern(1, position, 1 << 18));
    }
    let mut stalled_reading = Reading::accept(world, &*pair.accepted).await;

    let flowing = Feed::open(&*pair.dialled, Priority::APPLICATION);
    let mut flowing_reading = Reading::accept_after(world, &*pair.accepted, &flowing).await;
    for round in 0..64 {
        let block = pattern(2, round << 18, 1 << 18);
        flowing.push(block.clone());
        assert_eq!(
            flowing_reading.take(world, block.len()).await,
            block,
            "block {round}"
        );
    }
    let read = stalled_reading.take(world, unread).await;
    assert!(
        pattern(1, 0, unread) == read,
        "the stalled lane lost or changed bytes"
    );
    pair.close(world).await;
}

/// When `poll_take` says `false` the reader gets a prefix of what was written and then a broken
/// lane, never a clean end; the other lanes go on.
pub async fn a_lane_of_the_bus_that_ends_is_broken_for_its_reader_and_the_link_lives_on(
    world: &dyn World,
) {
    let pair = Pair::link(world).await;
    let control = Feed::open(&*pair.dialled, Priority::CONTROL);
    control.push("control");
    let mut control_reading = Reading::accept(world, &*pair.accepted).await;
    assert_eq!(control_reading.take(world, 7).await, b"control");

    let ending = Feed::open(&*pair.dialled, Priority::APPLICATION);
    ending.push("half a fr");
    let mut reading = Reading::accept(world, &*pair.accepted).await;
    assert_eq!(reading.take(world, 4).await, b"half");
    ending.push("ame");
    ending.end();
    ending.let_go(world).await;
    let (rest, end) = reading.drain(world).await;
    assert!(b" a frame".starts_with(&rest[..]), "not a prefix: {rest:?}");
    assert!(matches!(end, LinkEnd::Broken(_)), "{end:?}");
    let (nothing, again) = reading.drain(world).await;
    assert!(
        nothing.is_empty() && again == end,
        "an ended lane stays ended: {again:?}"
    );

    control.push("and on");
    assert_eq!(control_reading.take(world, 6).await, b"and on");
    pair.close(world).await;
}

impl Reading {
    /// Makes the lane known by a first byte, and takes that.
    async fn accept_after(world: &dyn World, link: &dyn Link, feed: &Feed) -> Self {
        feed.push("!");
        let mut reading = Self::accept(world, link).await;
        assert_eq!(reading.take(world, 1).await, b"!");
        reading
    }
}

/// `len` bytes of an endless sequence that repeats neither with packets nor with powers of two.
fn pattern(seed: usize, position: usize, len: usize) -> Bytes {
    (position..position + len)
        .map(|at| ((at * 31 + at / 251 + seed) % 249) as u8)
        .collect()
}

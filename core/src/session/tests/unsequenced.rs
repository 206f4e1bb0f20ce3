//! R13: unsequenced lanes.

use std::task::{Poll, Waker};

use bytes::{Bytes, BytesMut};
use tokio::time::{Duration, Instant};

use crate::session::kind::{self, MAX_UNSEQUENCED};
use crate::session::lane_id::LaneId;
use crate::session::lane_writer::WireType;
use crate::session::link_id::LinkId;
use crate::session::outbound::Wake;
use crate::session::outbound_end::Losses;
use crate::session::pending::{End, NoOutcome, Ticket};
use crate::session::{
    Call, NotAsked, Parcel, Unsequenced, UnsequencedRead, UnsequencedReader, frame_len,
    put_outcome_head,
};
use crate::wire::put_varint;

const FIRST: LinkId = LinkId(1);
const SECOND: LinkId = LinkId(2);
const OTHER_LANE: LaneId = LaneId(18);

/// One side, with a link.
struct Side {
    lanes: Unsequenced,
    clock: Instant,
}

impl Side {
    fn linked() -> Self {
        let clock = Instant::now();
        let mut side = Self {
            lanes: Unsequenced::default(),
            clock,
        };
        side.move_to(Some(FIRST));
        side
    }

    fn move_to(&mut self, link: Option<LinkId>) {
        let link = link.map(|link| (link, self.clock));
        self.lanes.move_to(link, &mut Losses::default());
    }

    fn ask_in(&mut self, lane: LaneId, content: &[u8]) -> Result<Ticket, NotAsked> {
        let call = Call {
            lane,
            lane_name: "votes",
            wire_type: WireType {
                name: "Test.Vote",
                codec: 1,
            },
            headers: false,
            deadline: self.clock + Duration::from_millis(1_500),
            body_len: content.len(),
        };
        let write = |out: &mut BytesMut| {
            out.extend_from_slice(content);
            true
        };
        let asked = self.lanes.ask(call, Waker::noop().clone(), write);
        asked.map(|(ticket, _)| ticket)
    }

    fn ask(&mut self, content: &[u8]) -> Result<Ticket, NotAsked> {
        self.ask_in(LaneId::UNSEQUENCED, content)
    }

    fn pull_on(&mut self, link: LinkId, lane: LaneId) -> Option<Vec<u8>> {
        let mut chunks = Vec::new();
        self.lanes.pull(link, lane, &mut chunks, Waker::noop())?;
        Some(chunks.concat())
    }

    fn pull(&mut self) -> Vec<u8> {
        self.pull_on(FIRST, LaneId::UNSEQUENCED).expect("it lives")
    }

    fn end_of(&mut self, ticket: Ticket) -> Option<End> {
        match self.lanes.pending.poll(ticket, Waker::noop()) {
            Poll::Ready(end) => Some(end.expect("a send in progress")),
            Poll::Pending => None,
        }
    }

    fn assert_ended(&mut self, ticket: Ticket, why: NoOutcome) {
        assert_eq!(self.end_of(ticket), Some(End::Without(why)));
    }

    fn answer(&mut self, link: LinkId, number: u64, len: usize) -> Option<Wake> {
        self.lanes.answer(link, 3 + len, |out| {
            put_outcome_head(out, LaneId::UNSEQUENCED, number, 0);
            out.extend_from_slice(&vec![9; len]);
            true
        })
    }

    fn pull_outcomes(&mut self) -> Vec<u8> {
        self.pull_on(FIRST, LaneId::UNSEQUENCED_OUTCOMES)
            .expect("it lives")
    }
}

/// The frames of a stream, without their lengths.
fn frames(stream: &[u8]) -> Vec<Bytes> {
    let mut rest = Bytes::copy_from_slice(stream);
    let mut frames = Vec::new();
    while let Some((head, len)) = frame_len(&rest).unwrap() {
        let mut frame = rest.split_to(head + len);
        frames.push(frame.split_off(head));
    }
    assert!(rest.is_empty(), "a frame cut short");
    frames
}

fn read(stream: &[u8], clock: Instant) -> Vec<UnsequencedRead> {
    let mut reader = UnsequencedReader::default();
    let frames = frames(stream);
    let read = frames.iter().map(|frame| reader.read(frame, clock));
    read.map(Result::unwrap).collect()
}

fn commands(stream: &[u8], clock: Instant) -> Vec<Parcel> {
    let commands = read(stream, clock).into_iter();
    let commands = commands.filter_map(|read| match read {
        UnsequencedRead::Command(_, parcel) => Some(parcel),
        _ => None,
    });
    commands.collect()
}

#[test]
fn without_a_link_nothing_is_sent_and_nothing_waits_for_one() {
    let mut side = Side {
        lanes: Unsequenced::default(),
        clock: Instant::now(),
    };
    assert_eq!(side.ask(b"content"), Err(NotAsked::NoLink));
    side.move_to(Some(FIRST));
    assert!(side.pull().is_empty());
    assert_eq!(side.lanes.pending.len(), 0);
}

#[test]
fn a_command_is_read_as_it_was_sent_and_its_outcome_ends_it() {
    let (mut ours, mut theirs) = (Side::linked(), Side::linked());
    let ticket = ours.ask(b"content").unwrap();
    let clock = ours.clock + Duration::from_secs(60);
    let read = commands(&ours.pull(), clock);
    let [parcel] = read.as_slice() else {
        panic!("not one command: {read:?}")
    };
    let item = &parcel.items[0];
    let received = parcel.received_type(item).unwrap();
    assert_eq!((&*received.name, received.codec), ("Test.Vote", 1));
    assert_eq!(
        (parcel.body(item), item.kind),
        (&b"content"[..], kind::COMMAND)
    );
    assert_eq!(
        parcel.deadline(item),
        Some(clock + Duration::from_millis(1_500))
    );
    assert!(matches!(
        theirs.answer(FIRST, parcel.first, 4),
        Some(Wake::Open(FIRST))
    ));
    let outcomes = self::read(&theirs.pull_outcomes(), theirs.clock);
    let [
        UnsequencedRead::Nothing,
        UnsequencedRead::Outcome(number, outcome),
    ] = &outcomes[..]
    else {
        panic!("not one outcome: {outcomes:?}")
    };
    let end = End::Outcome(outcome.clone());
    assert_eq!(outcome[..], [0, 9, 9, 9, 9]);
    assert!(ours.lanes.complete(FIRST, *number, end.clone()).is_some());
    assert_eq!(ours.end_of(ticket), Some(end));
}

#[test]
fn a_full_lane_refuses_at_once_and_its_neighbour_does_not() {
    let mut side = Side::linked();
    let most = vec![7; MAX_UNSEQUENCED];
    side.ask(&most).unwrap();
    assert_eq!(side.ask(&[7; 2_000]), Err(NotAsked::Full));
    side.ask_in(OTHER_LANE, &most).unwrap();
    let written = side.pull().len();
    assert!((MAX_UNSEQUENCED..=1 << 20).contains(&written), "{written}");
    side.ask(&most).unwrap();
}

#[test]
fn the_end_of_a_link_ends_every_send_and_says_which_may_have_been_handled() {
    let mut side = Side::linked();
    let written = side.ask(b"written").unwrap();
    side.pull();
    let waiting = side.ask(b"waiting").unwrap();
    side.move_to(None);
    side.assert_ended(written, NoOutcome::LinkLost { sent: true });
    side.assert_ended(waiting, NoOutcome::LinkLost { sent: false });
    side.move_to(Some(SECOND));
    assert_eq!(side.pull_on(FIRST, LaneId::UNSEQUENCED), None);
    let again = side.pull_on(SECOND, LaneId::UNSEQUENCED);
    assert_eq!(again, Some(Vec::new()), "nothing is sent again");
}

#[test]
fn what_belongs_to_a_link_that_has_ended_reaches_nobody() {
    let mut side = Side::linked();
    side.ask(b"on the first").unwrap();
    side.move_to(Some(SECOND));
    let ticket = side.ask(b"on the second").unwrap();
    let late = End::Outcome(Bytes::from_static(b"\0late"));
    for number in 0..3 {
        assert!(side.lanes.complete(FIRST, number, late.clone()).is_none());
    }
    assert!(side.lanes.complete(SECOND, 1, late.clone()).is_none());
    assert_eq!(side.end_of(ticket), None);
    assert!(matches!(side.answer(FIRST, 1, 4), Some(Wake::Nothing)));
    let outcomes = side.pull_on(SECOND, LaneId::UNSEQUENCED_OUTCOMES);
    assert_eq!(outcomes, Some(Vec::new()));
}

#[test]
fn a_deadline_ends_a_send_and_what_was_not_written_never_is() {
    let mut side = Side::linked();
    let written = side.ask(b"written").unwrap();
    side.pull();
    let waiting = side.ask(b"waiting").unwrap();
    let early = side.clock + Duration::from_millis(1_499);
    side.lanes.expire(early, &mut Losses::default());
    assert_eq!(side.lanes.pending.len(), 2);
    let late = side.clock + Duration::from_millis(1_500);
    side.lanes.expire(late, &mut Losses::default());
    side.assert_ended(written, NoOutcome::TimedOut { sent: true });
    side.assert_ended(waiting, NoOutcome::TimedOut { sent: false });
    assert!(side.pull().is_empty());
}

#[test]
fn a_peer_that_is_down_and_a_bus_that_stops_end_what_is_in_progress() {
    let mut side = Side::linked();
    let lost = side.ask(b"lost").unwrap();
    side.lanes.go_down(&mut Losses::default());
    side.assert_ended(lost, NoOutcome::PeerLost { sent: false });
    assert_eq!(side.ask(b"to nobody"), Err(NotAsked::Down));
    side.lanes.come_up();
    let stopped = side.ask(b"again").unwrap();
    side.pull();
    side.lanes.stop(&mut Losses::default());
    side.assert_ended(stopped, NoOutcome::Stopped { sent: true });
    side.lanes.come_up();
    assert_eq!(side.ask(b"too late"), Err(NotAsked::Stopped));
}

#[test]
fn what_its_codec_does_not_write_as_it_said_takes_no_number_and_no_room() {
    let mut side = Side::linked();
    side.ask(b"first").unwrap();
    let call = Call {
        lane: LaneId::UNSEQUENCED,
        lane_name: "votes",
        wire_type: WireType {
            name: "Test.Vote",
            codec: 1,
        },
        headers: false,
        deadline: side.clock,
        body_len: 3,
    };
    let refused = side.lanes.ask(call, Waker::noop().clone(), |out| {
        out.extend_from_slice(b"four");
        true
    });
    assert_eq!(refused.err(), Some(NotAsked::Unencodable));
    side.ask(b"second").unwrap();
    let numbers: Vec<_> = commands(&side.pull(), side.clock)
        .iter()
        .map(|parcel| parcel.first)
        .collect();
    assert_eq!(numbers, [1, 2]);
}

#[test]
fn outcomes_that_nobody_reads_are_bounded_and_keep_new_commands_out() {
    let mut side = Side::linked();
    let mut answered = 0;
    while !side.lanes.owes_too_much() {
        assert!(side.answer(FIRST, 1, 64 << 10).is_some());
        answered += 1;
    }
    assert_eq!(answered, 8, "half a MiB");
    for _ in 0..100 {
        assert!(side.answer(FIRST, 1, 64 << 10).is_some());
    }
    let written = side.pull_outcomes().len();
    assert!((900 << 10..=1 << 20).contains(&written), "{written}");
    assert!(!side.lanes.owes_too_much());
}

#[test]
fn what_breaks_the_format_is_refused() {
    const OPEN: &[u8] = &[kind::UNSEQUENCED, 17, 1, b'a'];
    const OUTCOMES: &[u8] = &[kind::UNSEQUENCED, 19, 1, b'a'];
    const COMMAND: &[u8] = &[kind::UNSEQUENCED_COMMAND, 1, 1, b't', 1, 5, 9];
    let mut last = vec![kind::UNSEQUENCED_COMMAND];
    put_varint(&mut last, u64::MAX);
    last.extend_from_slice(&COMMAND[2..]);
    let cases: [(&[&[u8]], &str); 10] = [
        (&[COMMAND], "without saying which"),
        (&[&[kind::UNSEQUENCED, 16, 1, b'a']], "meaningless value 16"),
        (&[&[kind::UNSEQUENCED, 20, 1, b'a']], "meaningless value 20"),
        (&[&[kind::UNSEQUENCED, 17, 1, b'a', 0]], "follow the end"),
        (&[OPEN, OPEN], "opened twice"),
        (&[OPEN, &COMMAND[..6]], "ends inside"),
        (&[OUTCOMES, COMMAND], "lane of unsequenced outcomes"),
        (
            &[OUTCOMES, &[kind::UNSEQUENCED_OUTCOME, 17, 1]],
            "ends inside",
        ),
        (
            &[OUTCOMES, &[kind::UNSEQUENCED_OUTCOME, 5, 1, 0]],
            "meaningless value 5",
        ),
        (&[OPEN, &last], "ran over"),
    ];
    for (frames, part) in cases {
        let mut reader = UnsequencedReader::default();
        let mut read = frames
            .iter()
            .map(|frame| reader.read(&Bytes::copy_from_slice(frame), Instant::now()));
        let error = read.find_map(Result::err).expect("refused").to_string();
        assert!(error.contains(part), "{frames:?}: {error}");
    }
    let mut reader = UnsequencedReader::default();
    for frame in [OPEN, &[0x33, 1, 2], COMMAND] {
        let frame = Bytes::copy_from_slice(frame);
        reader.read(&frame, Instant::now()).unwrap();
    }
}

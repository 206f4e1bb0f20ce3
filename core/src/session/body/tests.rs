//! Two sides, links that break at any time, streams cut after any byte: each body that was asked
//! for arrives whole or its reader hears that it does not.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::*;
use crate::session::{Control, LinkId, MemoryBudget};

const BODIES: u64 = 12;

/// A stream on its way: what the owner has written and the reader has not been given.
struct Stream {
    writer: BodyWriter,
    source: VecDeque<Bytes>,
    bytes: VecDeque<u8>,
    abandoned: bool,
}

struct Reading {
    parser: Option<(LinkId, BodyReader, BodyWindow)>,
    got: Vec<u8>,
    ended: Option<bool>,
}

/// Owner and reader of bodies, and the links between them.
struct World {
    random: fastrand::Rng,
    owed: BodiesOwed<VecDeque<Bytes>, u64>,
    wanted: BodiesWanted<u64>,
    link: Option<LinkId>,
    next_link: u64,
    to_owner: VecDeque<Control>,
    to_reader: VecDeque<Control>,
    streams: BTreeMap<u64, Stream>,
    readings: BTreeMap<u64, Reading>,
    content: BTreeMap<u64, Vec<u8>>,
    breaks: u64,
    budget: MemoryBudget,
    now: Instant,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut world = Self {
            random: fastrand::Rng::with_seed(seed),
            owed: BodiesOwed::default(),
            wanted: BodiesWanted::default(),
            link: None,
            next_link: 0,
            to_owner: VecDeque::new(),
            to_reader: VecDeque::new(),
            streams: BTreeMap::new(),
            readings: BTreeMap::new(),
            content: BTreeMap::new(),
            breaks: 0,
            budget: MemoryBudget::default(),
            now: Instant::now(),
        };
        for body in 0..BODIES {
            world.owe(body);
        }
        world
    }

    fn owe(&mut self, body: u64) {
        let mut source = VecDeque::new();
        let largest = 1 << self.random.u32(0..=19);
        for _ in 0..self.random.usize(0..4) {
            let len = self.random.usize(0..largest);
            source.push_back((0..len).map(|at| (at as u64 * 7 + body) as u8).collect());
        }
        let whole: Vec<u8> = source
            .iter()
            .flat_map(|piece: &Bytes| piece.to_vec())
            .collect();
        self.content.insert(body, whole);
        let reply = None;
        self.owed.owe(body, Owed { source, reply }).unwrap();
    }

    fn open_link(&mut self) {
        if self.link.is_none() {
            self.next_link += 1;
            let link = LinkId(self.next_link);
            self.link = Some(link);
            let asks = self.wanted.link_current(Some(link));
            self.send_asks(asks);
        }
    }

    /// What is on its way is lost, but for what was given to the reader already.
    fn break_link(&mut self) {
        let Some(link) = self.link.take() else { return };
        self.breaks += 1;
        self.to_owner.clear();
        self.to_reader.clear();
        for body in std::mem::take(&mut self.streams).into_keys() {
            self.owed.end(body);
        }
        for (body, reading) in &mut self.readings {
            if reading.parser.is_some() && reading.ended.is_none() {
                reading.ended = Some(false);
                self.wanted.release(*body);
            }
        }
        let asks = self.wanted.link_ended(link);
        self.send_asks(asks);
    }

    fn want(&mut self, body: u64) {
        if self.readings.contains_key(&body) {
            return;
        }
        let reading = Reading {
            parser: None,
            got: Vec::new(),
            ended: None,
        };
        self.readings.insert(body, reading);
        if let Wanted::Ask(ask) = self.wanted.want(body, 0, body) {
            self.send_asks([ask]);
        }
    }

    fn send_asks(&mut self, asks: impl IntoIterator<Item = Ask>) {
        for Ask { link, body, up_to } in asks {
            assert_eq!(Some(link), self.link);
            self.to_owner.push_back(Control::BodyCredit { body, up_to });
        }
    }

    fn end_reading(&mut self, body: u64, whole: bool) {
        let reading = self.readings.get_mut(&body).unwrap();
        assert_eq!(reading.ended.replace(whole), None);
        let (link, ask) = self.wanted.release(body);
        if link.is_some_and(|link| Some(link) == self.link) {
            self.to_owner.push_back(Control::BodyOver(body));
        }
        self.send_asks(ask);
    }

    fn owner_hears(&mut self) {
        let Some(link) = self.link else { return };
        match self.to_owner.pop_front() {
            Some(Control::BodyCredit { body, up_to }) => match self.owed.ask(body, link, || body) {
                Asked::Open(source) => {
                    let mut writer = BodyWriter::new(body);
                    writer.allow(up_to);
                    let stream = Stream {
                        writer,
                        source,
                        bytes: VecDeque::new(),
                        abandoned: false,
                    };
                    self.streams.insert(body, stream);
                }
                Asked::More(body) => self.streams.get_mut(&body).unwrap().writer.allow(up_to),
                Asked::Cut => self.to_reader.push_back(Control::BodyCut(body)),
            },
            Some(Control::BodyOver(body)) => {
                if let (_, Some(body)) = self.owed.end(body) {
                    self.streams.get_mut(&body).unwrap().abandoned = true;
                }
            }
            _ => {}
        }
    }

    fn reader_hears(&mut self) {
        let Some(link) = self.link else { return };
        if let Some(Control::BodyCut(body)) = self.to_reader.pop_front()
            && let Some((_, ask)) = self.wanted.cut(body, link)
        {
            let reading = self.readings.get_mut(&body).unwrap();
            assert_eq!(reading.ended.replace(false), None);
            self.to_owner.push_back(Control::BodyOver(body));
            self.send_asks(ask);
        }
    }

    /// The owner drops what it owes.
    fn give_up(&mut self, body: u64) {
        if let (_, Some((_, body))) = self.owed.give_up(body) {
            self.streams.get_mut(&body).unwrap().source.clear();
            self.to_reader.push_back(Control::BodyCut(body));
        }
    }

    fn pull(&mut self, body: u64) {
        let Some(stream) = self.streams.get_mut(&body) else {
            return;
        };
        while stream.writer.wants_more() {
            match stream.source.pop_front() {
                Some(bytes) => stream.writer.push(bytes),
                None => stream.writer.finish(),
            }
        }
        let mut chunks = Vec::new();
        stream.writer.take(&mut chunks);
        stream.bytes.extend(chunks.concat());
    }

    /// Gives the reader some of a stream, or hands the stream over.
    fn carry(&mut self, body: u64) {
        let Some(link) = self.link else { return };
        let Some(stream) = self.streams.get_mut(&body) else {
            return;
        };
        if stream.abandoned {
            self.streams.remove(&body);
            return;
        }
        let most = stream.bytes.len();
        let largest = 1 << self.random.u32(0..18);
        let len = self.random.usize(0..=most.min(largest));
        let some: Vec<u8> = stream.bytes.drain(..len).collect();
        let reading = self.readings.get_mut(&body).unwrap();
        match &mut reading.parser {
            Some((_, parser, _)) => parser.push([Bytes::from(some)]),
            None => match opening(&some).unwrap() {
                Opening::Body { body: named, len } => {
                    assert_eq!(named, body);
                    if self.wanted.stream(body, link) == Some(body) {
                        let mut parser = BodyReader::new(BODY_WINDOW);
                        parser.push([Bytes::from(some).slice(len..)]);
                        let window = BodyWindow::new(&self.budget, Duration::from_secs(1));
                        reading.parser = Some((link, parser, window));
                    } else {
                        // Dropped unread, which its writer notices.
                        self.streams.remove(&body);
                        self.owed.end(body);
                    }
                }
                Opening::Unknown => {
                    let stream = self.streams.get_mut(&body).unwrap();
                    some.into_iter()
                        .rev()
                        .for_each(|byte| stream.bytes.push_front(byte));
                }
                Opening::Lane | Opening::Unsequenced => {
                    panic!("a body's stream that carries a lane")
                }
            },
        }
    }

    fn read(&mut self, body: u64) {
        let Some(reading) = self.readings.get_mut(&body) else {
            return;
        };
        let (None, Some((_, parser, window))) = (reading.ended, &mut reading.parser) else {
            return;
        };
        match parser.next().unwrap() {
            Some(BodyPart::Bytes(bytes)) => {
                reading.got.extend(&bytes);
                if window.is_due(parser.read()) {
                    let up_to = window.renew(parser.read(), self.now, self.random.bool());
                    parser.allow(up_to);
                    self.to_owner.push_back(Control::BodyCredit { body, up_to });
                }
            }
            Some(BodyPart::End) => {
                assert!(reading.got == self.content[&body], "body {body}");
                self.end_reading(body, true);
            }
            Some(BodyPart::Failed(text)) => panic!("{text}"),
            None => {}
        }
    }

    fn step(&mut self, faults: bool) {
        let body = self.random.u64(0..BODIES);
        let faults = faults && self.random.u32(0..20) == 0;
        match self.random.u32(0..100) {
            0 if faults => self.break_link(),
            1 if faults && self.readings.get(&body).is_some_and(|r| r.ended.is_none()) => {
                self.end_reading(body, false);
            }
            2 if faults => self.give_up(body),
            2..10 => self.open_link(),
            10..20 => self.want(body),
            20..40 => self.owner_hears(),
            40..50 => self.reader_hears(),
            50..65 => self.pull(body),
            65..80 => self.carry(body),
            _ => self.read(body),
        }
        let open = |reading: &&Reading| reading.parser.is_some() && reading.ended.is_none();
        let open = self.readings.values().filter(open).count();
        assert!(open <= MAX_OPEN, "{open} bodies at once");
        for stream in self.streams.values() {
            assert!(stream.bytes.len() as u64 <= WIDEST + 1024);
        }
    }

    fn is_over(&self) -> bool {
        let ended = |body| self.readings.get(&body).is_some_and(|r| r.ended.is_some());
        let said = self.to_owner.is_empty() && self.to_reader.is_empty();
        // A stream that stays takes a place that its link gives only so often.
        (0..BODIES).all(ended) && said && self.streams.is_empty()
    }
}

#[test]
fn every_body_that_is_asked_for_arrives_whole_or_its_reader_hears_that_it_does_not() {
    let (mut whole, mut broken, mut breaks) = (0, 0, 0);
    for seed in 0..60 {
        let mut world = World::new(seed);
        for _ in 0..4_000 {
            world.step(true);
        }
        let mut steps = 0;
        while !world.is_over() {
            world.step(false);
            steps += 1;
            assert!(steps < 2_000_000, "seed {seed}: something hangs");
        }
        assert!(!world.wanted.is_in_progress(), "seed {seed}");
        let ended = |as_whole| {
            let all = world.readings.values();
            all.filter(|r| r.ended == Some(as_whole)).count()
        };
        whole += ended(true);
        broken += ended(false);
        breaks += world.breaks;
    }
    assert!(
        whole > 200 && broken > 100 && breaks > 50,
        "{whole} {broken} {breaks}"
    );
}

#[test]
fn a_fifth_body_waits_until_one_of_four_is_over_and_is_asked_for_next() {
    let mut wanted = BodiesWanted::default();
    assert_eq!(wanted.want(0, 0, 'a'), Wanted::Dial);
    let link = LinkId(7);
    let ask = |body| Ask {
        link,
        body,
        up_to: BODY_WINDOW,
    };
    assert_eq!(wanted.link_current(Some(link)), [ask(0)]);
    for body in 1..4 {
        assert_eq!(wanted.want(body, 0, 'b'), Wanted::Ask(ask(body)));
    }
    assert_eq!(wanted.want(4, 0, 'c'), Wanted::Wait);
    assert_eq!(wanted.want(5, 0, 'd'), Wanted::Wait);
    assert_eq!(wanted.want(5, 0, 'd'), Wanted::Refused, "it waits already");
    assert_eq!(wanted.release(4), (Some(link), None), "it had no place");
    assert_eq!(wanted.release(2), (Some(link), Some(ask(5))));
}

#[test]
fn a_reply_s_body_goes_with_its_time_or_its_session_and_a_command_s_with_neither() {
    let now = Instant::now();
    let later = now + std::time::Duration::from_secs(1);
    let mut owed = BodiesOwed::<&str, ()>::default();
    let mut owe = |body, source, reply| owed.owe(body, Owed { source, reply }).unwrap();
    owe(1, "command", None);
    owe(2, "reply", Some((3, later)));
    owe(3, "of an ended session", Some((2, later)));
    assert_eq!(owed.earliest(), Some(later));
    assert_eq!(owed.expire(now, 3), ["of an ended session"]);
    assert_eq!(owed.expire(later, 3), ["reply"]);
    assert_eq!(owed.end(1), (Some("command"), None));
    assert_eq!(owed.ask(2, LinkId(1), || ()), Asked::Cut);
}

#[test]
fn nobody_gets_more_than_a_window_however_much_is_asked_for() {
    let mut writer = BodyWriter::new(1);
    writer.allow(u64::MAX);
    writer.push(Bytes::from(vec![7; 30 << 20]));
    let mut chunks = Vec::new();
    assert!(writer.take(&mut chunks));
    let written = chunks.concat().len() as u64;
    assert!((WIDEST..WIDEST + 2048).contains(&written), "{written}");
}

#[test]
fn a_stream_that_breaks_the_rules_is_refused() {
    let refused = |frames: &[u8], credit| {
        let mut reader = BodyReader::new(credit);
        reader.push([Bytes::copy_from_slice(frames)]);
        loop {
            match reader.next() {
                Ok(Some(BodyPart::Bytes(_))) => {}
                other => break other,
            }
        }
    };
    let chunk = [0x03, 0x0f, 1, 2];
    assert_eq!(refused(&chunk, 2), Ok(None));
    assert!(refused(&chunk, 1).is_err(), "more than was asked for");
    assert!(refused(&[0x01, 0x0f], 9).is_err(), "a chunk of nothing");
    assert!(
        refused(&[0x82, 0x80, 0x04, 0x0f], 9).is_err(),
        "a chunk too long"
    );
    assert!(refused(&[0x02, 0x10, 1], 9).is_err(), "another length");
    assert!(refused(&[0x02, 0x90, 0], 9).is_err(), "a message");
    assert!(refused(&[0x02, 0x11, 0xff], 9).is_err(), "no text");
    assert_eq!(
        refused(&[0x03, 0x7f, 1, 2, 0x02, 0x10, 0], 9),
        Ok(Some(BodyPart::End))
    );
    let failed = Ok(Some(BodyPart::Failed("ab".into())));
    assert_eq!(refused(&[0x03, 0x11, b'a', b'b'], 9), failed);
}

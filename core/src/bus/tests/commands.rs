//! Commands that nobody routes by their contents: the short way out of a process, and the runs in
//! which they come.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::rig::start;
use crate::bus::{Bus, SendError};
use crate::message::{Codec, DecodeError, EncodeError};
use crate::prelude::*;
use crate::testing::MemoryNetwork;

/// Asks for a number, and gets it back.
#[derive(Debug, Clone, PartialEq, Command)]
#[quibus(namespace = "Test", codec = Fussy, reply = Number)]
struct Ask(u64);

#[derive(Debug, PartialEq)]
struct Number(u64);

/// What trouble a number makes, by its last digit.
const UNDECODABLE: u64 = 1;
const PANICS: u64 = 3;
const WAITS: u64 = 4;
const FAILS: u64 = 5;
const UNENCODABLE: u64 = 6;
const ENCODES_WRONG: u64 = 7;
const PANICS_ENCODED: u64 = 8;

/// Encodes no 13; as a reply, not all of them.
enum Fussy {}

impl Codec<Ask> for Fussy {
    const ID: u8 = 131;

    fn encoded_len(_: &Ask) -> usize {
        8
    }

    fn encode(Ask(number): &Ask, out: &mut bytes::BytesMut) -> Result<(), EncodeError> {
        if *number == 13 {
            return Err(EncodeError::new("13"));
        }
        out.extend_from_slice(&number.to_le_bytes());
        Ok(())
    }

    fn decode(bytes: &[u8]) -> Result<Ask, DecodeError> {
        let number = bytes.try_into().map_err(DecodeError::new)?;
        let number = u64::from_le_bytes(number);
        if number % 10 == UNDECODABLE {
            return Err(DecodeError::new("1"));
        }
        Ok(Ask(number))
    }
}

impl Codec<Number> for Fussy {
    const ID: u8 = 131;

    fn encoded_len(_: &Number) -> usize {
        8
    }

    fn encode(Number(number): &Number, out: &mut bytes::BytesMut) -> Result<(), EncodeError> {
        out.extend_from_slice(&number.to_le_bytes());
        match number % 10 {
            UNENCODABLE => Err(EncodeError::new("6")),
            ENCODES_WRONG => {
                out.extend_from_slice(b"more");
                Ok(())
            }
            PANICS_ENCODED => panic!("as asked"),
            _ => Ok(()),
        }
    }

    fn decode(bytes: &[u8]) -> Result<Number, DecodeError> {
        let number = bytes.try_into().map_err(DecodeError::new)?;
        Ok(Number(u64::from_le_bytes(number)))
    }
}

#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<u64>>>);

async fn moody(Ask(number): Ask, State(Seen(seen)): State<Seen>) -> crate::Result<Number> {
    seen.lock().unwrap().push(number);
    match number % 10 {
        PANICS => panic!("as asked"),
        WAITS => tokio::time::sleep(Duration::from_millis(1)).await,
        FAILS => Err(std::io::Error::other("as asked"))?,
        _ => {}
    }
    Ok(Number(number))
}

async fn two(seen: &Seen) -> (MemoryNetwork, Bus, Bus) {
    let net = MemoryNetwork::seeded(1);
    let b = Bus::builder("B.0").state(seen.clone()).handle(moody);
    let [a, b] = start(&net, [("A.0", Bus::builder("A.0")), ("B.0", b)])
        .await
        .try_into()
        .unwrap();
    (net, a, b)
}

fn is_expected(number: u64, end: &Result<Number, SendError>) -> bool {
    match number % 10 {
        UNDECODABLE => matches!(end, Err(SendError::Undecodable { .. })),
        PANICS | PANICS_ENCODED => matches!(end, Err(SendError::Panicked)),
        FAILS | UNENCODABLE | ENCODES_WRONG => matches!(end, Err(SendError::Failed { .. })),
        _ => *end == Ok(Number(number)),
    }
}

#[tokio::test(start_paused = true)]
async fn each_command_of_a_run_hears_its_own_end_whatever_becomes_of_the_others() {
    let seen = Seen::default();
    let (_net, a, _b) = two(&seen).await;
    let numbers = || (0..1_000).filter(|number| *number != 13);
    let mut sends = tokio::task::JoinSet::new();
    for number in numbers() {
        let a = a.clone();
        sends.spawn(async move { (number, a.send(Ask(number)).await) });
    }
    while let Some(sent) = sends.join_next().await {
        let (number, end) = sent.unwrap();
        assert!(is_expected(number, &end), "{number}: {end:?}");
    }
    let handled = seen.0.lock().unwrap().clone();
    let decodable = numbers().filter(|number| number % 10 != UNDECODABLE);
    assert_eq!(handled, decodable.collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_command_that_cannot_be_encoded_leaves_nothing_in_its_lane() {
    let seen = Seen::default();
    let (_net, a, _b) = two(&seen).await;
    for number in [2, 13, 9] {
        let end = a.send(Ask(number)).await;
        let encodable = number != 13;
        assert_eq!(end.is_ok(), encodable, "{number}: {end:?}");
        if let Err(error) = end {
            assert!(matches!(error, SendError::Unencodable { .. }), "{error:?}");
        }
    }
    assert_eq!(*seen.0.lock().unwrap(), [2, 9]);
}

/// Asks for the header `mark` of the command, if it has one.
#[derive(Clone, PartialEq, ::prost::Message, Command)]
#[quibus(namespace = "Test", reply = String)]
struct Mark {
    #[prost(uint64, tag = "1")]
    number: u64,
}

/// The header, the length of the body that came with it, and the number.
async fn mark(command: Mark, headers: Headers, body: Body) -> crate::Result<String> {
    let body = body.collect(64).await?.len();
    Ok(format!(
        "{:?} {body} {}",
        headers.get("mark"),
        command.number
    ))
}

#[tokio::test(start_paused = true)]
async fn of_a_run_each_command_has_its_own_headers_and_body_and_no_other_s() {
    let net = MemoryNetwork::seeded(1);
    let b = Bus::builder("B.0").handle(mark);
    let buses = start(&net, [("A.0", Bus::builder("A.0")), ("B.0", b)]).await;
    let mut sends = tokio::task::JoinSet::new();
    for number in 0..200 {
        let send = buses[0].send(Mark { number });
        let send = match number % 4 {
            1 => send.header("mark", number.to_string()),
            2 => send.body("four"),
            3 => send.header("mark", number.to_string()).body("more"),
            _ => send,
        };
        sends.spawn(async move { (number, send.await) });
    }
    while let Some(sent) = sends.join_next().await {
        let (number, reply) = sent.unwrap();
        let text = number.to_string();
        let header = (number % 2 == 1).then_some(text.as_str());
        let body = if number % 4 >= 2 { 4 } else { 0 };
        assert_eq!(reply, Ok(format!("{header:?} {body} {number}")));
    }
}

/// A handler that never ends, two lanes of commands, and timeouts in no order.
#[derive(Clone, PartialEq, ::prost::Message, Command)]
#[quibus(namespace = "Test")]
struct Hang {}

#[derive(Clone, PartialEq, ::prost::Message, Command)]
#[quibus(namespace = "Test", lane = "other")]
struct HangElsewhere {}

#[tokio::test(start_paused = true)]
async fn every_send_ends_at_its_own_deadline_whatever_other_sends_came_before_it() {
    let net = MemoryNetwork::seeded(1);
    let b = Bus::builder("B.0")
        .handle(async |_: Hang| std::future::pending::<()>().await)
        .handle(async |_: HangElsewhere| std::future::pending::<()>().await);
    let buses = start(&net, [("A.0", Bus::builder("A.0")), ("B.0", b)]).await;
    let begin = tokio::time::Instant::now();
    let mut sends = tokio::task::JoinSet::new();
    // Seconds until it is sent, and until it ends from then on: shorter ones after longer ones, after
    // the lane was looked at, and once it has long been empty.
    let times = [
        (0, 30),
        (0, 5),
        (1, 1),
        (6, 60),
        (7, 2),
        (80, 10),
        (81, 3),
        (200, 1),
    ];
    for (at, (after, timeout)) in times.into_iter().enumerate() {
        let a = buses[0].clone();
        let timeout = Duration::from_secs(timeout);
        let due = begin + Duration::from_secs(after) + timeout;
        sends.spawn(async move {
            tokio::time::sleep_until(due - timeout).await;
            let sent = match at % 2 {
                0 => a.send(Hang {}).timeout(timeout).await,
                _ => a.send(HangElsewhere {}).timeout(timeout).await,
            };
            (at, due, sent)
        });
    }
    while let Some(sent) = sends.join_next().await {
        let (at, due, sent) = sent.unwrap();
        assert!(
            matches!(sent, Err(SendError::TimedOut { .. })),
            "{at}: {sent:?}"
        );
        let late = tokio::time::Instant::now().saturating_duration_since(due);
        assert!(late <= Duration::from_millis(2), "{at}: {late:?} too late");
    }
}

//! What happens before registration (R10): a seed is dialled by address, and requests are answered
//! in an unsequenced lane of a link that has no session yet.

use std::sync::Arc;

use bytes::{BufMut, Bytes, BytesMut};
use tokio::time::Instant;

use super::byte_queue::{ByteQueue, ByteSource};
use super::deliver::Request;
use super::frame_reader::FrameReader;
use super::link_task::{self, Greeted, check_claim};
use super::links::LinkHandle;
use super::peer::Peer;
use super::registry::{Peers, Shared};
use crate::directory::contract::{GetType, ListTypes, Look, Register};
use crate::id::{IdTail, Identity, Incarnation, PeerId};
use crate::message::Message;
use crate::session::{Control, Hello, MAX_FRAME, MAX_TYPE_NAME, VERSION, kind};
use crate::transport::{CloseReason, DialError, Expected, Priority};
use crate::wire::{Reader, WireError, put_str, put_varint};

/// A link to a directory server that does not know us yet.
pub(crate) struct Bootstrap {
    peers: Arc<Peers>,
    handle: LinkHandle,
    control: FrameReader,
    requests: Arc<ByteQueue>,
    responses: Option<FrameReader>,
    next_request: u64,
    directory: PeerId,
}

/// Why a directory server could not be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BootstrapError {
    #[error(transparent)]
    Dial(#[from] DialError),
    #[error("{address} closed the link: {reason}")]
    Ended { address: String, reason: String },
    #[error("{address} does not speak this protocol: {reason}")]
    Protocol { address: String, reason: String },
}

impl Bootstrap {
    /// Dials a seed, which has to show a directory's identity, and exchanges Hellos with it.
    pub(crate) async fn dial(peers: Arc<Peers>, address: &str) -> Result<Self, BootstrapError> {
        let shared = peers.shared().clone();
        let link = shared.dial(address, &Expected::Directory).await?;
        let handle = link_task::open_control(&link);
        let hello = unregistered_hello(&shared);
        handle.send(Control::Hello(Box::new(hello)).encode());
        let requests = ByteQueue::new(2 * MAX_FRAME);
        link.open(
            Priority::INFRASTRUCTURE,
            Box::new(ByteSource(requests.clone())),
        );
        let ended = |reason: String| BootstrapError::Ended {
            address: address.into(),
            reason,
        };
        let Some((control, answer)) = link_task::read_hello(&shared, &link).await else {
            let end = tokio::time::timeout(shared.timings.hello, link.closed());
            let reason = end
                .await
                .map_or_else(|_| "no Hello came".into(), |end| end.to_string());
            return Err(ended(reason));
        };
        let directory = answer.peer;
        Ok(Self {
            peers,
            handle,
            control,
            requests,
            responses: None,
            next_request: 1,
            directory,
        })
    }

    /// Asks; the answer is an outcome's status byte and rest.
    pub(crate) async fn request(
        &mut self,
        type_name: &str,
        payload: &[u8],
    ) -> Result<Bytes, BootstrapError> {
        let number = self.next_request;
        self.next_request += 1;
        let body = write_request(number, type_name, payload);
        if self.requests.push(framed(&body)).is_err() {
            return Err(self.protocol("the request is too large"));
        }
        loop {
            let frame = self.next_response().await?;
            match read_response(&frame) {
                Ok((at, outcome)) if at == number => return Ok(frame.slice_ref(outcome)),
                Ok(_) => {}
                Err(error) => return Err(self.protocol(&error.to_string())),
            }
        }
    }

    /// R10: registered now. The second Hello, with a new dial number, makes this link one like any
    /// other.
    pub(crate) fn join(self) -> Option<Arc<Peer>> {
        let (peer, id) = self.peers.link_server(&self.directory, &self.handle)?;
        let dial = self.peers.shared().numbers.next_dial();
        let ours = Instant::now();
        let hello = peer.session().dialled(id, dial, ours);
        peer.set_address(&self.handle.link.remote().address);
        self.handle.send(Control::Hello(Box::new(hello)).encode());
        tokio::spawn(run_joined(peer.clone(), self, id, ours));
        Some(peer)
    }

    /// Gives the link up.
    pub(crate) fn close(&self) {
        self.handle.link.close(CloseReason::Done);
    }

    async fn next_response(&mut self) -> Result<Bytes, BootstrapError> {
        if self.responses.is_none() {
            let lane = self.handle.link.accept().await;
            let lane = lane.map_err(|end| self.ended(end.to_string()))?;
            self.responses = Some(FrameReader::new(lane));
        }
        let responses = self.responses.as_mut();
        let frame = match responses {
            Some(responses) => responses.next().await,
            None => return Err(self.protocol("no lane")),
        };
        frame.map_err(|end| match end {
            super::frame_reader::NoFrame::Ended(end) => self.ended(end.to_string()),
            super::frame_reader::NoFrame::Violation(error) => self.protocol(&error.to_string()),
        })
    }

    fn ended(&self, reason: String) -> BootstrapError {
        BootstrapError::Ended {
            address: self.handle.link.remote().address.clone(),
            reason,
        }
    }

    fn protocol(&self, reason: &str) -> BootstrapError {
        let address = self.handle.link.remote().address.clone();
        BootstrapError::Protocol {
            address,
            reason: reason.into(),
        }
    }
}

async fn run_joined(
    peer: Arc<Peer>,
    bootstrap: Bootstrap,
    id: crate::session::LinkId,
    ours: Instant,
) {
    let Bootstrap {
        handle,
        mut control,
        requests,
        ..
    } = bootstrap;
    let link = handle.link.clone();
    let served = async {
        let answer = tokio::time::timeout(peer.shared.timings.hello, control.next()).await;
        let answer = answer.ok().and_then(Result::ok);
        let answer = answer.and_then(|frame| Control::decode(&frame).ok());
        if let Some(Control::Hello(hello)) = answer
            && check_claim(&handle.link, &hello)
        {
            let greeted = Greeted {
                id,
                handle,
                control,
                ours,
            };
            let (met, _) = tokio::sync::oneshot::channel();
            link_task::serve(peer.clone(), greeted, &hello, Some(met)).await;
        }
        requests.end();
    };
    link_task::end_after(served, &peer, &link, id).await;
}

/// Answers the requests of a process that is not registered, until it says Hello again.
pub(super) async fn serve(
    shared: &Arc<Shared>,
    handle: LinkHandle,
    mut control: FrameReader,
    hello: Hello,
) -> Option<(FrameReader, Hello)> {
    let answer = Hello {
        dial: hello.dial,
        ..unregistered_hello(shared)
    };
    handle.send(Control::Hello(Box::new(answer)).encode());
    let responses = ByteQueue::new(2 * MAX_FRAME);
    handle.link.open(
        Priority::INFRASTRUCTURE,
        Box::new(ByteSource(responses.clone())),
    );
    let mut requests = FrameReader::new(handle.link.accept().await.ok()?);
    let remote = handle.link.remote().clone();
    let second = loop {
        tokio::select! {
            biased;
            frame = control.next() => break frame.ok()?,
            frame = requests.next() => {
                let frame = frame.ok()?;
                let (number, type_name, payload) = read_request(&frame).ok()?;
                if !may_ask(&remote.identity, type_name) {
                    return None;
                }
                let answer = shared.deliver.answer(Request {
                    peer: hello.peer.clone(),
                    remote: remote.clone(),
                    type_name: type_name.into(),
                    payload: frame.slice_ref(payload),
                });
                let body = write_response(number, &answer.await);
                responses.push(framed(&body)).ok()?;
            }
            _ = handle.link.closed() => return None,
        }
    };
    match Control::decode(&second) {
        Ok(Control::Hello(second)) if second.peer == hello.peer => {
            check_claim(&handle.link, &second).then_some((control, *second))
        }
        _ => None,
    }
}

/// Whoever has no incarnation may ask for one, or, if that is its role, look; nothing else.
fn may_ask(identity: &Identity, type_name: &str) -> bool {
    const LOOKING: [&str; 3] = [Look::NAME, ListTypes::NAME, GetType::NAME];
    let looks = identity.watcher().is_some() && LOOKING.contains(&type_name);
    looks || type_name == Register::NAME
}

/// A Hello outside of any session.
fn unregistered_hello(shared: &Shared) -> Hello {
    let own = shared.own();
    Hello {
        version: VERSION,
        environment: own.environment,
        peer: own.peer,
        incarnation: if shared.is_directory {
            own.incarnation
        } else {
            Incarnation::NONE
        },
        dial: shared.numbers.next_dial(),
        ended: 0,
        mine: 0,
        yours: None,
        tail: IdTail::of_this_process(),
        positions: Vec::new(),
    }
}

fn framed(body: &[u8]) -> Bytes {
    let mut frame = BytesMut::with_capacity(body.len() + 5);
    put_varint(&mut frame, body.len() as u64);
    frame.put_slice(body);
    frame.freeze()
}

pub(crate) fn write_request(number: u64, type_name: &str, payload: &[u8]) -> BytesMut {
    let mut body = BytesMut::with_capacity(payload.len() + 64);
    body.put_u8(kind::REQUEST);
    put_varint(&mut body, number);
    put_str(&mut body, type_name);
    body.put_slice(payload);
    body
}

pub(crate) fn read_request(frame: &[u8]) -> Result<(u64, &str, &[u8]), WireError> {
    let mut body = Reader::new(frame);
    expect(&mut body, kind::REQUEST)?;
    let number = body.varint("request")?;
    let type_name = body.text("type name", MAX_TYPE_NAME)?;
    Ok((number, type_name, body.rest()))
}

pub(crate) fn write_response(number: u64, outcome: &[u8]) -> BytesMut {
    let mut body = BytesMut::with_capacity(outcome.len() + 11);
    body.put_u8(kind::RESPONSE);
    put_varint(&mut body, number);
    body.put_slice(outcome);
    body
}

pub(crate) fn read_response(frame: &[u8]) -> Result<(u64, &[u8]), WireError> {
    let mut body = Reader::new(frame);
    expect(&mut body, kind::RESPONSE)?;
    Ok((body.varint("request")?, body.rest()))
}

fn expect(body: &mut Reader<'_>, kind: u8) -> Result<(), WireError> {
    match body.byte("kind")? {
        at if at == kind => Ok(()),
        other => Err(WireError::Meaningless {
            what: "kind",
            value: other.into(),
        }),
    }
}

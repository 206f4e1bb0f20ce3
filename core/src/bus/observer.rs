//! Watching who is there without being there.

use std::fmt;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::observe_error::ObserveError;
use super::start_error::DirectoryFailure;
use crate::directory::contract::{GetType, KnownType, Look, RequestError, TypesAssembly};
use crate::directory::{Gap, PeerView, SnapshotAssembly};
use crate::dispatch::Verdict;
use crate::id::{Identity, Incarnation};
use crate::message::schema::{TypeDescription, TypeHash};
use crate::message::{Codec, Command, HandlerError, WireError};
use crate::peers::{Afterwards, Bootstrap, Deliver, Patience, Peer, Peers, Request, Timings};
use crate::session::{LaneId, MemoryBudget, Own, Run};
use crate::transport::{BoxFuture, Transport};

/// Nobody dials an observer: its address stands nowhere.
const ARRIVALS: usize = 1;

/// What an operator or an administrator sees: the directory's own view of all peers, brought up
/// to date with each [`look`](Self::look).
///
/// An observer is nobody: it has no incarnation, is in no replica, and nothing is ever sent to it.
/// Each look is a link of its own that ends with it, so an observer that looks once a minute costs
/// the directory nothing in between.
pub struct Observer {
    peers: Arc<Peers>,
    directories: Vec<String>,
    view: PeerView,
    /// Nothing was seen yet: revision 0 may be a state, too.
    blind: bool,
    teller: Option<Teller>,
}

/// The directory server that was last looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Teller {
    /// The address by which it was found.
    pub address: String,
    /// Its version; for people, to be escaped.
    pub version: String,
    /// Its clock when it answered, in milliseconds since 1970.
    pub clock_ms: u64,
    /// How long it took to answer: as long as that ago, at most, it read its clock.
    pub took: Duration,
}

impl Observer {
    /// Prepares to look at the directory at one of these addresses, as `identity`, which is what
    /// the transport's certificate proves.
    ///
    /// # Errors
    /// If that identity takes part in the bus instead of watching it, or the transport can't be
    /// bound.
    pub async fn new(
        transport: Arc<dyn Transport>,
        identity: &Identity,
        directories: Vec<String>,
    ) -> Result<Self, ObserveError> {
        let name = identity.watcher().ok_or_else(|| ObserveError::TakesPart {
            identity: identity.to_string(),
        })?;
        let (arrivals, arriving) = mpsc::channel(ARRIVALS);
        let bound = transport.bind(&name, arrivals).await?;
        let own = Own {
            peer: name,
            environment: bound.environment,
            incarnation: Incarnation::NONE,
        };
        let timings = Timings::default();
        let peers = Peers::start(
            own,
            false,
            timings,
            MemoryBudget::default(),
            transport,
            Arc::new(Deaf),
            arriving,
        );
        Ok(Self {
            peers,
            directories,
            view: PeerView::default(),
            blind: true,
            teller: None,
        })
    }

    /// What was seen last.
    pub fn view(&self) -> &PeerView {
        &self.view
    }

    /// Who answered last.
    pub fn teller(&self) -> Option<&Teller> {
        self.teller.as_ref()
    }

    /// Brings the view up to date; whether that changed anything. Each address is tried in turn,
    /// once.
    ///
    /// # Errors
    /// If none of them has answered `within` that time. What was seen before stays.
    pub async fn look(&mut self, within: Duration) -> Result<bool, ObserveError> {
        let before = (self.blind, self.view.revision());
        let looked = self.try_each(within, |this, address| Box::pin(this.look_at(address)));
        looked.await?;
        Ok(before != (self.blind, self.view.revision()))
    }

    /// The types that peers have described to the directory, in the order of their names.
    ///
    /// # Errors
    /// As [`look`](Self::look).
    pub async fn list_types(&mut self, within: Duration) -> Result<Vec<KnownType>, ObserveError> {
        self.try_each(within, |this, address| Box::pin(this.types_at(address)))
            .await
    }

    /// The description of a type, by its hash; `None` if nobody knows the type any more.
    ///
    /// # Errors
    /// As [`look`](Self::look).
    pub async fn get_type(
        &mut self,
        hash: TypeHash,
        within: Duration,
    ) -> Result<Option<TypeDescription>, ObserveError> {
        self.try_each(within, move |this, address| {
            Box::pin(this.type_at(hash, address))
        })
        .await
    }

    /// Tries each address in turn, once.
    async fn try_each<T>(
        &mut self,
        within: Duration,
        attempt: impl for<'a> Fn(&'a mut Self, String) -> BoxFuture<'a, Result<T, Unseen>>,
    ) -> Result<T, ObserveError> {
        let end = Patience::from(within).deadline();
        let mut failures = Vec::new();
        let addresses = self.directories.clone();
        let mut left = addresses.len() as u32;
        for address in addresses {
            let share = end.saturating_duration_since(Instant::now()) / left;
            left -= 1;
            let reason = match tokio::time::timeout(share, attempt(self, address.clone())).await {
                Ok(Ok(seen)) => return Ok(seen),
                Ok(Err(Unseen::Refused(reason))) => {
                    return Err(ObserveError::Refused { address, reason });
                }
                Ok(Err(Unseen::Here(reason))) => reason,
                Err(_) => "no answer; check the address, that a directory runs there, and that no \
                           firewall holds UDP back"
                    .into(),
            };
            failures.push(DirectoryFailure { address, reason });
        }
        Err(ObserveError::NoDirectory {
            within_ms: within.as_millis() as u64,
            failures,
        })
    }

    /// Frees the transport.
    pub async fn close(self) {
        self.peers.close();
        self.peers.shared().transport.close().await;
    }

    async fn look_at(&mut self, address: String) -> Result<(), Unseen> {
        let mut link = self.dial(&address).await?;
        let looked = self.look_through(&mut link, &address).await;
        link.close();
        looked
    }

    async fn types_at(&self, address: String) -> Result<Vec<KnownType>, Unseen> {
        let mut link = self.dial(&address).await?;
        let listed = list_through(&mut link).await;
        link.close();
        listed
    }

    async fn type_at(
        &self,
        hash: TypeHash,
        address: String,
    ) -> Result<Option<TypeDescription>, Unseen> {
        let mut link = self.dial(&address).await?;
        let got = ask(&mut link, &GetType::new(hash)).await;
        link.close();
        got?.read(hash).map_err(unreadable)
    }

    async fn dial(&self, address: &str) -> Result<Bootstrap, Unseen> {
        let dialled = Bootstrap::dial(self.peers.clone(), address).await;
        dialled.map_err(|error| Unseen::Here(error.to_string()))
    }

    async fn look_through(&mut self, link: &mut Bootstrap, address: &str) -> Result<(), Unseen> {
        let mut assembly = SnapshotAssembly::default();
        let mut held = (!self.blind).then(|| self.view.revision());
        let mut look = Look::after(held);
        loop {
            let asked = Instant::now();
            let seen = ask(link, &look).await?;
            self.teller = Some(Teller {
                address: address.to_owned(),
                version: seen.version().to_owned(),
                clock_ms: seen.clock_ms(),
                took: asked.elapsed(),
            });
            if let Some(part) = seen.as_part() {
                look = Look::following(part);
                let whole = assembly.add(part).map_err(unreadable)?;
                if let Some(snapshot) = whole {
                    self.view.apply_snapshot(snapshot);
                    self.view.forget_carried_over();
                    self.blind = false;
                    return Ok(());
                }
                continue;
            }
            let Some(changes) = seen.as_changes() else {
                return Ok(());
            };
            for change in changes.read() {
                match self.view.apply(&change.map_err(unreadable)?) {
                    Ok(_) => held = Some(self.view.revision()),
                    Err(Gap::Missing { held: at }) => held = Some(at),
                    Err(Gap::Foreign { .. }) => held = None,
                }
            }
            look = Look::after(held);
        }
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observer")
            .field("directories", &self.directories)
            .field("revision", &self.view.revision())
            .finish_non_exhaustive()
    }
}

/// Why one address has shown nothing.
enum Unseen {
    /// Another may.
    Here(String),
    /// None will.
    Refused(String),
}

async fn list_through(link: &mut Bootstrap) -> Result<Vec<KnownType>, Unseen> {
    let mut assembly = TypesAssembly::default();
    loop {
        let listed = ask(link, &assembly.next()).await?;
        if let Some(types) = assembly.add(&listed).map_err(unreadable)? {
            return Ok(types);
        }
    }
}

async fn ask<C>(link: &mut Bootstrap, question: &C) -> Result<C::Reply, Unseen>
where
    C: Command<Error = RequestError>,
{
    let here = Unseen::Here;
    let request = super::publishing::encode(question).map_err(here)?;
    let answer = link.request(C::NAME, &request).await;
    let answer = answer.map_err(|error| here(error.to_string()))?;
    match Verdict::decode(&answer) {
        Ok(Verdict::Reply(reply)) => C::Codec::decode(&reply).map_err(unreadable),
        Ok(Verdict::Rejected(error)) => Err(refusal(&error)),
        Ok(verdict) => Err(here(format!("it answered {verdict:?}"))),
        Err(error) => Err(unreadable(error)),
    }
}

fn refusal(error: &WireError) -> Unseen {
    match RequestError::from_wire(error) {
        Some(refused @ RequestError::NotAllowed(_)) => Unseen::Refused(refused.to_string()),
        _ => Unseen::Here(error.text.clone()),
    }
}

fn unreadable(error: impl fmt::Display) -> Unseen {
    Unseen::Here(format!("what it says makes no sense: {error}"))
}

/// Takes nothing: nobody has a session with an observer.
#[derive(Debug)]
struct Deaf;

impl Deliver for Deaf {
    fn wake_senders(&self, senders: Vec<Waker>) {
        senders.into_iter().for_each(Waker::wake);
    }

    fn deliver(&self, _: &Arc<Peer>, _: LaneId, _: &Run, _: &mut Afterwards) -> usize {
        0
    }

    fn answer(&self, _: Request) -> BoxFuture<'static, Bytes> {
        Box::pin(std::future::ready(Verdict::Unhandled.encode()))
    }
}

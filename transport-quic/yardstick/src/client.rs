//! The process that sends, and takes the time.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Child;
use std::sync::Arc;
use std::time::{Duration, Instant};

use quibus::bus::Bus;
use quibus::id::PeerId;
use quibus_quic::raw::{Bounds, RawEndpoint, RawLink, send_encoded, send_one_way};
use quibus_quic::{Provider, Quic};

use crate::cell::{Cell, FAN, Handshake, Kind};
use crate::handshakes::Handshakes;
use crate::messages::{AskUsage, Count, Echo, ForAll, ForOne, body_of, encoded_event};
use crate::report::Report;
use crate::sample::{Reading, Sample};
use crate::server::{FIRST, OTHERS};
use crate::server_program::ServerProgram;
use crate::settings::{Layout, Settings, Side};
use crate::users::Users;
use crate::{Outcome, identity, usage};

/// Most messages of one run, whatever the time.
const MOST: u64 = 50_000_000;
/// Times kept for a median.
const MOST_TIMES: usize = 1_000_000;
/// Messages between two looks at the clock: one costs as much as encoding a message.
const LOOK: u64 = 256;
/// The same of one task among many.
const LOOK_OF_ONE: u64 = 16;
/// A run before the first that counts: QUIC finds its packet size and its window.
pub(crate) const WARMING: Duration = Duration::from_millis(300);

/// Measures all cells, with `server` as the process that receives. `allocations` counts those of
/// this process, if anything does.
///
/// # Errors
/// If either process cannot be started, a link breaks, or a message is lost.
pub async fn measure(
    settings: &Settings,
    server: &ServerProgram,
    allocations: fn() -> Option<u64>,
) -> Outcome<Report> {
    let folder = tempfile::tempdir()?;
    identity::issue(folder.path())?;
    let (provider, layout) = (Provider::best(), settings.layout);
    let client = Client::start(folder.path(), provider, layout, server, allocations).await?;
    let client = Client {
        reads: settings.decode,
        ..client
    };
    let mut report = Report::default();
    for cell in &settings.cells {
        let sides = match settings.only {
            Some(only) => vec![only],
            None => vec![Side::Raw, Side::Bus],
        };
        for side in &sides {
            client
                .measure(*cell, *side, WARMING.min(settings.time))
                .await?;
        }
        for run in 0..settings.runs {
            for at in 0..sides.len() {
                // Who is first changes: the second finds the caches and the clock rate of the first.
                let side = sides[(at + run) % sides.len()];
                report.add(
                    *cell,
                    side,
                    client.measure(*cell, side, settings.time).await?,
                );
            }
        }
    }
    let reading = client.reading(&client.transport.traffic()).await?;
    report.peak_memory = [reading.client.peak_memory, reading.server.peak_memory];
    Ok(report)
}

/// A sending process's bus and endpoints, with the process that receives.
pub(crate) struct Client {
    /// Ends with this process: its standard input is closed then.
    _server: Child,
    publisher: Publisher,
    users: Users,
    transport: Arc<Quic>,
    raw: RawEndpoint,
    links: Vec<RawLink>,
    /// The server's first endpoint.
    first: SocketAddr,
    handshakes: Handshakes,
    allocations: fn() -> Option<u64>,
    /// Whether raw receivers read the events that they get.
    reads: bool,
}

/// Who uses the bus, on whatever thread.
#[derive(Clone)]
struct Publisher {
    bus: Bus,
    receivers: Vec<PeerId>,
}

impl Client {
    pub(crate) async fn start(
        folder: &Path,
        provider: Provider,
        layout: Layout,
        server: &ServerProgram,
        allocations: fn() -> Option<u64>,
    ) -> Outcome<Self> {
        usage::watch_this_thread();
        let users = Users::new(layout)?;
        let started = identity::start(0, folder, provider, |builder| match users.handle() {
            Some(runtime) => builder.handlers_on(runtime.clone()),
            None => builder,
        });
        let (bus, transport, address) = started.await?;
        let (server, addresses) = server.start(folder, address, provider, layout)?;
        let Some((raw_addresses, [p256, post_quantum, bus_addresses @ ..])) =
            addresses.split_at_checked(FAN)
        else {
            return Err("the server has too few addresses".into());
        };
        let raw = RawEndpoint::bind(&identity::config(0, folder, provider)?).await?;
        let handshakes = Handshakes::start(folder, provider, *p256, *post_quantum).await?;
        let (mut links, mut receivers) = (Vec::new(), Vec::new());
        for (number, address) in (1..).zip(raw_addresses) {
            links.push(raw.connect(*address, &identity::peer(number)?).await?);
            receivers.push(identity::peer(number)?);
        }
        let others: Vec<_> = (1..)
            .zip(bus_addresses)
            .map(|(number, address)| (number, *address, if number == 1 { FIRST } else { OTHERS }))
            .collect();
        identity::tell(&bus, &others)?;
        Ok(Self {
            _server: server,
            publisher: Publisher { bus, receivers },
            users,
            transport,
            raw,
            links,
            first: *raw_addresses.first().ok_or("the server has no endpoint")?,
            handshakes,
            allocations,
            reads: false,
        })
    }

    /// Whether its provider makes handshakes of this kind.
    pub(crate) fn makes(&self, kind: Handshake) -> bool {
        self.handshakes.has(kind)
    }

    pub(crate) async fn measure(&self, cell: Cell, side: Side, time: Duration) -> Outcome<Sample> {
        let traffic = || match side {
            Side::Raw => self.raw.traffic(),
            Side::Bus => self.transport.traffic(),
        };
        let before = self.reading(&Default::default()).await?;
        let before = Reading {
            traffic: traffic(),
            ..before
        };
        let bounds = Bounds::new(time, MOST);
        let begun = Instant::now();
        let (messages, median) = match side {
            Side::Raw => self.run_raw(cell, bounds).await?,
            Side::Bus => {
                let publisher = self.publisher.clone();
                let run = async move || publisher.run(cell, bounds).await;
                self.users.run(run).await?
            }
        };
        let took = begun.elapsed();
        let after = self.reading(&traffic()).await?;
        Ok(Sample::new(messages, took, median, &before, &after))
    }

    async fn reading(&self, traffic: &quibus_quic::Traffic) -> Outcome<Reading> {
        let client = usage::of_this_process(self.allocations);
        Ok(Reading {
            client,
            server: self.publisher.bus.send(AskUsage {}).await?,
            traffic: *traffic,
        })
    }

    async fn run_raw(&self, cell: Cell, bounds: Bounds) -> Outcome<(u64, Option<Duration>)> {
        let Some(link) = self.links.first() else {
            return Err("there is no raw link".into());
        };
        let messages = match cell.kind {
            Kind::Latency => {
                let payload = vec![7; cell.len].into();
                return times(bounds, async || Ok(link.request(&payload).await?)).await;
            }
            Kind::RoundTrips(in_flight) => link.echo(in_flight, cell.len, bounds).await?,
            Kind::OneWay => {
                self.send_raw(std::slice::from_ref(link), cell, bounds)
                    .await?
            }
            Kind::FanOut => self.send_raw(&self.links, cell, bounds).await?,
            Kind::Handshakes(handshake) => {
                let usual = (&self.raw, self.first);
                self.handshakes.run(handshake, usual, bounds).await?
            }
        };
        Ok((messages, None))
    }

    async fn send_raw(&self, links: &[RawLink], cell: Cell, bounds: Bounds) -> Outcome<u64> {
        Ok(match self.reads {
            true => send_encoded(links, &encoded_event(cell.len), bounds).await?,
            false => send_one_way(links, cell.len, bounds).await?,
        })
    }
}

impl Publisher {
    async fn run(&self, cell: Cell, bounds: Bounds) -> Outcome<(u64, Option<Duration>)> {
        let (bus, body, number) = (&self.bus, body_of(cell.len), 7);
        let echo = Echo {
            number,
            body: body.clone(),
        };
        let messages = match cell.kind {
            Kind::Latency => {
                let send = async || {
                    bus.send(echo.clone()).await?;
                    Ok(())
                };
                return times(bounds, send).await;
            }
            Kind::RoundTrips(in_flight) => round_trips(bus, in_flight, echo, bounds).await?,
            Kind::OneWay => {
                let event = ForOne { number, body };
                let publish = async || Ok(bus.publish(event.clone()).await?.queued);
                self.events(1, bounds, publish).await?
            }
            Kind::FanOut => {
                let event = ForAll { number, body };
                let publish = async || Ok(bus.publish(event.clone()).await?.queued);
                self.events(FAN, bounds, publish).await?
            }
            Kind::Handshakes(_) => return Err("a bus keeps its links".into()),
        };
        Ok((messages, None))
    }

    /// Publishes until `bounds` end it; then each receiver says how many events it has handled.
    async fn events(
        &self,
        receivers: usize,
        bounds: Bounds,
        publish: impl AsyncFn() -> Outcome<usize>,
    ) -> Outcome<u64> {
        let mut published = 0;
        while bounds.allow(published) {
            for _ in 0..LOOK {
                let queued = publish().await?;
                if queued != receivers {
                    return Err(format!("{queued} of {receivers} receivers took an event").into());
                }
            }
            published += LOOK;
        }
        let mut handled = 0;
        for receiver in self.receivers.iter().take(receivers) {
            let counted = self.bus.send(Count {}).to(receiver).await?;
            if counted != published {
                let text = format!("{receiver} has handled {counted} of {published} events");
                return Err(text.into());
            }
            handled += counted;
        }
        Ok(handled)
    }
}

/// One call after the other, each timed by a single look at the clock.
async fn times(
    bounds: Bounds,
    mut call: impl AsyncFnMut() -> Outcome<()>,
) -> Outcome<(u64, Option<Duration>)> {
    let mut times = Vec::with_capacity(MOST_TIMES);
    let mut last = Instant::now();
    while times.len() < MOST_TIMES {
        call().await?;
        let now = Instant::now();
        times.push(now - last);
        last = now;
        if bounds.is_over(now) {
            break;
        }
    }
    times.sort_unstable();
    Ok((times.len() as u64, times.get(times.len() / 2).copied()))
}

/// So many tasks, each sending one command after the other.
async fn round_trips(bus: &Bus, in_flight: u64, echo: Echo, bounds: Bounds) -> Outcome<u64> {
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..in_flight {
        let (bus, echo) = (bus.clone(), echo.clone());
        tasks.spawn(async move {
            let mut done = 0;
            while bounds.allow(done * in_flight) {
                for _ in 0..LOOK_OF_ONE {
                    bus.send(echo.clone()).await?;
                    done += 1;
                }
            }
            Outcome::Ok(done)
        });
    }
    let mut done = 0;
    while let Some(task) = tasks.join_next().await {
        done += task??;
    }
    Ok(done)
}

//! All who take part.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use quibus::prelude::*;
use quibus_examples::weather::{
    Archive, ArchiveError, MonthFigures, MonthSummary, TemperatureMeasured,
};

use super::arrivals::Arrivals;
use super::loopback::{Loopback, started};
use super::observer::Observer;
use super::plan::{Plan, StationPlan};
use super::selection::Selection;
use super::subscriber::Subscriber;
use crate::complaint::Complaint;

/// How long each bus may take to say goodbye.
const STOP: Duration = Duration::from_secs(15);
/// What may be done when buses that talk within one process fail at it.
const HELP: &str = "this should not happen: run it again with RUST_LOG=debug to see what goes on";

/// All who take part, each a peer of its own; the directory stands in the [`Loopback`].
#[derive(Debug)]
pub struct Cast {
    network: Loopback,
    /// A station for each of the plan, in its order.
    pub stations: Vec<Bus>,
    /// Who only listens, and the one who asks the archive, in `ASKER`'s place.
    pub subscribers: Vec<Subscriber>,
    /// Who listens to everything and answers questions.
    pub archive: Subscriber,
}

/// Name, role and selection of each subscriber.
const SUBSCRIBERS: usize = 3;
/// Which subscriber asks the archive.
pub const ASKER: usize = 2;

impl Cast {
    /// What each subscriber wants.
    pub fn selections(plan: &Plan) -> [(&'static str, &'static str, Selection); SUBSCRIBERS] {
        let name = |at: usize| {
            let station = plan.stations.get(at);
            station.map_or_else(String::new, |station| station.name.clone())
        };
        let (one, other) = (Selection::Station(name(0)), Selection::Month(name(1), 7));
        [
            ("Watcher.0", "wants everything", Selection::All),
            ("CityNews.0", "wants one city", one),
            ("July.0", "wants one month, asks", other),
        ]
    }

    /// How many deliveries there will be in all.
    pub fn owed(plan: &Plan) -> u64 {
        let wanted = |selection: &Selection| {
            let wanted = plan.events().filter(|event| selection.wants(event));
            wanted.count() as u64
        };
        let subscribers = Self::selections(plan);
        let subscribers: u64 = subscribers.iter().map(|(.., s)| wanted(s)).sum();
        subscribers + wanted(&Selection::All)
    }

    /// Starts everybody: whoever wants something before those who have it to tell.
    pub async fn start(plan: &Plan, arrivals: &Arc<Arrivals>) -> Result<Self, Complaint> {
        let network = Loopback::start().await?;
        let observer = || Observer::new(plan, arrivals.clone());
        let mut subscribers = Vec::new();
        for (name, role, selection) in Self::selections(plan) {
            let bus = network.bus(name)?;
            subscribers.push(Subscriber::start(name, bus, role, &selection, observer()).await?);
        }
        let name = "Archive.0";
        let archive = Archive::of(plan.stations.iter().map(|station| station.name.clone()));
        // Before the handler that counts: what is counted is archived.
        let bus = network
            .bus(name)?
            .state(Arc::new(Mutex::new(archive)))
            .handle(keep)
            .handle(summarize);
        let role = "keeps everything, answers";
        let archive = Subscriber::start(name, bus, role, &Selection::All, observer()).await?;
        let mut stations = Vec::new();
        for station in &plan.stations {
            let name = format!("{}.0", station.name);
            stations.push(started(&name, network.bus(&name)?).await?);
        }
        Ok(Self {
            network,
            stations,
            subscribers,
            archive,
        })
    }

    /// Lets every station publish its year, all at once; how long each took.
    pub async fn publish(&self, plan: &Plan) -> Result<Vec<Duration>, Complaint> {
        let stations = self.stations.iter().zip(&plan.stations);
        let publishing: Vec<_> = stations
            .map(|(bus, station)| tokio::spawn(publish(bus.clone(), station.clone())))
            .collect();
        let mut took = Vec::new();
        for station in publishing {
            let ended = station.await.map_err(|cause| {
                Complaint::new("a station's task did not end", HELP).because(&cause)
            })?;
            took.push(ended?);
        }
        Ok(took)
    }

    /// Asks the archive about every month of the plan, one after the other.
    pub async fn ask(
        &self,
        plan: &Plan,
    ) -> Result<BTreeMap<(String, u32), MonthFigures>, Complaint> {
        let asker = self.subscribers.get(ASKER).unwrap_or(&self.archive);
        let mut answers = BTreeMap::new();
        for (station, month) in plan.figures().into_keys() {
            let question = MonthSummary {
                station: station.clone(),
                month,
            };
            let answer = asker.bus.send(question).await.map_err(|cause| {
                let tried = format!("cannot ask the archive about {station}, month {month}");
                Complaint::new(tried, HELP).because(&cause)
            })?;
            answers.insert((station, month), answer);
        }
        Ok(answers)
    }

    /// Lets everybody say goodbye, the stations first; after that nothing arrives any more.
    pub async fn stop(self) -> Result<Vec<Subscriber>, Complaint> {
        let mut subscribers = self.subscribers;
        subscribers.push(self.archive);
        let listening = subscribers.iter().map(|subscriber| &subscriber.bus);
        for bus in self.stations.iter().chain(listening) {
            bus.stop(STOP).await.map_err(|cause| {
                Complaint::new(format!("cannot stop {}", bus.peer()), HELP).because(&cause)
            })?;
        }
        let directory = self.network.into_directory();
        directory
            .stop(STOP)
            .await
            .map_err(|cause| Complaint::new("cannot stop the directory", HELP).because(&cause))?;
        Ok(subscribers)
    }
}

async fn publish(bus: Bus, station: StationPlan) -> Result<Duration, Complaint> {
    let begun = Instant::now();
    for event in station.events {
        let number = event.number;
        bus.publish(event).await.map_err(|cause| {
            let tried = format!("cannot publish measurement {number} of {}", station.name);
            Complaint::new(tried, HELP).because(&cause)
        })?;
    }
    Ok(begun.elapsed())
}

type Kept = Arc<Mutex<Archive>>;

async fn keep(event: TemperatureMeasured, State(kept): State<Kept>) -> Result<(), ArchiveError> {
    let mut archive = kept.lock().unwrap_or_else(PoisonError::into_inner);
    archive.record(&event)
}

async fn summarize(
    question: MonthSummary,
    State(kept): State<Kept>,
) -> Result<MonthFigures, ArchiveError> {
    let archive = kept.lock().unwrap_or_else(PoisonError::into_inner);
    archive.summary(&question)
}

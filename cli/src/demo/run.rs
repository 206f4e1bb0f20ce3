//! The demo from its beginning to its report.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::timeout;

use super::arrivals::Arrivals;
use super::cast::{ASKER, Cast};
use super::demo_options::DemoOptions;
use super::demo_report::DemoReport;
use super::peer_line::PeerLine;
use super::plan::Plan;
use super::progress::Progress;
use super::subscriber::{Got, Subscriber};
use super::summary_line::SummaryLine;
use crate::complaint::Complaint;

/// A demo that takes longer hangs: it takes seconds.
const LIMIT: Duration = Duration::from_secs(100);
/// If nothing arrives for so long, nothing will.
const PATIENCE: Duration = Duration::from_secs(15);

/// Runs the demo. That something was lost, doubled or misrouted is in the report; an error is what
/// kept the demo from finding out.
pub async fn run(options: &DemoOptions) -> Result<DemoReport, Complaint> {
    let plan = Plan::of_all_stations().map_err(|cause| {
        Complaint::new("cannot read the measurements", "build the tool again").because(&cause)
    })?;
    let progress = Progress::new(Cast::owed(&plan), options.progress);
    let report = timeout(LIMIT, play(&plan, &progress)).await;
    progress.clear();
    report.unwrap_or_else(|_| {
        let doing = progress.doing();
        let tried = format!("the demo was still {doing} after {} s", LIMIT.as_secs());
        let help = "run it again with RUST_LOG=debug to see what it waits for";
        Err(Complaint::new(tried, help))
    })
}

async fn play(plan: &Plan, progress: &Progress) -> Result<DemoReport, Complaint> {
    let arrivals = Arc::new(Arrivals::new(Cast::owed(plan), progress.clone()));
    progress.say("starting");
    let cast = Cast::start(plan, &arrivals).await?;

    progress.say("publishing");
    let begun = Instant::now();
    let publishing = cast.publish(plan).await?;
    progress.say("delivering");
    arrivals.all(PATIENCE).await;

    progress.say("asking the archive");
    let asked = Instant::now();
    let answers = cast.ask(plan).await?;
    let asking = asked.elapsed();

    let mut peers = station_lines(&cast, plan, &publishing);
    let questions = answers.len() as u64;
    progress.say("stopping");
    let subscribers = cast.stop().await?;
    // Only now, so that what came late or twice is counted.
    let got: Vec<Got> = subscribers.iter().map(Subscriber::got).collect();
    let last = got.iter().filter_map(|got| got.span).map(|span| span.last);
    let seconds = last
        .max()
        .map_or(0.0, |last| last.duration_since(begun).as_secs_f64());
    for (at, (subscriber, got)) in subscribers.iter().zip(&got).enumerate() {
        let talks = at == ASKER || at + 1 == subscribers.len();
        let (talk, talking) = if talks {
            (questions, asking)
        } else {
            (0, Duration::ZERO)
        };
        peers.push(PeerLine::new(
            subscriber.bus.peer().as_str(),
            &subscriber.role,
            talk,
            got.delivery.received + talk,
            got.busy() + talking,
        ));
    }
    Ok(DemoReport {
        transport: "quic".into(),
        measurements: plan.total(),
        seconds,
        peers,
        deliveries: got.into_iter().map(|got| got.delivery).collect(),
        summaries: SummaryLine::judge(plan, &answers),
    })
}

fn station_lines(cast: &Cast, plan: &Plan, took: &[Duration]) -> Vec<PeerLine> {
    let stations = cast.stations.iter().zip(&plan.stations).zip(took);
    let lines = stations.map(|((bus, station), took)| {
        let sent = station.events.len() as u64;
        PeerLine::new(bus.peer().as_str(), "station", sent, 0, *took)
    });
    lines.collect()
}

//! Weather stations and those who collect what they measure, each a process: `run-weather` starts
//! some of each.

use std::sync::Arc;
use std::time::Duration;

use quibus::bus::Signals;
use quibus::prelude::*;
use quibus_examples::weather::{
    Archive, ArchiveError, MonthFigures, MonthSummary, Station, TemperatureMeasured,
};
use quibus_examples::{Usage, start};
use tokio::sync::Mutex;

const USAGE: Usage =
    Usage("weather collect STATION | weather measure STATION | weather ask STATION MONTH");

type Shared = Arc<Mutex<Archive>>;

async fn record(
    event: TemperatureMeasured,
    State(archive): State<Shared>,
) -> Result<(), ArchiveError> {
    archive.lock().await.record(&event)
}

async fn summary(
    question: MonthSummary,
    State(archive): State<Shared>,
) -> Result<MonthFigures, ArchiveError> {
    archive.lock().await.summary(&question)
}

/// Keeps what one station measures, and answers for its months.
async fn collect(station: Station) -> quibus::Result {
    let signals = Signals::listen()?;
    let archive = Arc::new(Mutex::new(Archive::of([station.name()])));
    let bus = Bus::builder(&format!("Collector.{}", station.name()))
        .state(archive)
        .handle(record.matching(TemperatureMeasured::route().station(station.name())))
        .handle(summary.matching(MonthSummary::route().station(station.name())));
    let bus = start(bus).await?;
    println!("{} is live", bus.peer());
    Ok(bus.run_until(signals).await?)
}

/// Publishes the year of one station.
async fn measure(station: Station) -> quibus::Result {
    let bus = start(Bus::builder(&format!("Station.{}", station.name()))).await?;
    let mut queued = 0;
    for (number, measurement) in (0..).zip(station.measurements()?) {
        queued += bus
            .publish(TemperatureMeasured::new(number, &measurement))
            .await?
            .queued;
    }
    // Returns when all of it has been taken.
    bus.stop(Duration::from_secs(60)).await?;
    println!("{} measured, {queued} collected", station.name());
    Ok(())
}

/// Asks the station's collector for a month.
async fn ask(station: Station, month: u32) -> quibus::Result {
    let bus = start(Bus::builder("Asker")).await?;
    let station = station.name().to_owned();
    let figures = bus.send(MonthSummary { station, month }).await?;
    let MonthFigures {
        count,
        mean,
        min,
        max,
    } = figures;
    println!("{count} measurements, {mean:.1} °C on average, {min:.1} to {max:.1}");
    bus.stop(Duration::from_secs(5)).await?;
    Ok(())
}

#[tokio::main]
async fn main() -> quibus::Result {
    let words: Vec<_> = std::env::args().skip(1).collect();
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["collect", station] => collect(station.parse()?).await,
        ["measure", station] => measure(station.parse()?).await,
        ["ask", station, month] => ask(station.parse()?, month.parse()?).await,
        _ => Err(USAGE)?,
    }
}

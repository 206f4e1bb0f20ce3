//! Who gets an event is decided at its publisher, by the values of its routing fields.

use std::time::Duration;

use quibus::prelude::*;
use quibus_examples::start;

#[derive(Clone, PartialEq, prost::Message, Event)]
#[quibus(namespace = "Tour")]
struct Measured {
    #[quibus(route = 1)]
    #[prost(string, tag = "1")]
    country: String,
    #[quibus(route = 2)]
    #[prost(string, tag = "2")]
    station: String,
    #[prost(int32, tag = "3")]
    celsius: i32,
}

async fn warm(event: Measured) {
    println!(
        "{} °C in {}, {}",
        event.celsius, event.station, event.country
    );
}

pub async fn main() -> quibus::Result {
    // Fields that are not named match anything; of several routes one has to match.
    let wanted = [
        Measured::route().country("fr"),
        Measured::route().station("Tegel"),
    ];
    let watcher = start(Bus::builder("Watcher").handle(warm.matching(wanted))).await?;
    let weather = start(Bus::builder("Weather")).await?;
    let mut unwanted = 0;
    for (country, station, celsius) in [
        ("fr", "Orly", 21),
        ("fr", "Lyon", 24),
        ("de", "Tegel", 17),
        ("de", "Ulm", 16),
    ] {
        let event = Measured {
            country: country.into(),
            station: station.into(),
            celsius,
        };
        if weather.publish(event).await?.queued == 0 {
            unwanted += 1;
        }
    }
    // A stop that says Ok has lost nothing.
    weather.stop(Duration::from_secs(5)).await?;
    watcher.stop(Duration::from_secs(5)).await?;
    println!("{unwanted} of 4 was wanted by nobody");
    Ok(())
}

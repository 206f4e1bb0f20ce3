//! Wrong `#[quibus(route = …)]` on a field.

use quibus::Event;

#[derive(Event)]
#[quibus(namespace = "Weather")]
struct Positions {
    #[quibus(route = 1)]
    country: String,
    #[quibus(route = 1)]
    station: String,
    #[quibus(route = 0)]
    month: u32,
    #[quibus(route = "2")]
    year: u32,
    #[quibus(rout = 3)]
    day: u32,
}

#[derive(Event)]
#[quibus(namespace = "Weather")]
struct WithoutNames(#[quibus(route = 1)] String);

#[derive(Event)]
#[quibus(namespace = "Weather")]
enum Sky {
    Clear,
    Overcast {
        #[quibus(route = 1)]
        eighths: u32,
    },
}

#[derive(prost::Message, Event)]
#[quibus(namespace = "Weather")]
struct Clash {
    #[prost(string, optional, tag = "1")]
    route: Option<String>,
}

fn main() {}

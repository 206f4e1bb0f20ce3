//! What `quibus demo --output json` prints, as far as the claim reads it.

use serde::Deserialize;

/// The demo's report.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// What this object is: `DemoReport`.
    pub kind: String,
    /// The demo's own verdict.
    pub holds: bool,
    /// What the links ran over.
    pub transport: String,
    /// How many measurements the stations sent.
    pub measurements: u64,
    /// How long the exchange took, in seconds.
    pub seconds: f64,
    /// What each peer sent and received.
    pub peers: Vec<Peer>,
    /// What each subscriber was owed and got.
    pub deliveries: Vec<Delivery>,
    /// What the archive answered.
    pub summaries: Vec<Summary>,
}

/// What one peer sent and received.
#[derive(Debug, Clone, Deserialize)]
pub struct Peer {
    /// Its id.
    pub peer: String,
    /// Messages sent.
    pub sent: u64,
    /// Messages received.
    pub received: u64,
}

/// What one subscriber was owed and got.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// The subscriber's id.
    pub peer: String,
    /// Its binding key, parts joined by dots.
    pub binding: String,
    /// Measurements that match the key.
    pub expected: u64,
    /// Measurements that arrived.
    pub received: u64,
    /// Owed, but not arrived.
    pub missing: u64,
    /// Arrived more than once.
    pub doubled: u64,
    /// Arrived without being owed.
    pub misrouted: u64,
    /// Arrived after a later one of the same station.
    pub out_of_order: u64,
    /// Arrived with another content than was sent.
    pub altered: u64,
}

/// What the archive answered about one month.
#[derive(Debug, Clone, Deserialize)]
pub struct Summary {
    /// The station.
    pub station: String,
    /// Month, 1 to 12.
    pub month: u32,
    /// How many temperatures.
    pub count: u64,
    /// Their mean in °C.
    pub mean: f64,
    /// The lowest in °C.
    pub min: f64,
    /// The highest in °C.
    pub max: f64,
}

//! How most of the programs join a bus.

use quibus::config::Config;
use quibus::{Builder, Bus};
use quibus_quic::Quic;

/// Joins the bus that the configuration names, without any that of `quibus up`, over QUIC.
///
/// # Errors
/// If the bus cannot be joined.
pub async fn start(builder: Builder) -> quibus::Result<Bus> {
    let builder = builder.transport(Quic::new());
    Ok(builder.start_with(&Config::find()?).await?)
}

//! The process that bodies are sent to and fetched from.

use std::path::Path;

use quibus::Incarnation;
use quibus::bus::Bus;
use quibus::prelude::*;

use super::super::claim::Untried;
use super::super::peak;
use super::contract::{Give, HowMuchMemory, Keep, Weight};
use super::matter::{Matter, weigh};
use super::mover::transport;

pub(super) const NAME: &str = "Keeper.0";

async fn keep(_: Keep, body: Body) -> quibus::Result<Weight> {
    Ok(weigh(body).await?)
}

async fn give(command: Give) -> (Weight, Body) {
    // It is weighed on the other side; here it is only made.
    let weight = Weight {
        bytes: command.bytes,
        hash: 0,
    };
    (weight, Body::from_reader(Matter::of(command.bytes)))
}

async fn how_much_memory(_: HowMuchMemory) -> quibus::Result<u64> {
    peak::of_this_process().map_err(|e| std::io::Error::other(e.to_string()).into())
}

/// Serves until the process is killed. Its first line is its address.
pub(super) async fn run(folder: &Path) -> Result<(), Untried> {
    let builder = Bus::builder(NAME)
        .handle(keep)
        .handle(give)
        .handle(how_much_memory)
        .transport(transport(folder, NAME)?);
    let bus = builder.as_directory(Incarnation(1)).start().await?;
    bus.authority().open();
    println!("{}", bus.address());
    bus.run().await?;
    Ok(())
}

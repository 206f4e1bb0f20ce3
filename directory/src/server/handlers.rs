//! From the contracts to the server. A peer speaks for itself only: who is meant is whoever the
//! link's certificate proves (promise 30).

use std::sync::Arc;

use quibus::bus::Builder;
use quibus::directory::contract::{
    Alive, Attach, Attached, Describe, Drain, Drained, GetType, GotType, Heartbeat, ListTypes,
    ListedTypes, Look, Register, RegisterError, Registered, RequestError, Seen, Supplied, Supply,
    Unregister, Unregistered, UpdateSubscriptions, Updated, Wanted,
};
use quibus::prelude::*;

use super::desk::unexpected;
use super::start_number::now_ms;
use super::{Server, reachable};
use crate::command::{Command, Newcomer};
use crate::outcome::Outcome;

/// Registrations that may wait for the answer of an older process at once.
const REGISTERING: usize = 256;
/// Requests that may wait at a barrier at once.
const WAITING: usize = 1_024;

/// Gives a bus the handlers of a directory server. They are subscribed to nothing: peers address
/// the server that they are attached to.
pub(super) fn add(bus: Builder) -> Builder {
    let waiting = "directory.requests";
    bus.handle(
        register
            .queue("directory.registrations")
            .concurrency(REGISTERING)
            .manual(),
    )
    .handle(attach.queue(waiting).concurrency(WAITING).manual())
    .handle(update.queue(waiting).manual())
    .handle(describe.queue(waiting).manual())
    .handle(supply.queue(waiting).manual())
    .handle(list_types.queue("directory.looks").manual())
    .handle(get_type.queue("directory.looks").manual())
    .handle(drain.queue(waiting).manual())
    .handle(unregister.queue("directory.farewells").manual())
    .handle(heartbeat.queue("directory.heartbeats").manual())
    .handle(look.queue("directory.looks").manual())
}

async fn register(
    command: Register,
    from: Sender,
    bus: Bus,
    State(server): State<Arc<Server>>,
) -> Result<Registered, RegisterError> {
    let asked = command.read()?;
    let admitted = server.pace(from.peer()).await;
    admitted.map_err(RegisterError::Quota)?;
    let newcomer = Newcomer {
        peer: from.peer().clone(),
        identity: from.identity().clone(),
        start_id: asked.start_id,
        resume: asked.resume,
        address: reachable::reachable(&asked.address, from.address()),
        subscriptions: asked.subscriptions,
        seq: asked.seq,
        durable: asked.durable,
        replaces: None,
    };
    server.register(&bus, newcomer).await
}

async fn attach(
    command: Attach,
    from: Sender,
    bus: Bus,
    State(server): State<Arc<Server>>,
) -> Result<Attached, RequestError> {
    let asked = command.read()?;
    pace(&server, &from).await?;
    server.attach(&bus, from.peer(), &asked).await
}

async fn update(
    command: UpdateSubscriptions,
    from: Sender,
    bus: Bus,
    State(server): State<Arc<Server>>,
) -> Result<Updated, RequestError> {
    let types = command.read()?;
    pace(&server, &from).await?;
    let update = Command::Update {
        peer: from.peer().clone(),
        incarnation: command.incarnation(),
        seq: command.seq(),
        types,
    };
    server.update(&bus, update).await
}

async fn describe(
    command: Describe,
    from: Sender,
    bus: Bus,
    State(server): State<Arc<Server>>,
) -> Result<Wanted, RequestError> {
    let types = command.read()?;
    pace(&server, &from).await?;
    let describe = Command::Describe {
        peer: from.peer().clone(),
        incarnation: command.incarnation(),
        types,
    };
    match server.desk().commit(&bus.authority(), describe).outcome {
        Outcome::Wanted(hashes) => Ok(Wanted::new(&hashes)),
        Outcome::Refused(refusal) => Err(refusal.into()),
        other => Err(unexpected(&other)),
    }
}

async fn supply(
    command: Supply,
    from: Sender,
    bus: Bus,
    State(server): State<Arc<Server>>,
) -> Result<Supplied, RequestError> {
    let descriptions = command.read()?;
    pace(&server, &from).await?;
    let supply = Command::Supply {
        peer: from.peer().clone(),
        incarnation: command.incarnation(),
        descriptions,
    };
    match server.desk().commit(&bus.authority(), supply).outcome {
        Outcome::Refused(refusal) => Err(refusal.into()),
        _ => Ok(Supplied {}),
    }
}

/// What types look like is no secret among those who may be on the bus or watch it.
async fn list_types(
    command: ListTypes,
    State(server): State<Arc<Server>>,
) -> Result<ListedTypes, RequestError> {
    let desk = server.desk();
    Ok(ListedTypes::new(
        desk.door().state().types_after(command.name()),
    ))
}

async fn get_type(
    command: GetType,
    State(server): State<Arc<Server>>,
) -> Result<GotType, RequestError> {
    let hash = command.hash()?;
    let desk = server.desk();
    Ok(GotType::new(
        desk.door().state().type_description(&hash).cloned(),
    ))
}

async fn drain(
    command: Drain,
    from: Sender,
    bus: Bus,
    State(server): State<Arc<Server>>,
) -> Result<Drained, RequestError> {
    pace(&server, &from).await?;
    server.drain(&bus, from.peer(), command.incarnation()).await
}

async fn unregister(
    command: Unregister,
    from: Sender,
    bus: Bus,
    State(server): State<Arc<Server>>,
) -> Result<Unregistered, RequestError> {
    server.unregister(&bus, from.peer(), command.incarnation())?;
    Ok(Unregistered::default())
}

async fn heartbeat(
    beat: Heartbeat,
    from: Sender,
    State(server): State<Arc<Server>>,
) -> Result<Alive, RequestError> {
    let now = server.now();
    let revision = server.desk().hear(from.peer(), &beat, now)?;
    server.came_further();
    Ok(Alive::new(revision))
}

/// Shown is what every peer holds anyway, so nothing but the role of the asker is looked at.
async fn look(
    look: Look,
    from: Sender,
    State(server): State<Arc<Server>>,
) -> Result<Seen, RequestError> {
    if from.identity().watcher().is_none() {
        let reason = format!("{} follows the directory instead", from.identity());
        return Err(RequestError::NotAllowed(reason));
    }
    let seen = server.desk().look_on(&look);
    Ok(seen.told_by(now_ms(), env!("CARGO_PKG_VERSION")))
}

async fn pace(server: &Server, from: &Sender) -> Result<(), RequestError> {
    let admitted = server.pace(from.peer()).await;
    admitted.map_err(RequestError::Quota)
}

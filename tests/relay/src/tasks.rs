//! The tasks of a relay: one for what clients send, and one per client for what it is answered.

use std::io;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use super::carrier::Carrier;
use super::client::Client;
use super::clients::Clients;
use super::direction::Direction;
use super::path::Path;
use super::port::{Intake, Port};

/// System calls in a row before others have their turn.
const ROUNDS: usize = 16;

/// Asks for a change of address; is told how many clients it concerned.
pub(crate) type Move = oneshot::Sender<io::Result<usize>>;

/// Carries what clients send to the target. Ends when nobody can ask it for anything any more.
pub(crate) async fn forward(
    path: Arc<Path>,
    front: Arc<Port>,
    most_clients: usize,
    mut moves: mpsc::Receiver<Move>,
) {
    let mut clients = Clients::new(path.clone(), front.clone(), most_clients);
    let mut carrier = Carrier::new(path.clone(), Direction::ToTarget, front.clone());
    let mut intake = Intake::new();
    loop {
        tokio::select! {
            biased;
            asked = moves.recv() => match asked {
                // Whoever asked may have gone.
                Some(asked) => drop(asked.send(clients.move_all())),
                None => return,
            },
            () = front.readable() => {}
            () = carrier.due() => {}
        }
        for _ in 0..ROUNDS {
            if !front.take(&mut intake) {
                break;
            }
            for reception in intake.receptions() {
                match clients.at(reception.from) {
                    Ok(client) => carrier.take_in(&reception, &client),
                    Err(_) => {
                        let packets = reception.datagrams().count() as u64;
                        path.way(Direction::ToTarget).refuse(packets);
                    }
                }
            }
            carrier.let_out().await;
        }
        carrier.let_out().await;
        path.counted.notify_waiters();
    }
}

/// Carries what the target answers to one client.
pub(crate) async fn answer(path: Arc<Path>, client: Arc<Client>, front: Arc<Port>) {
    let mut carrier = Carrier::new(path.clone(), Direction::FromTarget, front);
    let mut intake = Intake::new();
    let mut ports = client.ports();
    let mut port = ports.borrow_and_update().clone();
    loop {
        tokio::select! {
            biased;
            // Never fails: its other end is in `client`.
            _ = ports.changed() => port = ports.borrow_and_update().clone(),
            () = port.readable() => {}
            () = carrier.due() => {}
        }
        for _ in 0..ROUNDS {
            if !port.take(&mut intake) {
                break;
            }
            for reception in intake.receptions() {
                // Nobody else is answered for.
                if reception.from == path.target() {
                    carrier.take_in(&reception, &client);
                }
            }
            carrier.let_out().await;
        }
        carrier.let_out().await;
        path.counted.notify_waiters();
    }
}

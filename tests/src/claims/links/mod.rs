//! The claim `links`: while links break in every way they can, nothing is lost, doubled or
//! reordered, and every send has an outcome.
//!
//! Two peers publish numbered events and send commands to each other, over every
//! [`World`](crate::worlds::World). A driver, seeded, breaks their links: on both sides at once, on
//! one side, by a network that swallows what goes one way, in the middle of the greeting, by dials
//! that cross, and by killing a process and starting it anew. What was accepted and what was handled
//! is a [history](crate::history), which is judged in the end.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `links_claim` | the claim: every world in turn, the table, the verdict |
//! | `trial` | one world: two peers, faults, the liveness phase, stopping |
//! | `fault`, `deck` | the kinds of faults, and their order |
//! | `driver` | does them and counts what really happened |
//! | `side` | one peer: its runs, its links, what is wrong with them |
//! | `meddling_transport`, `meddling_link` | a transport that can be told to break its links and to hold its dials |
//! | `dial_gate` | lets two dials cross |
//! | `traffic` | events and commands, paced |
//! | `contract` | the messages and their handlers |

mod contract;
mod deck;
mod dial_gate;
mod driver;
mod fault;
mod links_claim;
mod meddling_link;
mod meddling_transport;
mod side;
mod traffic;
mod trial;

pub use links_claim::Links;

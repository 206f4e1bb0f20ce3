//! What a service's own tests stand on: a bus of one process, and a network without sockets.
//!
//! [`TestBus`] runs the handlers of one service and writes down what they publish.
//!
//! [`MemoryNetwork`] carries the encoded bytes of real links between buses of one process, and can
//! be told to fail: to cut, to hold back, to delay, to refuse, to kill. It runs in real and in
//! virtual time (`tokio::time::pause`); there, on a current_thread runtime, what it does follows
//! from its seed alone. Links are ordered streams, so what a network does to single packets (loses,
//! doubles, reorders or garbles them) is, above it, a delay or a break, and those are what is made
//! here; packets themselves are the business of the project's relay. [`Faults`] counts what really happened, so that a test can prove that the
//! fault it wanted was there.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use quibus::testing::MemoryNetwork;
//! use quibus::transport::{Expected, LinkEnd, Transport};
//!
//! let net = MemoryNetwork::seeded(7);
//! let (shop, stock) = (net.transport_for("Shop.0"), net.transport_for("Stock.0"));
//! let (arrivals, mut arrived) = tokio::sync::mpsc::channel(1);
//! let address = stock.bind(&"Stock.0".parse()?, arrivals.clone()).await?.address;
//! shop.bind(&"Shop.0".parse()?, arrivals).await?;
//!
//! let link = shop.dial(&address, &Expected::Peer("Stock.0".parse()?)).await?;
//! let other = arrived.recv().await.ok_or("nobody arrived")?;
//! assert_eq!(net.cut("Shop.0", "Stock.0"), 1);
//! assert!(matches!(link.closed().await, LinkEnd::Broken(_)));
//! assert!(matches!(other.closed().await, LinkEnd::Broken(_)));
//! assert_eq!(net.faults().links_cut, 1);
//! # Ok(())
//! # }
//! ```
//!
//! | file | what it holds |
//! | --- | --- |
//! | `test_bus`, `recorded` | one service under test, and what it has published |
//! | `memory_network` | the network as a test sees it: transports and faults |
//! | `memory_transport` | one process on it: binding and dialling |
//! | `switchboard` | who is bound where, which links exist, what is wrong with which route |
//! | `memory_link` | one side's handle of a link |
//! | `connection` | what the two sides of a link share, and how its ends travel |
//! | `flow`, `lane` | one direction of a link, and the pipes in it |
//! | `lane_writer`, `lane_reader` | the two ends of a pipe |
//! | `faults`, `delay` | what was done to the bytes, and how long they travel |

mod connection;
mod delay;
mod faults;
mod flow;
mod lane;
mod lane_reader;
mod lane_writer;
mod memory_link;
mod memory_network;
mod memory_transport;
mod recorded;
mod switchboard;
mod test_bus;
#[cfg(test)]
mod tests;

pub use faults::Faults;
pub use memory_network::MemoryNetwork;
pub use memory_transport::MemoryTransport;
pub use recorded::Recorded;
pub use test_bus::TestBus;

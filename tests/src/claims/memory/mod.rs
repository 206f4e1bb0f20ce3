//! What a process holds at the most, beside what the bus says that it can be made to hold.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `memory_claim` | starts a child process for each part, and compares |
//! | `part` | the parts by name, as they are asked for in a child |
//! | `stalled` | a publisher at full speed, and receivers that are frozen, slow and quick |
//! | `crowd` | many peers that are mostly idle, in towns of five and a directory |
//! | `measured` | what a child has measured of itself |
//! | `town` | buses over QUIC that are told of each other by hand |

mod crowd;
mod measured;
mod memory_claim;
mod part;
mod stalled;
mod town;

pub use memory_claim::Memory;

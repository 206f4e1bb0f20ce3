//! The programs as processes: what they print, and that it is what the README says.
//!
//! Nothing here sleeps: each step waits for a line of output, at most [`program::LIMIT`].
//!
//! | module | what it holds |
//! | --- | --- |
//! | `development_bus` | a directory and a context in a folder, as `quibus up` makes them |
//! | `program` | a running program |
//! | `readme` | the commands and outputs that the README shows |
//! | `scenes` | the programs, one scene after the other |
//! | `figures` | how many lines of code they have |
//! | `in_memory` | how a service is tested without processes |

mod development_bus;
mod figures;
mod in_memory;
mod program;
mod readme;
mod scenes;

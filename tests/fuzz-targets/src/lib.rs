//! What fuzzers attack: one function per target, and the inputs to begin from.
//!
//! Everything that reads bytes which others send is reached by a [`Target`]. It is an ordinary
//! function, so that the same code runs in three places: under libFuzzer (`tests/fuzz`, a workspace
//! of its own, because that runtime is C++), in the ordinary tests of this package, which replay the
//! corpora that are checked in, and in the claim `decoder-limits`, which measures every
//! [`Decoder`].
//!
//! ```sh
//! cargo run -p quibus-fuzz-targets --bin corpora
//! ```
//!
//! writes the inputs to begin from anew, as real encoders make them.
//!
//! | module | what it settles |
//! | --- | --- |
//! | `target` | the targets by name |
//! | `decoders` | every parser of bytes from outside |
//! | `certificates` | those of certificates and identities |
//! | `handshakes` | attackers with and without a certificate |
//! | `identities` | certificates and keys that attackers show |
//! | `corpus` | the folders with inputs |

mod certificates;
mod corpus;
mod decoders;
mod handshakes;
mod identities;
mod target;

pub use corpus::Corpus;
pub use decoders::decoders;
pub use identities::renew_identities;
pub use quibus::fuzzing::{Decoder, Format};
pub use target::{TARGETS, Target, run};

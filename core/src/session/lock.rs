//! The lock of a session and of its lanes: that of the standard library.
//!
//! Built with `--cfg quibus_shuttle`, tests get one that lets a scheduler decide who goes on at
//! each of its uses, so that thousands of interleavings can be tried and brought back by a seed
//! (`bus/tests/interleavings.rs`). Whatever is locked while one of these is waited for has to be
//! one of these too.

#[cfg(not(all(test, quibus_shuttle)))]
pub(crate) use std::sync::{Mutex, MutexGuard};

#[cfg(all(test, quibus_shuttle))]
pub(crate) use shuttle::sync::{Mutex, MutexGuard};

/// A bound as it is, and as it is where interleavings are tried: there so few messages have to
/// reach it that threads wait for each other all the time.
pub(crate) const fn bound(real: u64, tried: u64) -> u64 {
    if cfg!(all(test, quibus_shuttle)) {
        tried
    } else {
        real
    }
}

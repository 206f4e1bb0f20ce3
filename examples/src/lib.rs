//! What the runnable programs of this package share.
//!
//! The programs themselves are in `src/bin/`, one a file.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`weather`] | a year of real temperatures, the messages that carry them, an archive of months |

pub mod weather;

//! What the runnable programs of this package share.
//!
//! The programs themselves are in `src/bin/`, one a file.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`development`] | the folder in which programs of one machine find certificates and directory |
//! | [`echo`] | the messages of the echo service and its client, and how both join the bus |
//! | [`greet`] | what the hello programs say to each other |
//! | [`weather`] | a year of real temperatures, the messages that carry them, an archive of months |

pub mod development;
pub mod echo;
pub mod greet;
pub mod weather;

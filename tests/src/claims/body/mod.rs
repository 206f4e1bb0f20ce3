//! `prove body`: a body far larger than memory, between two processes, both ways.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `body_claim` | starts the two processes and judges what they report |
//! | `keeper`, `mover` | what each of them does |
//! | `contract` | what they say to each other |
//! | `matter` | the bytes that are moved, made and weighed as they go |

mod body_claim;
mod contract;
mod keeper;
mod matter;
mod mover;

pub use body_claim::Body;

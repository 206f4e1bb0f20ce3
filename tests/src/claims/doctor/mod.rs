//! The claim that `quibus doctor` finds what is wrong.
//!
//! Each fault is a `Case` of `faults.toml`, sown among real processes:
//! directories, a service, and `feigned` directories whose clock or version is another. The tool
//! has to find it with its cure, and nothing else beside it; where nothing is wrong it has to find
//! nothing.

mod doctor_claim;
mod feigned;
mod judge;

pub use doctor_claim::Doctor;

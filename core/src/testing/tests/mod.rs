//! The network against the transport's contract, and each of its faults.

mod bounds;
mod conformance;
mod faults;
mod pair;
mod reproducibility;
mod routes;
mod test_bus;

//! The QUIC transport on real sockets of the loopback interface.

mod authority;
mod conformance;
mod handshakes;
mod network;
mod presented;
mod refusals;
mod relay;
mod renewals;
mod station;
mod stranger;

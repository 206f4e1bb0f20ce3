//! The QUIC transport on real sockets of the loopback interface.

mod authority;
mod conformance;

//! The numbers that quinn is set to, with what they were measured or reckoned to be worth.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use quinn::{
    EndpointConfig, IdleTimeout, MtuDiscoveryConfig, ServerConfig, TransportConfig, VarInt,
};

use crate::cubic_until_closed::CubicUntilClosedConfig;
use crate::link_windows::{LEAST, MOST};

/// The largest datagram that is looked for. Twice to 2.7 times the one-way rate of 1,452 bytes on
/// loopback and jumbo networks. Not more: quinn hands the kernel ten segments a call, and above
/// 6.5 KiB these exceed the 64 KiB of one call, which fails silently and falls back to 1,200.
pub(crate) const MAX_DATAGRAM: u16 = 6500;
/// Bidirectional streams that the other side may have open: the control lane is the only one, the
/// second one is refused with a reason instead of an error of the QUIC layer.
const BIDIRECTIONAL_STREAMS: u32 = 2;
/// Unidirectional streams that the other side may have open: 12 lanes of the application,
/// outcomes, infrastructure and its unsequenced lanes, 4 bodies, and room for their successors.
pub(crate) const UNIDIRECTIONAL_STREAMS: u32 = 24;
/// Handshakes that wait to be looked at.
const WAITING_HANDSHAKES: usize = 256;
/// What a dialler may send before its handshake was looked at: its first flight, with room.
const BYTES_PER_WAITING_HANDSHAKE: u64 = 16 * 1024;

/// QUIC version 1, the only one.
pub(crate) const QUIC_V1: u32 = 1;

/// Settings of the socket's endpoint.
pub(crate) fn endpoint(mut endpoint: EndpointConfig) -> EndpointConfig {
    endpoint.supported_versions(vec![QUIC_V1]);
    // Refuses only values below 1,200.
    let _ = endpoint.max_udp_payload_size(MAX_DATAGRAM);
    endpoint
}

/// Settings of what others dial.
pub(crate) fn accepting(mut server: ServerConfig, transport: Arc<TransportConfig>) -> ServerConfig {
    server
        .transport_config(transport)
        .migration(false)
        .max_incoming(WAITING_HANDSHAKES)
        .incoming_buffer_size(BYTES_PER_WAITING_HANDSHAKE)
        .incoming_buffer_size_total(WAITING_HANDSHAKES as u64 * BYTES_PER_WAITING_HANDSHAKE);
    server
}

/// Settings of every link, whoever dialled it. Congestion control is cubic: it was best or equal
/// in every measurement. `transport_closed` lets the last packets out when it is set.
pub(crate) fn link(idle_timeout: Duration, transport_closed: Arc<AtomicBool>) -> TransportConfig {
    let mut discovery = MtuDiscoveryConfig::default();
    discovery.upper_bound(MAX_DATAGRAM);
    let mut transport = TransportConfig::default();
    transport
        .max_concurrent_bidi_streams(BIDIRECTIONAL_STREAMS.into())
        .max_concurrent_uni_streams(UNIDIRECTIONAL_STREAMS.into())
        // What bounds is the link's window, which grows from here: see `link_windows`.
        .stream_receive_window(window(MOST))
        .receive_window(window(LEAST))
        .send_window(LEAST)
        .datagram_receive_buffer_size(None)
        .mtu_discovery_config(Some(discovery))
        .congestion_controller_factory(Arc::new(CubicUntilClosedConfig { transport_closed }))
        .keep_alive_interval(None)
        // A duration beyond QUIC's range (2^62 ms) means "never".
        .max_idle_timeout(IdleTimeout::try_from(idle_timeout).ok());
    transport
}

/// A window as quinn takes it.
pub(crate) fn window(bytes: u64) -> VarInt {
    VarInt::from_u64(bytes).unwrap_or(VarInt::MAX)
}

/// The number that travels for a reason.
pub(crate) fn code(reason: quibus::transport::CloseReason) -> VarInt {
    VarInt::from_u32(reason.code())
}

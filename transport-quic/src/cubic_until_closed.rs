//! Congestion control that lets the last packet of a link through.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use quinn::Connection;
use quinn::congestion::{Controller, ControllerFactory, ControllerMetrics, Cubic, CubicConfig};
use quinn_proto::RttEstimator;

/// Five of the largest datagrams. Quinn's 12,000 bytes are less than two: a link would begin with
/// one packet per round trip, and while the path's MTU is probed with none.
const INITIAL_WINDOW: u64 = 32_500;
/// More than is ever in flight; above 4 GiB quinn does not pace either.
const WIDE_OPEN: u64 = 1 << 40;

/// Cubic while the link lives; no limit once it is closed.
///
/// In quinn-proto 0.11.19 the packet that closes a connection waits for room in the congestion
/// window. Acknowledgements are not read any more by then, so on a busy link it waits for ever,
/// and the other side learns of the end by its own time-outs. (quinn's issue 2785, mended by its
/// pull request 2787; once a release carries that, plain cubic will do.)
#[derive(Clone)]
pub(crate) struct CubicUntilClosed {
    cubic: Cubic,
    initial_window: u64,
    link_closed: Arc<AtomicBool>,
    transport_closed: Arc<AtomicBool>,
}

impl CubicUntilClosed {
    /// Opens the window of one link that is about to be closed.
    pub(crate) fn open_window(connection: &Connection) {
        if let Ok(controller) = connection.congestion_state().into_any().downcast::<Self>() {
            controller.link_closed.store(true, Ordering::Relaxed);
        }
    }
}

impl Controller for CubicUntilClosed {
    fn on_sent(&mut self, now: Instant, bytes: u64, last_packet_number: u64) {
        self.cubic.on_sent(now, bytes, last_packet_number);
    }

    fn on_ack(
        &mut self,
        now: Instant,
        sent: Instant,
        bytes: u64,
        app_limited: bool,
        rtt: &RttEstimator,
    ) {
        self.cubic.on_ack(now, sent, bytes, app_limited, rtt);
    }

    fn on_end_acks(
        &mut self,
        now: Instant,
        in_flight: u64,
        app_limited: bool,
        largest_packet_num_acked: Option<u64>,
    ) {
        self.cubic
            .on_end_acks(now, in_flight, app_limited, largest_packet_num_acked);
    }

    fn on_congestion_event(
        &mut self,
        now: Instant,
        sent: Instant,
        is_persistent_congestion: bool,
        lost_bytes: u64,
    ) {
        self.cubic
            .on_congestion_event(now, sent, is_persistent_congestion, lost_bytes);
    }

    fn on_mtu_update(&mut self, new_mtu: u16) {
        self.cubic.on_mtu_update(new_mtu);
    }

    fn window(&self) -> u64 {
        let closed = |flag: &AtomicBool| flag.load(Ordering::Relaxed);
        if closed(&self.link_closed) || closed(&self.transport_closed) {
            return WIDE_OPEN;
        }
        self.cubic.window()
    }

    fn metrics(&self) -> ControllerMetrics {
        self.cubic.metrics()
    }

    fn clone_box(&self) -> Box<dyn Controller> {
        Box::new(self.clone())
    }

    fn initial_window(&self) -> u64 {
        self.initial_window
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}

/// Makes the controllers of all links of a transport.
pub(crate) struct CubicUntilClosedConfig {
    /// Set when the transport as a whole is closed.
    pub(crate) transport_closed: Arc<AtomicBool>,
}

impl ControllerFactory for CubicUntilClosedConfig {
    fn build(self: Arc<Self>, now: Instant, current_mtu: u16) -> Box<dyn Controller> {
        let mut config = CubicConfig::default();
        config.initial_window(INITIAL_WINDOW);
        Box::new(CubicUntilClosed {
            cubic: Cubic::new(Arc::new(config), now, current_mtu),
            initial_window: INITIAL_WINDOW,
            link_closed: Arc::default(),
            transport_closed: self.transport_closed.clone(),
        })
    }
}

//! Congestion control that lets the last packet of a link through.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use quinn::Connection;
use quinn::congestion::{Controller, ControllerFactory, ControllerMetrics, Cubic, CubicConfig};
use quinn_proto::RttEstimator;

/// Five of the largest datagrams. Quinn's 12,000 bytes are less than two: a link would begin with
/// one packet per round trip, and while the path's MTU is probed with none.
const INITIAL_WINDOW: u64 = 32_500;
/// Bytes in flight beyond what the path itself holds. They wait in the other side's socket, which
/// has 4 MiB for all its links. When it overflows thousands of packets are lost at once, quinn takes
/// that for a path of smaller packets, and sends 1,200 bytes at a time for a minute: seen on
/// loopback whenever the receiver was not scheduled for some milliseconds, at twice to four times
/// the cost per byte.
const BEYOND_PATH: u64 = 1 << 20;
/// Bytes per second that a path is trusted to carry: 10 Gbit/s.
const PATH_RATE: u64 = 1_250_000_000;
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
    /// The most that may be in flight, by the shortest round trip seen.
    most: u64,
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
        self.most = most_in_flight(rtt.min());
        // At the limit it must not grow on: a loss would then find it far above, and change nothing.
        let limited = app_limited || self.cubic.window() >= self.most;
        self.cubic.on_ack(now, sent, bytes, limited, rtt);
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
        self.cubic.window().min(self.most)
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
            most: BEYOND_PATH,
            initial_window: INITIAL_WINDOW,
            link_closed: Arc::default(),
            transport_closed: self.transport_closed.clone(),
        })
    }
}

/// What may be in flight on a path whose shortest round trip takes this long.
fn most_in_flight(shortest: Duration) -> u64 {
    let micros = u64::try_from(shortest.as_micros()).unwrap_or(u64::MAX);
    BEYOND_PATH.saturating_add(micros.saturating_mul(PATH_RATE / 1_000_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_path_holds_little_and_a_far_one_is_not_held_back() {
        assert!(most_in_flight(Duration::from_micros(100)) < 2 << 20);
        let far = Duration::from_millis(100);
        assert!(most_in_flight(far) >= PATH_RATE / 10);
        assert_eq!(most_in_flight(Duration::MAX), u64::MAX);
    }
}

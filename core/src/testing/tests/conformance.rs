//! The conformance suite of the transport contract: in virtual time, in virtual time on a slow
//! network, and in real time on several threads.

use std::sync::Arc;
use std::time::Duration;

use crate::id::Identity;
use crate::testing::MemoryNetwork;
use crate::transport::suite::World;
use crate::transport::{BoxFuture, Transport};

struct MemoryWorld {
    net: MemoryNetwork,
    patience: Duration,
}

impl MemoryWorld {
    fn virtual_time() -> Self {
        Self {
            net: MemoryNetwork::seeded(1),
            patience: Duration::from_secs(60),
        }
    }

    fn slow() -> Self {
        let world = Self::virtual_time();
        let (least, most) = (Duration::from_micros(300), Duration::from_millis(40));
        world.net.delay(least..=most);
        world
    }

    fn real_time() -> Self {
        let world = Self {
            net: MemoryNetwork::seeded(2),
            patience: Duration::from_secs(30),
        };
        world.net.set_handshake_timeout(Duration::from_millis(100));
        world
    }
}

impl World for MemoryWorld {
    fn transport(&self, identity: &Identity) -> Arc<dyn Transport> {
        self.net.transport(identity.clone())
    }

    fn nobody(&self) -> BoxFuture<'_, String> {
        Box::pin(async { "memory:nobody".to_owned() })
    }

    fn patience(&self) -> Duration {
        self.patience
    }
}

mod in_virtual_time {
    crate::transport_suite!(
        #[tokio::test(start_paused = true)]
        super::MemoryWorld::virtual_time()
    );
}

mod on_a_slow_network {
    crate::transport_suite!(
        #[tokio::test(start_paused = true)]
        super::MemoryWorld::slow()
    );
}

mod in_real_time_on_one_thread {
    crate::transport_suite!(
        #[tokio::test]
        super::MemoryWorld::real_time()
    );
}

mod in_real_time_on_several_threads {
    crate::transport_suite!(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        super::MemoryWorld::real_time()
    );
}

//! A bound transport and what arrives at it.

use std::sync::Arc;
use std::time::Duration;

use quibus::id::PeerId;
use quibus::transport::{DialError, Expected, Link, Transport};
use quibus_certs::Credentials;
use quibus_quic::{Quic, QuicConfig};
use tokio::sync::mpsc;
use tokio::time::timeout;

/// No test waits longer for anything.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Station {
    pub(crate) quic: Quic,
    pub(crate) address: String,
    pub(crate) arrivals: mpsc::Receiver<Arc<dyn Link>>,
}

impl Station {
    /// Binds a free port of 127.0.0.1.
    pub(crate) async fn bind(credentials: Credentials) -> Self {
        Self::configured(QuicConfig::new(credentials)).await
    }

    /// Binds a free port of 127.0.0.1 with a configuration of its own.
    pub(crate) async fn configured(mut config: QuicConfig) -> Self {
        config
            .listen
            .get_or_insert_with(|| "127.0.0.1:0".to_owned());
        let name = peer_id(&config.credentials);
        let quic = Quic::configured(config);
        let (sender, arrivals) = mpsc::channel(8);
        let address = quic.bind(&name, sender).await.unwrap().address;
        Self {
            quic,
            address,
            arrivals,
        }
    }

    /// Dials `address`, expecting `name` there.
    pub(crate) async fn dial(&self, address: &str, name: &str) -> Result<Arc<dyn Link>, DialError> {
        let expected = Expected::Peer(PeerId::new(name).unwrap());
        soon(self.quic.dial(address, &expected)).await
    }

    /// Dials, and returns why that failed.
    pub(crate) async fn refused(&self, address: &str, name: &str) -> DialError {
        self.dial(address, name)
            .await
            .map(drop)
            .expect_err("the dial succeeded")
    }

    /// The next link that somebody dialled.
    pub(crate) async fn arrival(&mut self) -> Arc<dyn Link> {
        soon(self.arrivals.recv())
            .await
            .expect("the transport stopped accepting")
    }
}

/// Waits, but not for ever.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future)
        .await
        .expect("nothing within the patience of the tests")
}

fn peer_id(credentials: &Credentials) -> PeerId {
    let path = credentials.id().identity().to_string();
    PeerId::new(path.rsplit('/').next().unwrap()).unwrap()
}

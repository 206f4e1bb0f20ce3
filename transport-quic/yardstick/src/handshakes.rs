//! Links made for the sake of it.

use std::net::SocketAddr;
use std::path::Path;

use bytes::Bytes;
use quibus_quic::raw::{Bounds, RawEndpoint};
use quibus_quic::{KeyExchange, Provider};

use crate::Outcome;
use crate::cell::Handshake;
use crate::identity::{self, P256, POST_QUANTUM};
use crate::server::NOBODY;

/// Handshakes at once: enough that both processes always have something to do.
const AT_ONCE: u64 = 4;

/// Where handshakes of the unusual kinds begin and end.
pub(crate) struct Handshakes {
    p256: (RawEndpoint, SocketAddr),
    /// `None` if the provider has none.
    post_quantum: Option<(RawEndpoint, SocketAddr)>,
}

impl Handshakes {
    pub(crate) async fn start(
        folder: &Path,
        provider: Provider,
        p256: SocketAddr,
        post_quantum: SocketAddr,
    ) -> Outcome<Self> {
        let config = identity::config(P256[0], folder, provider)?;
        let p256 = (RawEndpoint::bind(&config).await?, p256);
        let post_quantum = if post_quantum == NOBODY {
            None
        } else {
            let mut config = identity::config(0, folder, provider)?;
            config.key_exchange = KeyExchange::PostQuantum;
            Some((RawEndpoint::bind(&config).await?, post_quantum))
        };
        Ok(Self { p256, post_quantum })
    }

    /// Whether there are handshakes of this kind.
    pub(crate) fn has(&self, kind: Handshake) -> bool {
        kind != Handshake::PostQuantum || self.post_quantum.is_some()
    }

    /// Makes links until `bounds` end it, and returns how many. A request on each waits until the
    /// other side is through, too: the dialler is first.
    pub(crate) async fn run(
        &self,
        kind: Handshake,
        usual: (&RawEndpoint, SocketAddr),
        bounds: Bounds,
    ) -> Outcome<u64> {
        let (from, to, number) = match kind {
            Handshake::Usual => (usual.0, usual.1, 1),
            Handshake::P256 => (&self.p256.0, self.p256.1, P256[1]),
            Handshake::PostQuantum => {
                let (from, to) = self
                    .post_quantum
                    .as_ref()
                    .ok_or("this provider has no post-quantum handshakes")?;
                (from, *to, POST_QUANTUM)
            }
        };
        let (peer, request) = (identity::peer(number)?, Bytes::from_static(b"?"));
        let one_after_the_other = async || {
            let mut made = 0;
            while bounds.allow(made * AT_ONCE) {
                let link = from.connect(to, &peer).await?;
                link.request(&request).await?;
                made += 1;
            }
            Outcome::Ok(made)
        };
        let (a, b, c, d) = tokio::try_join!(
            one_after_the_other(),
            one_after_the_other(),
            one_after_the_other(),
            one_after_the_other()
        )?;
        Ok(a + b + c + d)
    }
}

//! Two endpoints and a connection between them.

use std::future::Future;
use std::net::{Ipv4Addr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use quibus_quic_crypto::{HandshakeData, KeyExchange, TokenKey};
use quinn::{Connection, Endpoint, TokioRuntime};
use rustls::CipherSuite;
use rustls::pki_types::CertificateDer;
use rustls::server::WebPkiClientVerifier;

use crate::certificates::{ACCEPTOR, Certificates};
use crate::counted_keys::{Counted, KeyCount};
use crate::glue::Glue;

/// One side, as it is to be.
#[derive(Clone, Copy)]
pub(crate) struct Side {
    pub(crate) glue: Glue,
    pub(crate) exchange: KeyExchange,
    pub(crate) suite: CipherSuite,
}

impl Side {
    pub(crate) fn new(glue: Glue) -> Self {
        Self {
            glue,
            exchange: KeyExchange::X25519,
            suite: CipherSuite::TLS13_AES_128_GCM_SHA256,
        }
    }

    pub(crate) fn dialler_tls(self, certificates: &Certificates) -> rustls::ClientConfig {
        let rustls = self.glue.rustls(self.exchange, self.suite);
        rustls::ClientConfig::builder_with_provider(rustls)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_root_certificates(certificates.roots.clone())
            .with_client_auth_cert(
                certificates.dialler.chain.clone(),
                certificates.dialler.key(),
            )
            .unwrap()
    }

    pub(crate) fn acceptor_tls(self, certificates: &Certificates) -> rustls::ServerConfig {
        let rustls = self.glue.rustls(self.exchange, self.suite);
        let roots = certificates.roots.clone();
        let verifier = WebPkiClientVerifier::builder_with_provider(roots, rustls.clone());
        rustls::ServerConfig::builder_with_provider(rustls)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_client_cert_verifier(verifier.build().unwrap())
            .with_single_cert(
                certificates.acceptor.chain.clone(),
                certificates.acceptor.key(),
            )
            .unwrap()
    }

    /// An endpoint that dials.
    pub(crate) fn dialler(self, tls: rustls::ClientConfig) -> (Endpoint, KeyCount) {
        let keys = KeyCount::default();
        let counted = Counted {
            config: self.glue.client(tls),
            keys: keys.clone(),
        };
        let mut endpoint = self.endpoint(None);
        endpoint.set_default_client_config(quinn::ClientConfig::new(Arc::new(counted)));
        (endpoint, keys)
    }

    /// An endpoint that accepts.
    pub(crate) fn acceptor(self, tls: rustls::ServerConfig) -> (Endpoint, KeyCount) {
        let keys = KeyCount::default();
        let counted = Counted {
            config: self.glue.server(tls),
            keys: keys.clone(),
        };
        let token_key = Arc::new(TokenKey::new(&[9; 64]));
        let config = quinn::ServerConfig::new(Arc::new(counted), token_key);
        (self.endpoint(Some(config)), keys)
    }

    fn endpoint(self, server: Option<quinn::ServerConfig>) -> Endpoint {
        let config = self.glue.provider().endpoint_config().unwrap();
        Endpoint::new(config, server, socket(), Arc::new(TokioRuntime)).unwrap()
    }
}

/// Both ends of a connection, and what has to live as long.
pub(crate) struct Pair {
    pub(crate) dialler: Connection,
    pub(crate) acceptor: Connection,
    pub(crate) dialler_keys: KeyCount,
    pub(crate) acceptor_keys: KeyCount,
    _endpoints: [Endpoint; 2],
}

impl Pair {
    /// Connects them, after one Retry, each vouched for by its certificate.
    pub(crate) async fn connect(
        dialler: Side,
        acceptor: Side,
        certificates: &Certificates,
    ) -> Self {
        let (from, dialler_keys) = dialler.dialler(dialler.dialler_tls(certificates));
        let (to, acceptor_keys) = acceptor.acceptor(acceptor.acceptor_tls(certificates));
        let address = to.local_addr().unwrap();
        let dial = async { from.connect(address, ACCEPTOR).unwrap().await.unwrap() };
        let (dialled, accepted) = tokio::join!(dial, accept_after_retry(&to));
        assert_eq!(peer_of(&dialled), certificates.acceptor.chain);
        assert_eq!(peer_of(&accepted), certificates.dialler.chain);
        Self {
            dialler: dialled,
            acceptor: accepted,
            dialler_keys,
            acceptor_keys,
            _endpoints: [from, to],
        }
    }
}

async fn accept_after_retry(endpoint: &Endpoint) -> Connection {
    let mut retries = 0;
    loop {
        let incoming = endpoint.accept().await.unwrap();
        if incoming.remote_address_validated() {
            assert!(retries > 0, "an address was believed without a Retry");
            return incoming.await.unwrap();
        }
        incoming.retry().unwrap();
        retries += 1;
    }
}

/// What our glue says of a handshake.
pub(crate) fn handshake(connection: &Connection) -> HandshakeData {
    let data = connection.handshake_data().unwrap();
    *data.downcast().unwrap()
}

fn peer_of(connection: &Connection) -> Vec<CertificateDer<'static>> {
    let identity = connection.peer_identity().unwrap();
    *identity.downcast().unwrap()
}

pub(crate) fn socket() -> UdpSocket {
    UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap()
}

/// Runs on one thread, and not for ever: what waits for what never comes is told from what is slow.
pub(crate) fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let limited = tokio::time::timeout(Duration::from_secs(240), test);
        limited.await.expect("it takes seconds, not minutes")
    })
}

//! Somebody who speaks QUIC and TLS, but not as quibus does.

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;

use quibus_quic::{KeyExchange, Provider};
use quinn::{Connection, ConnectionError, Endpoint, TokioRuntime, TransportConfig};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::version::TLS13;

use crate::station::soon;

type Certificate = (CertificateDer<'static>, PrivateKeyDer<'static>);

/// A plain quinn endpoint.
pub(crate) struct Stranger {
    endpoint: Endpoint,
    root: CertificateDer<'static>,
    transport: Arc<TransportConfig>,
}

impl Stranger {
    /// One that dials; it trusts `root` and asks for the name `quibus` in the certificate.
    pub(crate) fn dialling(root: CertificateDer<'static>) -> Self {
        let endpoint = endpoint(None);
        let transport = Arc::default();
        Self {
            endpoint,
            root,
            transport,
        }
    }

    /// The same, and it lets the other side open no stream.
    pub(crate) fn granting_no_streams(mut self) -> Self {
        let mut transport = TransportConfig::default();
        transport.max_concurrent_uni_streams(0_u8.into());
        self.transport = Arc::new(transport);
        self
    }

    /// One that accepts anybody, showing this certificate.
    pub(crate) fn accepting(certificate: Certificate) -> (Endpoint, String) {
        let mut tls = rustls::ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&TLS13])
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.0], certificate.1)
            .unwrap();
        tls.alpn_protocols = vec![b"quibus/1".to_vec()];
        let config = Provider::best().server_config(Arc::new(tls)).unwrap();
        let endpoint = endpoint(Some(config));
        let address = endpoint.local_addr().unwrap().to_string();
        (endpoint, address)
    }

    /// Begins a dial, showing `certificate` if there is one.
    pub(crate) fn connect(
        &self,
        address: &str,
        protocol: &str,
        certificate: Option<Certificate>,
    ) -> quinn::Connecting {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(self.root.clone()).unwrap();
        let builder = rustls::ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&TLS13])
            .unwrap()
            .with_root_certificates(roots);
        let mut tls = match certificate {
            Some((certificate, key)) => builder
                .with_client_auth_cert(vec![certificate], key)
                .unwrap(),
            None => builder.with_no_client_auth(),
        };
        tls.alpn_protocols = vec![protocol.as_bytes().to_vec()];
        let mut config = Provider::best().client_config(Arc::new(tls)).unwrap();
        config.transport_config(self.transport.clone());
        self.endpoint
            .connect_with(config, address.parse().unwrap(), "quibus")
            .unwrap()
    }

    /// Dials and waits until the other side has closed: the TLS alert it sent.
    pub(crate) async fn alert(
        &self,
        address: &str,
        protocol: &str,
        certificate: Option<Certificate>,
    ) -> u64 {
        let error = match soon(self.connect(address, protocol, certificate)).await {
            Ok(connection) => soon(connection.closed()).await,
            Err(error) => error,
        };
        match error {
            ConnectionError::ConnectionClosed(close) => u64::from(close.error_code) - 0x100,
            other => panic!("not a TLS alert: {other:?}"),
        }
    }

    /// Dials with a proper certificate and waits until it was accepted.
    pub(crate) async fn accepted(&self, address: &str, certificate: Certificate) -> Connection {
        let connecting = self.connect(address, "quibus/1", Some(certificate));
        let connection = soon(connecting).await.unwrap();
        let mut welcome = soon(connection.accept_uni()).await.unwrap();
        assert_eq!(soon(welcome.read_to_end(1)).await.unwrap(), b"");
        connection
    }
}

fn endpoint(server: Option<quinn::ServerConfig>) -> Endpoint {
    let socket = UdpSocket::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let config = Provider::best().endpoint_config().unwrap();
    Endpoint::new(config, server, socket, Arc::new(TokioRuntime)).unwrap()
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Provider::best().rustls(KeyExchange::X25519).unwrap()
}

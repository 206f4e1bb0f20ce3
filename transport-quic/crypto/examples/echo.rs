//! Plain quinn without C: a server and a client in one process, nothing of Quibus.
//!
//! `cargo run -p quibus-quic-crypto --example echo [graviola | rustcrypto]`

use std::error::Error;
use std::net::{Ipv4Addr, UdpSocket};
use std::sync::Arc;

use quibus_quic_crypto::{HandshakeData, KeyExchange, KeyKind, PrivateKey, Provider};
use quinn::{Endpoint, TokioRuntime};
use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::version::TLS13;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let provider = match std::env::args().nth(1) {
        Some(name) => name.parse()?,
        None => Provider::best(),
    };
    let (certificate, key) = self_signed(provider)?;
    let server = server(provider, certificate.clone(), key)?;
    let address = server.local_addr()?;
    tokio::spawn(echo(server));

    let client = client(provider, certificate)?;
    let connection = client.connect(address, "localhost")?.await?;
    // The type is this crate's, whatever the provider, except with ring, where it is quinn's.
    if let Some(Ok(agreed)) = connection
        .handshake_data()
        .map(|d| d.downcast::<HandshakeData>())
    {
        println!(
            "{provider}: {:?}, {:?}",
            agreed.cipher_suite, agreed.key_exchange
        );
    }
    let (mut send, mut receive) = connection.open_bi().await?;
    send.write_all(b"no C was compiled for this").await?;
    send.finish()?;
    let answer = receive.read_to_end(1024).await?;
    println!("{}", String::from_utf8_lossy(&answer));
    connection.close(0_u8.into(), b"done");
    client.wait_idle().await;
    Ok(())
}

/// Sends back what every stream of one connection says.
async fn echo(server: Endpoint) -> Option<()> {
    let connection = server.accept().await?.await.ok()?;
    while let Ok((mut send, mut receive)) = connection.accept_bi().await {
        let said = receive.read_to_end(1024).await.ok()?;
        send.write_all(&said).await.ok()?;
        send.finish().ok()?;
    }
    Some(())
}

fn server(
    provider: Provider,
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
) -> Result<Endpoint, Box<dyn Error>> {
    // Both of rustls's builders get the provider: neither then looks for one of the process.
    let tls =
        rustls::ServerConfig::builder_with_provider(provider.rustls(KeyExchange::PostQuantum)?)
            .with_protocol_versions(&[&TLS13])?
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)?;
    let config = provider.server_config(Arc::new(tls))?;
    endpoint(provider, Some(config))
}

fn client(
    provider: Provider,
    trusted: CertificateDer<'static>,
) -> Result<Endpoint, Box<dyn Error>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted)?;
    let tls =
        rustls::ClientConfig::builder_with_provider(provider.rustls(KeyExchange::PostQuantum)?)
            .with_protocol_versions(&[&TLS13])?
            .with_root_certificates(roots)
            .with_no_client_auth();
    let mut endpoint = endpoint(provider, None)?;
    endpoint.set_default_client_config(provider.client_config(Arc::new(tls))?);
    Ok(endpoint)
}

/// Instead of `Endpoint::client` and `Endpoint::server`, which quinn has with a C provider only.
fn endpoint(
    provider: Provider,
    server: Option<quinn::ServerConfig>,
) -> Result<Endpoint, Box<dyn Error>> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    let config = provider.endpoint_config()?;
    Ok(Endpoint::new(
        config,
        server,
        socket,
        Arc::new(TokioRuntime),
    )?)
}

/// A certificate for `localhost`, whose key this crate makes and signs with.
fn self_signed(
    provider: Provider,
) -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), Box<dyn Error>> {
    let key = Signer(PrivateKey::generate(provider, KeyKind::Ed25519)?);
    let mut params = rcgen::CertificateParams::new(["localhost".to_owned()])?;
    params.serial_number = Some(1_u64.into());
    let certificate = params.self_signed(&key)?;
    Ok((certificate.der().clone(), key.0.der().clone_key()))
}

/// rcgen's view of a key.
struct Signer(PrivateKey);

impl rcgen::PublicKeyData for Signer {
    fn der_bytes(&self) -> &[u8] {
        self.0.public_bits()
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &rcgen::PKCS_ED25519
    }
}

impl rcgen::SigningKey for Signer {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        let signed = self.0.sign(message);
        signed.map_err(|_| rcgen::Error::RemoteKeyError)
    }
}

//! Cryptography for [quinn](https://docs.rs/quinn) without C: no compiler, assembler or cmake
//! beside rustc, and the handshake rate and throughput of `ring`.
//!
//! quinn comes with glue to rustls for providers that are written in C. This crate is that glue
//! for *any* rustls provider, and two providers to go with it: graviola, fast and made of
//! formally verified assembly, and RustCrypto for processors that graviola refuses.
//! [`Provider::best`] chooses. The latter is the feature `rustcrypto`, on by default.
//!
//! ```no_run
//! use std::sync::Arc;
//! use quibus_quic_crypto::{KeyExchange, Provider};
//!
//! # fn certificate() -> (Vec<rustls::pki_types::CertificateDer<'static>>, rustls::pki_types::PrivateKeyDer<'static>) { unimplemented!() }
//! let provider = Provider::best();
//! let (chain, key) = certificate();
//! let tls = rustls::ServerConfig::builder_with_provider(provider.rustls(KeyExchange::X25519)?)
//!     .with_protocol_versions(&[&rustls::version::TLS13])?
//!     .with_no_client_auth()
//!     .with_single_cert(chain, key)?;
//! let endpoint = provider.endpoint_config()?;
//! let server = provider.server_config(Arc::new(tls))?;
//! // quinn::Endpoint::new(endpoint, Some(server), socket, runtime)
//! # let _ = (endpoint, server);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | module | what it settles |
//! | --- | --- |
//! | `provider`, `key_exchange`, `provider_error` | which implementation, and what it offers in which order |
//! | `suites` | a provider's TLS 1.3 suites, made fit for QUIC |
//! | `aead` | packet protection and header protection (RFC 9001 §5) by each implementation |
//! | `tls_session`, `tls_client`, `tls_server` | quinn's view of a handshake, over rustls |
//! | `quic_keys` | quinn's view of rustls's keys |
//! | `retry_tag`, `token_key`, `reset_key` | what an endpoint proves without a handshake |
//! | `private_key` | keys for certificates: made, loaded, signing |
//! | `key_loader` (feature `rustcrypto`) | RustCrypto's private keys, which say what their public keys are |
//! | `fuzzing` (feature) | what fuzzers attack here, and what attackers need |
//! | `vectors` | tests only: what RFC 9001 says that all of this has to give |
//!
//! The README has the choices and their reasons, what was tested, and what was measured.

mod aead;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod key_exchange;
#[cfg(feature = "rustcrypto")]
mod key_loader;
mod private_key;
mod provider;
mod provider_error;

mod quic_keys;
mod reset_key;
mod retry_tag;
mod suites;
mod tls_client;
mod tls_server;
mod tls_session;
mod token_key;
#[cfg(test)]
mod vectors;

pub use key_exchange::KeyExchange;
pub use private_key::{KeyKind, PrivateKey};
pub use provider::Provider;
pub use provider_error::ProviderError;
pub use reset_key::ResetKey;
pub use tls_client::TlsClient;
pub use tls_server::TlsServer;
pub use tls_session::HandshakeData;
pub use token_key::TokenKey;

//! Both sides' configurations, made once per provider and kept.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use quibus::transport::{BindError, Expected};
use quibus_certs::Credentials;
use quibus_quic_crypto::{Provider, TokenKey};
use quinn_proto::{
    ClientConfig, ConnectionId, ConnectionIdGenerator, EndpointConfig, InvalidCid, ServerConfig,
    TransportConfig,
};
use rustls::SignatureScheme;
use rustls::client::ResolvesClientCert;
use rustls::sign::CertifiedKey;

use super::garbler::Garbler;
use super::script::Script;
use crate::QuicConfig;
use crate::settings;
use crate::tls::{TlsConfiguration, Verdict};
use quibus_quic_crypto::fuzzing::TlsAttacker;

/// Who meets whom.
#[derive(Debug, Clone)]
pub struct Identities {
    /// The victim's.
    pub victim: Credentials,
    /// An attacker's that the victim trusts.
    pub trusted: Credentials,
    /// An attacker's from a CA that nobody trusts.
    pub stranger: Credentials,
    /// Whom the victim expects where it dials: the attacker.
    pub expected: Expected,
}

/// Short, so that a victim's patience ends after few time-outs.
const IDLE: Duration = Duration::from_secs(5);

/// Everything that is the same in all duels of one provider.
pub(super) struct Stock {
    pub(super) endpoint: Arc<EndpointConfig>,
    pub(super) accepting: Arc<ServerConfig>,
    victim: TlsConfiguration,
    trusted: Attackers,
    stranger: Attackers,
    nobody: Arc<rustls::ClientConfig>,
    transport: Arc<TransportConfig>,
    expected: Expected,
}

/// What TLS an attacker is configured with before it garbles it.
struct Attackers {
    dialling: Arc<rustls::ClientConfig>,
    accepting: Arc<rustls::ServerConfig>,
}

impl Stock {
    pub(super) fn new(provider: Provider, identities: &Identities) -> Result<Self, BindError> {
        let tls = |credentials: &Credentials| {
            TlsConfiguration::deterministic(&QuicConfig {
                provider,
                ..QuicConfig::new(credentials.clone())
            })
        };
        let victim = tls(&identities.victim)?;
        let transport = Arc::new(settings::link(IDLE, Arc::new(AtomicBool::new(false))));
        // An attacker expects whomever it meets.
        let meets = Expected::Peer(match identities.victim.id().identity() {
            quibus::Identity::Peer(peer) => peer.clone(),
            other => return Err(unusable(&format!("{other} is no peer"))),
        });
        let attackers = |credentials: &Credentials| -> Result<Attackers, BindError> {
            let tls = tls(credentials)?;
            let dialling = tls.dialling_tls(&meets, Verdict::default());
            Ok(Attackers {
                dialling: Arc::new(dialling.map_err(|error| unusable(&error))?),
                accepting: Arc::new(tls.accepting_tls()?),
            })
        };
        let trusted = attackers(&identities.trusted)?;
        let mut nobody = (*trusted.dialling).clone();
        nobody.client_auth_cert_resolver = Arc::new(Nothing);
        let mut endpoint = settings::endpoint(victim.endpoint()?);
        endpoint
            .rng_seed(Some([7; 32]))
            .cid_generator(|| Box::new(CountedIds::default()));
        Ok(Self {
            endpoint: Arc::new(endpoint),
            accepting: Arc::new(settings::accepting(victim.accepting()?, transport.clone())),
            victim,
            stranger: attackers(&identities.stranger)?,
            trusted,
            nobody: Arc::new(nobody),
            transport,
            expected: identities.expected.clone(),
        })
    }

    /// The victim's, where it dials.
    pub(super) fn dialling(&self) -> Result<ClientConfig, BindError> {
        let dialling = self.victim.dialling(&self.expected, Verdict::default());
        Ok(self.as_dialler(dialling.map_err(|error| unusable(&error))?, 0))
    }

    /// The attacker's, where it dials.
    pub(super) fn attacker_dialling(
        &self,
        trusted: bool,
        script: &Script,
        garbler: &Arc<Garbler>,
        dial: u8,
    ) -> Result<ClientConfig, BindError> {
        let tls = match trusted {
            true => &self.trusted.dialling,
            false if script.is(Script::SHOWS_NOTHING) => &self.nobody,
            false => &self.stranger.dialling,
        };
        let attacker = TlsAttacker::dialling(tls.clone(), garbler.clone());
        let attacker = attacker.ok_or_else(|| unusable(&"no suite"))?;
        Ok(self.as_dialler(ClientConfig::new(Arc::new(attacker)), dial))
    }

    /// The attacker's, where it is dialled.
    pub(super) fn attacker_accepting(
        &self,
        trusted: bool,
        garbler: &Arc<Garbler>,
    ) -> Result<ServerConfig, BindError> {
        let tls = if trusted {
            &self.trusted
        } else {
            &self.stranger
        };
        let attacker = TlsAttacker::accepting(tls.accepting.clone(), garbler.clone());
        let attacker = attacker.ok_or_else(|| unusable(&"no suite"))?;
        let token_key = Arc::new(TokenKey::new(&[7; 64]));
        let accepting = ServerConfig::new(Arc::new(attacker), token_key);
        Ok(settings::accepting(accepting, self.transport.clone()))
    }

    /// quinn would draw the first connection id; here `dial` tells two of them apart.
    fn as_dialler(&self, mut config: ClientConfig, dial: u8) -> ClientConfig {
        let first = move || ConnectionId::new(&[&b"first contact"[..], &[dial]].concat());
        config
            .transport_config(self.transport.clone())
            .initial_dst_cid_provider(Arc::new(first));
        config.version(settings::QUIC_V1);
        config
    }
}

fn unusable(error: &dyn std::fmt::Display) -> BindError {
    BindError::Settings {
        reason: error.to_string(),
    }
}

/// Connection ids in turn.
#[derive(Default)]
struct CountedIds(u64);

impl ConnectionIdGenerator for CountedIds {
    fn generate_cid(&mut self) -> ConnectionId {
        self.0 += 1;
        ConnectionId::new(&self.0.to_be_bytes())
    }

    fn validate(&self, _: &ConnectionId) -> Result<(), InvalidCid> {
        Ok(())
    }

    fn cid_len(&self) -> usize {
        8
    }

    fn cid_lifetime(&self) -> Option<Duration> {
        None
    }
}

/// Has no certificate to show.
#[derive(Debug)]
struct Nothing;

impl ResolvesClientCert for Nothing {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        None
    }

    fn has_certs(&self) -> bool {
        false
    }
}

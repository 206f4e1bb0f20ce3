//! What code has said about a transport, and what it leaves to the configuration.

use std::time::Duration;

use quibus::config::Config;
use quibus::id::PeerId;
use quibus::transport::BindError;
use quibus_certs::Credentials;
use quibus_quic_crypto::{KeyExchange, Provider};

use crate::quic_config::QuicConfig;
use crate::quic_settings::QuicSettings;

/// What code has said; it wins over the configuration.
#[derive(Debug, Default)]
pub(crate) struct Said {
    /// Everything: the configuration is not asked.
    pub(crate) everything: Option<QuicConfig>,
    pub(crate) credentials: Option<Credentials>,
    pub(crate) listen: Option<String>,
    pub(crate) advertise: Option<String>,
    pub(crate) handshake_timeout: Option<Duration>,
    pub(crate) idle_timeout: Option<Duration>,
    pub(crate) provider: Option<Provider>,
    pub(crate) key_exchange: Option<KeyExchange>,
}

/// What a configuration has said.
#[derive(Debug, Default)]
pub(crate) struct Configured {
    pub(crate) settings: QuicSettings,
    pub(crate) config: Config,
}

impl Said {
    /// What holds for a process called `peer`.
    pub(crate) fn over(
        &self,
        configured: &Configured,
        peer: &PeerId,
    ) -> Result<QuicConfig, BindError> {
        let mut config = match (&self.everything, &self.credentials) {
            (Some(everything), _) => everything.clone(),
            (None, Some(credentials)) => configured.settings.with(credentials.clone()),
            (None, None) => configured.settings.with(configured.credentials(peer)?),
        };
        if let Some(listen) = &self.listen {
            config.listen = Some(listen.clone());
        }
        if let Some(advertise) = &self.advertise {
            config.advertise = Some(advertise.clone());
        }
        config.handshake_timeout = self.handshake_timeout.unwrap_or(config.handshake_timeout);
        config.idle_timeout = self.idle_timeout.unwrap_or(config.idle_timeout);
        config.provider = self.provider.unwrap_or(config.provider);
        config.key_exchange = self.key_exchange.unwrap_or(config.key_exchange);
        Ok(config)
    }
}

impl Configured {
    fn credentials(&self, peer: &PeerId) -> Result<Credentials, BindError> {
        #[cfg(feature = "dev")]
        if self.settings.certificate.is_none()
            && let Some(made) = crate::development::credentials(&self.config, peer)
        {
            return made;
        }
        self.settings
            .credentials(&self.config)
            .map_err(|error| match error {
                BindError::Identity { reason } => BindError::Identity {
                    reason: format!("{reason}\n(this process is {peer})"),
                },
                other => other,
            })
    }
}

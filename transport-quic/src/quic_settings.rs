//! What a configuration says about QUIC.

use std::path::PathBuf;
use std::time::Duration;

use quibus::config::{Config, ConfigError, ConfigFault, Section, Setting, Value, choice, section};
use quibus::transport::BindError;
use quibus_certs::{Credentials, CredentialsError};
use quibus_quic_crypto::{KeyExchange, Provider};

use crate::quic_config::QuicConfig;

section! {
    /// Where this process listens, and who it is.
    pub struct QuicSettings in "quic" {
        /// UDP address to listen on, port 0 for a free one. Without it: a free port on every interface.
        listen: Option<String> = None, like "\"0.0.0.0:7465\"";
        /// What others are told to dial, if it is not what is listened on.
        advertise: Option<String> = None, like "\"shop.example:7465\"";
        /// The certificate, PEM, with intermediates after it.
        certificate: Option<PathBuf> = None, like "\"/etc/quibus/peer.pem\"";
        /// Its private key, readable by its owner only.
        key: Option<PathBuf> = None, like "\"/etc/quibus/peer.key\"";
        /// The CA bundle that both sides' certificates must come from.
        ca: Option<PathBuf> = None, like "\"/etc/quibus/ca.pem\"";
        /// Who does the cryptography: "best", "graviola" or "rustcrypto" ("ring" if built with it).
        provider: ProviderChoice = ProviderChoice::Best;
        /// How secrets are agreed on: "x25519", or "post-quantum" for X25519MLKEM768.
        key_exchange: KeyExchangeChoice = KeyExchangeChoice(KeyExchange::X25519);
        /// How long a handshake may take, dialled or accepted.
        handshake_timeout: Duration = Duration::from_secs(5);
        /// A link without a single packet for this long is broken; longer than bus.idle_after.
        idle_timeout: Duration = Duration::from_secs(75);
        /// New links that one address may begin per second.
        handshakes_per_second: u32 = 50;
        /// Links at once, from which on no more are accepted.
        max_links: usize = 4096;
    }
}

/// A provider of cryptography, or the best for this processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProviderChoice {
    /// [`Provider::best`].
    Best,
    /// This one.
    This(Provider),
}

/// A [`KeyExchange`] by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyExchangeChoice(pub KeyExchange);

const KEY_EXCHANGES: &[(&str, KeyExchange)] = &[
    ("x25519", KeyExchange::X25519),
    ("post-quantum", KeyExchange::PostQuantum),
];

impl QuicSettings {
    /// What a configuration says.
    ///
    /// # Errors
    /// As [`Config::section`], every limit of zero, which would let nobody in, and an address to
    /// advertise that nobody could dial.
    pub fn of(config: &Config) -> Result<Self, ConfigError> {
        let settings: Self = config.section()?;
        let are_zero = [
            ("handshake_timeout", settings.handshake_timeout.is_zero()),
            ("idle_timeout", settings.idle_timeout.is_zero()),
            ("handshakes_per_second", settings.handshakes_per_second == 0),
            ("max_links", settings.max_links == 0),
        ];
        config.above_zero(Self::NAME, &are_zero)?;
        match &settings.advertise {
            Some(address) if !can_be_dialled(address) => {
                let cure = "others dial it: write host:port, as in \"shop.example:7465\"";
                let value = format!("\"{}\"", address.escape_debug());
                Err(config.unfit(Self::NAME, "advertise", value, cure).into())
            }
            _ => Ok(settings),
        }
    }

    /// The transport's configuration by these settings, with the credentials that they name.
    ///
    /// # Errors
    /// If a file is not named, or can't be used.
    pub fn quic_config(&self, config: &Config) -> Result<QuicConfig, BindError> {
        Ok(self.with(self.credentials(config)?))
    }

    /// The transport's configuration by these settings, with credentials from elsewhere.
    pub fn with(&self, credentials: Credentials) -> QuicConfig {
        QuicConfig {
            listen: self.listen.clone(),
            advertise: self.advertise.clone(),
            credentials,
            provider: match self.provider {
                ProviderChoice::Best => Provider::best(),
                ProviderChoice::This(provider) => provider,
            },
            key_exchange: self.key_exchange.0,
            handshake_timeout: self.handshake_timeout,
            idle_timeout: self.idle_timeout,
            handshakes_per_second: self.handshakes_per_second,
            max_links: self.max_links,
        }
    }

    /// The credentials in the three files.
    ///
    /// # Errors
    /// If one is not named, or can't be used.
    pub fn credentials(&self, config: &Config) -> Result<Credentials, BindError> {
        let files = [
            ("certificate", &self.certificate),
            ("key", &self.key),
            ("ca", &self.ca),
        ];
        if let (Some(certificate), Some(key), Some(ca)) = (&self.certificate, &self.key, &self.ca) {
            return Credentials::load(certificate, key, ca).map_err(|error| BindError::Identity {
                reason: self.reason(&error, config),
            });
        }
        let missing = files.into_iter().filter(|(_, file)| file.is_none());
        let faults = missing.map(|(key, _)| config.missing("quic", key, ""));
        let faults: Vec<_> = faults.map(|fault: ConfigFault| fault.to_string()).collect();
        Err(BindError::Identity {
            reason: faults.join("\n"),
        })
    }
}

impl QuicSettings {
    /// What is wrong with the credentials; of a file that can't be read, which setting names it.
    fn reason(&self, error: &CredentialsError, config: &Config) -> String {
        let CredentialsError::Read { origin, .. } = error else {
            return error.to_string();
        };
        let files = [
            ("certificate", &self.certificate),
            ("key", &self.key),
            ("ca", &self.ca),
        ];
        let is_it = |file: &Option<PathBuf>| {
            let file = file.as_ref().map(|file| file.display().to_string());
            file.as_ref() == Some(origin)
        };
        match files.into_iter().find(|(_, file)| is_it(file)) {
            Some((key, _)) => format!(
                "{error}; it is quic.{key}, by {}: correct that, or bring the file there",
                config.origin(Self::NAME, key)
            ),
            None => error.to_string(),
        }
    }
}

impl Setting for ProviderChoice {
    fn read(value: &Value) -> Result<Self, String> {
        let this = |provider: &Provider| (provider.name(), Self::This(*provider));
        let words: Vec<_> = [("best", Self::Best)]
            .into_iter()
            .chain(Provider::ALL.iter().map(this))
            .collect();
        let chosen = choice(value, &words)?;
        match chosen {
            Self::This(provider) if !provider.is_supported() => {
                Err("this processor cannot run it; write \"best\"".into())
            }
            usable => Ok(usable),
        }
    }

    fn show(&self) -> Option<String> {
        let name = match self {
            Self::Best => "best",
            Self::This(provider) => provider.name(),
        };
        name.to_owned().show()
    }
}

impl Setting for KeyExchangeChoice {
    fn read(value: &Value) -> Result<Self, String> {
        choice(value, KEY_EXCHANGES).map(Self)
    }

    fn show(&self) -> Option<String> {
        let name = KEY_EXCHANGES.iter().find(|(_, this)| *this == self.0);
        name.and_then(|(name, _)| name.to_string().show())
    }
}

/// Whether this has the form of an address with a port.
fn can_be_dialled(address: &str) -> bool {
    let parts = address.rsplit_once(':');
    parts.is_some_and(|(host, port)| {
        !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port != 0)
    })
}

#[cfg(test)]
mod tests {
    use quibus::config::ConfigLoader;

    use super::*;

    fn settings(text: &str) -> Result<QuicSettings, String> {
        let config = ConfigLoader::new().text("quibus.toml", text).load();
        let settings = config.and_then(|config| QuicSettings::of(&config));
        settings.map_err(|error| error.to_string())
    }

    #[test]
    fn nothing_said_is_the_transports_own_defaults() {
        let ca = quibus_certs::issue::DevelopmentCa::create(
            "test",
            quibus_certs::issue::DevelopmentCa::VALID_FOR,
        )
        .unwrap();
        let shop = quibus::Identity::Peer("Shop.0".parse().unwrap());
        let issued = ca.issue(&shop, quibus_certs::issue::Validity::default());
        let credentials = issued.unwrap().credentials().unwrap();
        let said = QuicSettings::default().with(credentials.clone());
        let default = QuicConfig::new(credentials);
        assert_eq!(format!("{said:?}"), format!("{default:?}"));
    }

    #[test]
    fn providers_and_key_exchanges_are_named() {
        let read = settings("[quic]\nprovider = \"rustcrypto\"\nkey_exchange = \"post-quantum\"\n");
        let read = read.unwrap();
        assert_eq!(read.provider, ProviderChoice::This(Provider::RustCrypto));
        assert_eq!(read.key_exchange.0, KeyExchange::PostQuantum);
        let text = settings("[quic]\nkey_exchange = \"rsa\"\n").unwrap_err();
        let cure = "quic.key_exchange cannot be \"rsa\": it is one of \"x25519\", \"post-quantum\"";
        assert_eq!(text, format!("quibus.toml:2:1: {cure}"));
        let text = settings("[quic]\nprovider = \"openssl\"\n").unwrap_err();
        assert!(
            text.contains("\"best\"") && text.contains("\"rustcrypto\""),
            "{text}"
        );
    }

    #[test]
    fn limits_that_would_let_nobody_in_are_refused() {
        let text = "[quic]\nmax_links = 0\nhandshake_timeout = \"0s\"\n";
        let expected = "quibus.toml:2:1: quic.max_links cannot be zero: it has to be more than that\n\
                        quibus.toml:3:1: quic.handshake_timeout cannot be zero: it has to be more \
                        than that";
        assert_eq!(settings(text).unwrap_err(), expected);
    }

    #[test]
    fn an_address_that_nobody_could_dial_is_not_advertised() {
        for text in ["shop.example", ":7465", "shop:0", "shop:http"] {
            let said = settings(&format!("[quic]\nadvertise = \"{text}\"\n")).unwrap_err();
            assert!(
                said.starts_with("quibus.toml:2:1: quic.advertise"),
                "{said}"
            );
        }
        for text in ["shop.example:7465", "[::1]:7465"] {
            assert!(settings(&format!("[quic]\nadvertise = \"{text}\"\n")).is_ok());
        }
    }

    #[test]
    fn a_file_that_is_not_there_is_told_with_the_setting_that_names_it() {
        let text =
            "[quic]\ncertificate = \"/no/c.pem\"\nkey = \"/no/k.pem\"\nca = \"/no/ca.pem\"\n";
        let config = ConfigLoader::new().text("quibus.toml", text).load();
        let config = config.unwrap();
        let settings: QuicSettings = config.section().unwrap();
        let text = settings.credentials(&config).unwrap_err().to_string();
        assert!(
            text.contains("/no/c.pem") && text.contains("quic.certificate, by quibus.toml:2:1"),
            "{text}"
        );
    }

    #[test]
    fn files_that_are_not_named_are_asked_for() {
        let config = ConfigLoader::new().text("quibus.toml", "[quic]\nca = \"ca.pem\"\n");
        let config = config.load().unwrap();
        let settings: QuicSettings = config.section().unwrap();
        let text = settings.credentials(&config).unwrap_err().to_string();
        assert!(text.contains("quic.certificate is not set"), "{text}");
        assert!(
            text.contains("QUIBUS_QUIC__KEY") && !text.contains("quic.ca"),
            "{text}"
        );
    }
}

//! An environment that a user has at hand.

use std::path::{Path, PathBuf};

use super::config::Config;
use super::config_error::{ConfigError, ConfigFault};
use super::origin::Origin;
use super::reference;
use super::section::{Section, section};
use super::text_file;

section! {
    /// An environment that a user has at hand: where its directories are, whom to trust there, and
    /// as whom to appear.
    ///
    /// It is a file `<name>.toml` in the folder of [`Contexts`](crate::config::Contexts), with the
    /// one section `[context]`. Paths in it are meant from its folder.
    pub struct Context in "context" {
        /// The trust domain that every certificate there names.
        environment: String = String::new(), like "\"dev\"";
        /// Directory servers, `host:port` each.
        directories: Vec<String> = Vec::new(), like "[\"127.0.0.1:7465\"]";
        /// The CA bundle, PEM.
        ca: PathBuf = PathBuf::new(), like "\"dev/ca.pem\"";
        /// The folder of the development CA with its key, from which a service built with feature `dev` makes itself a certificate.
        authority: Option<PathBuf> = None, like "\"dev\"";
        /// The certificate by which the tool sends, publishes and listens: /service/Cli.
        tool_certificate: Option<PathBuf> = None, like "\"dev/service-Cli.pem\"";
        /// Its key.
        tool_key: Option<PathBuf> = None, like "\"dev/service-Cli.key\"";
        /// The certificate by which the tool reads what the directory knows: /operator/….
        operator_certificate: Option<PathBuf> = None, like "\"dev/operator-dev.pem\"";
        /// Its key.
        operator_key: Option<PathBuf> = None, like "\"dev/operator-dev.key\"";
    }
}

impl Context {
    /// An environment with its directories and its CA bundle; everything else is set by field.
    pub fn new(
        environment: impl Into<String>,
        directories: Vec<String>,
        ca: impl Into<PathBuf>,
    ) -> Self {
        Self {
            environment: environment.into(),
            directories,
            ca: ca.into(),
            ..Self::default()
        }
    }

    /// Reads a context's file.
    ///
    /// # Errors
    /// If it can't be read, or says something else than a context.
    pub fn load(file: impl AsRef<Path>) -> Result<Self, ConfigError> {
        let file = file.as_ref();
        Self::from_text(file, &text_file::read(file)?)
    }

    /// Its file's text.
    pub fn to_text(&self) -> String {
        reference::written(self)
    }

    fn from_text(file: &Path, text: &str) -> Result<Self, ConfigError> {
        let mut config = Config::default();
        text_file::lay(file, text, &mut config)?;
        if let Some(strange) = config.sections.keys().find(|name| *name != Self::NAME) {
            return Err(ConfigFault::Unknown {
                origin: Origin::Context(file.to_owned()),
                what: "section".into(),
                name: strange.clone(),
                cure: "a context has the section [context] alone".into(),
            }
            .into());
        }
        let context: Self = config.section()?;
        let missing = [
            ("environment", context.environment.is_empty()),
            ("directories", context.directories.is_empty()),
            ("ca", context.ca.as_os_str().is_empty()),
        ];
        let faults = missing.into_iter().filter(|(_, is_missing)| *is_missing);
        let faults = faults.map(|(key, _)| ConfigFault::Missing {
            key: format!("{}: context.{key}", file.display()),
            cure: "write the context anew: `quibus up` does it for a development bus".into(),
        });
        ConfigError::unless_empty(faults.collect())?;
        Ok(context)
    }
}

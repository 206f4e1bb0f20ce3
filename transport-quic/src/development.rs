//! A certificate made on the spot, for services on a developer's machine (feature `dev`).

use std::time::Duration;

use quibus::Identity;
use quibus::config::Config;
use quibus::id::PeerId;
use quibus::transport::BindError;
use quibus_certs::Credentials;
use quibus_certs::issue::{DevelopmentCa, Validity};

/// How long such a certificate is valid: longer than a day's work, shorter than a secret stays one.
const VALID_FOR: Duration = Duration::from_secs(24 * 3600);

/// Credentials for `peer` from the development CA of the user's context; `None` if there is no
/// context, or it has no such CA.
pub(crate) fn credentials(
    config: &Config,
    peer: &PeerId,
) -> Option<Result<Credentials, BindError>> {
    let chosen = config.context()?;
    let authority = chosen.context.authority.as_ref()?;
    let unusable = |reason: String| BindError::Identity {
        reason: format!(
            "context {}: {reason}; `quibus up` makes a new development CA",
            chosen.file.display()
        ),
    };
    let made = DevelopmentCa::load(authority)
        .and_then(|ca| ca.issue(&Identity::Peer(peer.clone()), Validity::For(VALID_FOR)))
        .map_err(|error| unusable(error.to_string()));
    let credentials = made.and_then(|issued| {
        let credentials = issued.credentials();
        credentials.map_err(|error| unusable(error.to_string()))
    });
    tracing::warn!(%peer, context = chosen.name, authority = %authority.display(),
        "made itself a certificate for a day: built with feature `dev`, which is not for production");
    Some(credentials)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use quibus::config::{ConfigLoader, Context, NamedContext};
    use quibus::transport::{Bound, Transport};
    use tokio::sync::mpsc;

    use super::*;
    use crate::quic::Quic;

    async fn bind(authority: &Path) -> Result<Bound, BindError> {
        let directories = vec!["127.0.0.1:7465".to_owned()];
        let mut context = Context::new("dev", directories, authority.join("ca.pem"));
        context.authority = Some(authority.to_owned());
        let context = NamedContext {
            name: "dev".into(),
            file: "dev.toml".into(),
            context,
        };
        let config = ConfigLoader::new().context(context).load().unwrap();
        let quic = Quic::new().listen("127.0.0.1:0");
        quic.configure(&config)?;
        let (arrivals, _arriving) = mpsc::channel(1);
        let bound = quic.bind(&"Shop.0".parse().unwrap(), arrivals).await;
        quic.close().await;
        bound
    }

    #[tokio::test]
    async fn a_service_in_a_development_context_makes_itself_a_certificate() {
        let folder = tempfile::tempdir().unwrap();
        let ca = DevelopmentCa::create("dev", DevelopmentCa::VALID_FOR).unwrap();
        ca.save(folder.path()).unwrap();
        let bound = bind(folder.path()).await.unwrap();
        assert_eq!(bound.environment, "dev");
        assert_eq!(bound.identity, Identity::Peer("Shop.0".parse().unwrap()));
    }

    #[tokio::test]
    async fn a_context_whose_ca_is_gone_says_how_to_make_another() {
        let folder = tempfile::tempdir().unwrap();
        let text = bind(folder.path()).await.unwrap_err().to_string();
        assert!(
            text.contains("dev.toml") && text.contains("`quibus up`"),
            "{text}"
        );
    }
}

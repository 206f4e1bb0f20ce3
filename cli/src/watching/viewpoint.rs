//! Where somebody looks from.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use quibus::bus::{ObserveError, Observer};
use quibus::config::{Context, Contexts};
use quibus_certs::{Credentials, CredentialsError};
use quibus_quic::Quic;

use super::typed_viewpoint::TypedViewpoint;
use crate::complaint::Complaint;
use crate::exit_status::ExitStatus;
use crate::whereabouts::{Papers, Whereabouts};

/// Which directories are asked, and by which certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewpoint {
    /// The directories, `host:port` each.
    pub directories: Vec<String>,
    /// The certificate of an operator or an administrator.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// The CAs that vouch for directories.
    pub ca: PathBuf,
    /// How long an answer may take.
    pub timeout: Duration,
}

impl Viewpoint {
    /// What was typed, completed by the context that it names, or else the chosen one.
    ///
    /// # Errors
    /// If there is no such context, or neither says by which certificate to look.
    pub fn new(typed: &TypedViewpoint, contexts: &Contexts) -> Result<Self, Complaint> {
        let papers = Papers::typed(&typed.certificate, &typed.key, &typed.ca);
        let of_context = |context: &Context| {
            let (certificate, key) = (&context.operator_certificate, &context.operator_key);
            Papers::of_context(context, certificate, key)
        };
        let whereabouts =
            Whereabouts::new(&typed.place, papers, contexts, of_context, without_operator)?;
        let Whereabouts {
            directories,
            papers:
                Papers {
                    certificate,
                    key,
                    ca,
                },
        } = whereabouts;
        Ok(Self {
            directories,
            certificate,
            key,
            ca,
            timeout: typed.timeout,
        })
    }

    /// Looks for the first time.
    ///
    /// # Errors
    /// If no directory shows itself to this certificate in time.
    pub async fn look(&self) -> Result<Observer, Complaint> {
        let credentials = Credentials::load(&self.certificate, &self.key, &self.ca);
        let credentials = credentials.map_err(|cause| unusable(&cause))?;
        let identity = credentials.id().identity().clone();
        let wire = Arc::new(Quic::with(credentials));
        let observer = Observer::new(wire, &identity, self.directories.clone()).await;
        let mut observer = observer.map_err(|cause| unseen(&cause))?;
        let looked = observer.look(self.timeout).await;
        looked.map_err(|cause| unseen(&cause))?;
        Ok(observer)
    }
}

fn without_operator(context: &str) -> Complaint {
    let tried = format!("the context {context} says nothing about a certificate to look with");
    let help = "issue one with `quibus certs issue operator NAME`, and name it with \
                --certificate, --key and --ca";
    Complaint::new(tried, help).ending(ExitStatus::Denied)
}

fn unusable(cause: &CredentialsError) -> Complaint {
    let help = "`quibus up` renews those of its context; others: quibus certs issue operator NAME";
    Complaint::new("the certificate to look with cannot be used", help)
        .because(cause)
        .ending(ExitStatus::Denied)
}

fn unseen(cause: &ObserveError) -> Complaint {
    let (help, status) = match cause {
        ObserveError::NoDirectory { .. } => (
            "see that it runs: `quibus up` starts a development bus; `quibus certs inspect \
             HOST:PORT` shows who listens at an address",
            ExitStatus::Unreachable,
        ),
        ObserveError::TakesPart { .. } | ObserveError::Refused { .. } => (
            "use a certificate made by: quibus certs issue operator NAME",
            ExitStatus::Denied,
        ),
        _ => ("see what the cause says", ExitStatus::Failed),
    };
    Complaint::new("cannot look at the bus", help)
        .because(cause)
        .ending(status)
}

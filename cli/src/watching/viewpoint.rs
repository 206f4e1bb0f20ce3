//! Where somebody looks from.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use quibus::bus::{ObserveError, Observer};
use quibus::config::{ConfigError, Context, Contexts};
use quibus_certs::{Credentials, CredentialsError};
use quibus_quic::Quic;

use super::typed_viewpoint::TypedViewpoint;
use crate::complaint::Complaint;
use crate::exit_status::ExitStatus;

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
        if let (false, Some(certificate), Some(key), Some(ca)) = (
            typed.directory.is_empty(),
            &typed.certificate,
            &typed.key,
            &typed.ca,
        ) {
            return Ok(Self {
                directories: typed.directory.clone(),
                certificate: certificate.clone(),
                key: key.clone(),
                ca: ca.clone(),
                timeout: typed.timeout,
            });
        }
        let (name, context) = context(typed, contexts)?;
        let directories = match typed.directory.as_slice() {
            [] => context.directories.clone(),
            named => named.to_vec(),
        };
        let (certificate, key, ca) = match (&typed.certificate, &typed.key, &typed.ca) {
            (Some(certificate), Some(key), Some(ca)) => {
                (certificate.clone(), key.clone(), ca.clone())
            }
            _ => match (&context.operator_certificate, &context.operator_key) {
                (Some(certificate), Some(key)) => {
                    (certificate.clone(), key.clone(), context.ca.clone())
                }
                _ => return Err(without_operator(&name)),
            },
        };
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

fn context(typed: &TypedViewpoint, contexts: &Contexts) -> Result<(String, Context), Complaint> {
    let found = match &typed.context {
        Some(name) => contexts.load(name).map(Some),
        None => contexts.chosen(),
    };
    match found {
        Ok(Some(named)) => Ok((named.name, named.context)),
        Ok(None) => {
            let help = "start a development bus with `quibus up`, or name --directory, \
                        --certificate, --key and --ca";
            let tried = "it is not said which directory is meant: no context is selected";
            Err(Complaint::new(tried, help))
        }
        Err(cause) => Err(wrong_context(&cause)),
    }
}

fn wrong_context(cause: &ConfigError) -> Complaint {
    let help = "name another with --context, or start a development bus with `quibus up`";
    Complaint::new("the context cannot be used", help).because(cause)
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

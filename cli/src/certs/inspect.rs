//! `quibus certs inspect`: lays a certificate open.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use quibus_certs::issue::DevelopmentCa;
use quibus_certs::{
    CredentialsError, Inspection, Role, certificates_in, check_chain, inspect_chain,
};
use quibus_quic::{Presented, PresentedError};

use super::default_folder::DefaultFolder;
use super::inspected::render;
use super::place::ENVIRONMENT;
use super::typed_certs::TypedInspect;
use crate::complaint::Complaint;
use crate::exit_status::ExitStatus;
use crate::output_form::OutputForm;
use crate::printed::Printed;

/// How long a server may take to show its certificate.
const PATIENCE: Duration = Duration::from_secs(5);

/// Lays open what is in a file or what a server presents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspect {
    /// Where the certificate comes from.
    pub what: Inspected,
    /// The CA that should vouch for it; if it was not named, it may be missing.
    pub ca: Option<PathBuf>,
    /// Whether the CA was named.
    pub ca_was_named: bool,
    /// The form of the output.
    pub output: OutputForm,
}

/// Where a certificate comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inspected {
    /// A PEM file.
    File(PathBuf),
    /// A server at `host:port`.
    Server(String),
}

/// What a CA says about a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trust {
    /// It vouches for it.
    Vouched(String),
    /// It does not, for this reason.
    Not(String, String),
    /// It is a CA itself, and each of those is trusted or not.
    Authority,
    /// There is none to ask.
    Unknown,
}

impl Inspected {
    /// What was meant: a file that is there comes first.
    pub fn new(what: &str) -> Self {
        let port = what.rsplit_once(':').map(|(_, port)| port.parse::<u16>());
        match port {
            Some(Ok(_)) if !Path::new(what).exists() => Self::Server(what.into()),
            _ => Self::File(what.into()),
        }
    }
}

impl Inspect {
    /// What was typed means this.
    pub fn new(typed: &TypedInspect, default: &DefaultFolder, output: OutputForm) -> Self {
        let what = Inspected::new(&typed.what);
        let beside = match &what {
            Inspected::File(file) => Some(file.with_file_name(DevelopmentCa::CERTIFICATE_FILE)),
            Inspected::Server(_) => {
                let folder = default.of(ENVIRONMENT).ok();
                folder.map(|folder| folder.join(DevelopmentCa::CERTIFICATE_FILE))
            }
        };
        Self {
            what,
            ca_was_named: typed.ca.is_some(),
            ca: typed.ca.clone().or(beside),
            output,
        }
    }

    /// Looks and shows.
    pub async fn perform(&self, now: SystemTime) -> Result<Printed, Complaint> {
        let (origin, chain) = match &self.what {
            Inspected::File(path) => {
                let origin = path.display().to_string();
                let chain = certificates_in(path).map_err(|fault| unreadable(&origin, &fault))?;
                (origin, chain)
            }
            Inspected::Server(address) => {
                let seen = Presented::by(address, PATIENCE).await;
                let seen = seen.map_err(|fault| unseen(address, &fault))?;
                (address.clone(), seen.chain)
            }
        };
        let opened = inspect_chain(&chain, &origin, now);
        let opened: Vec<Inspection> = opened.map_err(|fault| unreadable(&origin, &fault))?;
        let is_authority = |first: &Inspection| first.role == Role::Authority;
        let trust = match &self.ca {
            _ if opened.first().is_some_and(is_authority) => Trust::Authority,
            Some(ca) if self.ca_was_named || ca.exists() => {
                let name = ca.display().to_string();
                let roots = certificates_in(ca).map_err(|fault| unreadable(&name, &fault))?;
                match check_chain(&chain, &roots, now) {
                    Ok(()) => Trust::Vouched(name),
                    Err(reason) => Trust::Not(name, reason),
                }
            }
            _ => Trust::Unknown,
        };
        Ok(Printed {
            text: render(&origin, &opened, &trust, self.output),
            status: ExitStatus::Done,
        })
    }
}

fn unreadable(origin: &str, fault: &CredentialsError) -> Complaint {
    let (help, status) = match fault {
        CredentialsError::Read { fault, .. } => match fault.kind() {
            std::io::ErrorKind::PermissionDenied => (
                "ask its owner; certificates may be read by everybody, keys by nobody else",
                ExitStatus::Denied,
            ),
            std::io::ErrorKind::NotFound => (
                "name a PEM file, or a server as host:port",
                ExitStatus::Nothing,
            ),
            _ => ("name a PEM file", ExitStatus::Failed),
        },
        CredentialsError::WrongKind { .. } => (
            "name the file with the certificate, mostly the one that ends in .pem",
            ExitStatus::Failed,
        ),
        _ => ("name a PEM file with certificates", ExitStatus::Failed),
    };
    Complaint::new(format!("cannot inspect {origin}"), help)
        .because(fault)
        .ending(status)
}

fn unseen(address: &str, fault: &PresentedError) -> Complaint {
    let (help, status) = match fault {
        PresentedError::Address { .. } => ("write it like 127.0.0.1:7465", ExitStatus::Unreachable),
        PresentedError::Silent { .. } => (
            "see that it runs and that the port is right; `quibus up` starts a bus here",
            ExitStatus::Unreachable,
        ),
        _ => (
            "see that a directory or a peer of Quibus listens there",
            ExitStatus::Unreachable,
        ),
    };
    Complaint::new(format!("cannot see what {address} presents"), help)
        .because(fault)
        .ending(status)
}

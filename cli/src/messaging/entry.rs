//! How the tool takes part in a bus.

use std::time::Duration;

use quibus::bus::{Signals, StartError};
use quibus::config::{Context, Contexts};
use quibus::dispatch::Missed;
use quibus::prelude::*;
use quibus::{Bus, Identity};
use quibus_certs::{Credentials, CredentialsError};
use quibus_quic::Quic;

use super::typed_messaging::TypedEntry;
use crate::complaint::Complaint;
use crate::exit_status::ExitStatus;
use crate::printed::Printed;
use crate::whereabouts::{Papers, Whereabouts};

/// How long the tool takes to leave, if nobody answers any more.
const LEAVING: Duration = Duration::from_secs(5);

/// As whom the tool takes part in a bus, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The directories, and the files of a service or a peer.
    pub whereabouts: Whereabouts,
    /// How long a directory may take, and then an outcome.
    pub timeout: Duration,
}

impl Entry {
    /// What was typed, completed by the context that it names, or else the chosen one.
    ///
    /// # Errors
    /// If there is no such context, or neither says by which certificate to take part.
    pub fn new(typed: &TypedEntry, contexts: &Contexts) -> Result<Self, Complaint> {
        let papers = Papers::typed(&typed.certificate, &typed.key, &typed.ca);
        let of_context = |context: &Context| {
            let (certificate, key) = (&context.tool_certificate, &context.tool_key);
            Papers::of_context(context, certificate, key)
        };
        let whereabouts = Whereabouts::new(
            &typed.place,
            papers,
            contexts,
            of_context,
            without_certificate,
        )?;
        Ok(Self {
            whereabouts,
            timeout: typed.timeout,
        })
    }

    /// Takes part: registers a peer, which leaves when its bus is stopped.
    ///
    /// # Errors
    /// If the certificate cannot be used, or no directory registers the tool in time.
    pub async fn join(&self) -> Result<Bus, Complaint> {
        let Whereabouts {
            directories,
            papers,
        } = &self.whereabouts;
        let credentials = Credentials::load(&papers.certificate, &papers.key, &papers.ca);
        let credentials = credentials.map_err(|cause| unusable(&cause))?;
        let name = match credentials.id().identity() {
            Identity::Peer(peer) => peer.to_string(),
            Identity::Service(service) => {
                format!("{service}.{:012x}", fastrand::u64(..1 << 48))
            }
            other => return Err(takes_no_part(other)),
        };
        let mut builder = Bus::builder(&name)
            .transport(Quic::with(credentials))
            .registration_timeout(self.timeout)
            .handle(missed);
        for directory in directories {
            builder = builder.directory(directory);
        }
        builder.start().await.map_err(|cause| not_joined(&cause))
    }

    /// Takes part, does something, and leaves; at Ctrl-C or SIGTERM it leaves before that is done.
    ///
    /// # Errors
    /// As [`join`](Self::join) and what is done; and if something of it is lost on leaving.
    pub async fn during<F>(&self, act: impl FnOnce(Bus) -> F) -> Result<Printed, Complaint>
    where
        F: Future<Output = Result<Printed, Complaint>>,
    {
        let failed = |cause: &(dyn std::error::Error + 'static)| {
            let help = "run it again with RUST_LOG=debug to see what goes on";
            Complaint::new("the tool cannot take part", help).because(cause)
        };
        let mut signals = Signals::listen().map_err(|cause| failed(&cause))?;
        let interrupted = Printed {
            text: String::new(),
            status: ExitStatus::Interrupted,
        };
        let bus = tokio::select! {
            joined = self.join() => joined?,
            _ = signals.next() => return Ok(interrupted),
        };
        let done = tokio::select! {
            done = act(bus.clone()) => done,
            _ = signals.next() => Ok(interrupted),
        };
        let left = bus.stop(LEAVING).await;
        let printed = done?;
        match left {
            Err(cause) if printed.status == ExitStatus::Done => {
                let help = "see with `quibus peers` who is silent, and send it again if it is not \
                            known to have arrived";
                Err(Complaint::new("not everything was delivered", help).because(&cause))
            }
            _ => Ok(printed),
        }
    }
}

/// What was skipped for the tool is said where all its talk goes.
async fn missed(missed: Missed, from: Sender) {
    let (count, peer) = (missed.count, from.peer());
    let _ = std::io::Write::write_fmt(
        &mut anstream::stderr(),
        format_args!("note: {peer} skipped {count} events: they could not be taken in time\n"),
    );
}

fn without_certificate(context: &str) -> Complaint {
    let tried = format!("the context {context} says nothing about a certificate to send with");
    let help = "issue one with `quibus certs issue service Cli`, and name it with --certificate, \
                --key and --ca";
    Complaint::new(tried, help).ending(ExitStatus::Denied)
}

fn unusable(cause: &CredentialsError) -> Complaint {
    let help = "`quibus up` renews those of its context; others: quibus certs issue service Cli";
    Complaint::new("the certificate to take part with cannot be used", help)
        .because(cause)
        .ending(ExitStatus::Denied)
}

fn takes_no_part(identity: &Identity) -> Complaint {
    let tried = format!("{identity} cannot send, publish or listen");
    let help = "use a certificate made by: quibus certs issue service Cli";
    Complaint::new(tried, help).ending(ExitStatus::Denied)
}

fn not_joined(cause: &StartError) -> Complaint {
    let (help, status) = match cause {
        StartError::NoDirectory { .. } => (
            "see that it runs: `quibus up` starts a development bus, `quibus doctor` looks at \
             what is in the way",
            ExitStatus::Unreachable,
        ),
        StartError::Refused { .. } => (
            "use a certificate made by: quibus certs issue service Cli",
            ExitStatus::Denied,
        ),
        _ => ("see what the cause says", ExitStatus::Failed),
    };
    Complaint::new("the tool cannot take part in the bus", help)
        .because(cause)
        .ending(status)
}

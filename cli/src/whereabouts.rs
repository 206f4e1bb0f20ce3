//! Where a bus is, and with which files somebody appears there.

use std::path::PathBuf;

use clap::Args;
use quibus::config::{ConfigError, Context, Contexts};

use crate::complaint::Complaint;

/// Where a bus is, as it was typed.
#[derive(Debug, Clone, Default, Args)]
pub struct TypedPlace {
    /// The context that says where the bus is [default: $QUIBUS_CONTEXT, else the selected one].
    #[arg(long, short, value_name = "NAME")]
    pub context: Option<String>,

    /// A directory, instead of the context's; may be given several times.
    #[arg(long, value_name = "HOST:PORT")]
    pub directory: Vec<String>,
}

/// The files by which somebody appears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Papers {
    /// A certificate.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// The CAs that are believed.
    pub ca: PathBuf,
}

/// Where a bus is, and with which files somebody appears there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whereabouts {
    /// The directories, `host:port` each.
    pub directories: Vec<String>,
    /// As whom.
    pub papers: Papers,
}

impl Papers {
    /// Those that were typed, if all were.
    pub fn typed(
        certificate: &Option<PathBuf>,
        key: &Option<PathBuf>,
        ca: &Option<PathBuf>,
    ) -> Option<Self> {
        Some(Self {
            certificate: certificate.clone()?,
            key: key.clone()?,
            ca: ca.clone()?,
        })
    }

    /// A pair that a context names, and its CA.
    pub fn of_context(
        context: &Context,
        certificate: &Option<PathBuf>,
        key: &Option<PathBuf>,
    ) -> Option<Self> {
        Self::typed(certificate, key, &Some(context.ca.clone()))
    }
}

impl Whereabouts {
    /// What was typed, completed by the context that it names, or else the chosen one.
    ///
    /// # Errors
    /// If there is no such context, or what `without` says if neither names papers.
    pub fn new(
        typed: &TypedPlace,
        papers: Option<Papers>,
        contexts: &Contexts,
        of_context: impl FnOnce(&Context) -> Option<Papers>,
        without: impl FnOnce(&str) -> Complaint,
    ) -> Result<Self, Complaint> {
        if let (Some(papers), [_, ..]) = (&papers, typed.directory.as_slice()) {
            return Ok(Self {
                directories: typed.directory.clone(),
                papers: papers.clone(),
            });
        }
        let (name, context) = context(typed.context.as_deref(), contexts)?;
        let papers = papers.or_else(|| of_context(&context));
        Ok(Self {
            papers: papers.ok_or_else(|| without(&name))?,
            directories: match typed.directory.as_slice() {
                [] => context.directories,
                named => named.to_vec(),
            },
        })
    }
}

/// The context of this name, or else the chosen one.
fn context(name: Option<&str>, contexts: &Contexts) -> Result<(String, Context), Complaint> {
    let found = match name {
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

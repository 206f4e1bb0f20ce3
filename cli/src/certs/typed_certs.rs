//! What was typed after `quibus certs`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::kind::Kind;
use super::place::ENVIRONMENT;

/// What was typed after `quibus certs`.
#[derive(Debug, Subcommand)]
pub enum TypedCerts {
    /// Make a CA: it will vouch for everybody of one environment.
    ///
    /// Writes ca.pem, which everybody of the environment needs, and ca.key, which is secret:
    /// whoever has it can be anybody in that environment. Nothing is installed in this system's
    /// store of trusted CAs, and nothing else than Quibus trusts this one.
    Init(TypedInit),
    /// Make a certificate with a private key for a peer, a service, a directory, an operator or
    /// an administrator.
    ///
    /// Needs the CA that `quibus certs init` or `quibus up` has made. The private key is new with
    /// every certificate, and never shown.
    Issue(TypedIssue),
    /// Show what a certificate says, out of a file or as a running server presents it.
    ///
    /// A server is looked at without trusting it and without showing it anything. Exits with 0
    /// also if the certificate has problems: they are shown. For scripts there is `check`.
    Inspect(TypedInspect),
    /// Check that certificates are sound and stay valid for some time.
    ///
    /// Looked at are all *.pem files of a folder, or the files that are named: their dates, the
    /// name in them, and, where they stand beside it, their private key and the CA. Exits with 0
    /// if all of them hold, with 1 if one does not, with 3 if there is none.
    Check(TypedCheck),
}

/// What was typed after `quibus certs init`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  quibus certs init                                  for the environment dev
  quibus certs init staging --valid-for 90d
  quibus certs init staging --folder ./certificates")]
pub struct TypedInit {
    /// The environment, in a-z 0-9 . _ -; peers of different ones never talk.
    #[arg(default_value = ENVIRONMENT)]
    pub environment: String,

    /// Where the CA is put [default: the environment's own in your data folder].
    #[arg(long, value_name = "FOLDER")]
    pub folder: Option<PathBuf>,

    /// How long the CA will be valid, such as 90d or 1y.
    #[arg(long, value_name = "TIME", default_value = "365d", value_parser = time)]
    pub valid_for: Duration,

    /// Replace a CA that is there: nobody will trust any more what it has vouched for.
    #[arg(long)]
    pub replace: bool,
}

/// What was typed after `quibus certs issue`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  quibus certs issue peer Shop.0
  quibus certs issue service Shop --valid-for 24h    any instance: Shop.0, Shop.1, …
  quibus certs issue operator ann --into ./for-ann")]
pub struct TypedIssue {
    /// What it will be.
    pub kind: Kind,

    /// Its name: Shop.0 for a peer or a directory, Shop for a service, ann for a person.
    pub name: String,

    /// The environment whose CA vouches for it.
    #[arg(long, short, value_name = "NAME", default_value = ENVIRONMENT)]
    pub environment: String,

    /// Where the CA is [default: the environment's own in your data folder].
    #[arg(long, value_name = "FOLDER", conflicts_with = "environment")]
    pub folder: Option<PathBuf>,

    /// Where the certificate is put [default: beside the CA].
    #[arg(long, value_name = "FOLDER")]
    pub into: Option<PathBuf>,

    /// How long it will be valid, such as 24h or 30d.
    #[arg(long, value_name = "TIME", default_value = "7d", value_parser = time)]
    pub valid_for: Duration,

    /// Replace a certificate of that name: a renewal.
    #[arg(long)]
    pub replace: bool,
}

/// What was typed after `quibus certs inspect`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  quibus certs inspect peer-Shop.0.pem
  quibus certs inspect 127.0.0.1:7465                what a directory or a peer presents there")]
pub struct TypedInspect {
    /// A PEM file, or where a server listens.
    #[arg(value_name = "FILE|HOST:PORT")]
    pub what: String,

    /// The CA that should vouch for it [default: ca.pem beside the file, or that of dev].
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
}

/// What was typed after `quibus certs check`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  quibus certs check                                 those of the environment dev
  quibus certs check ./certificates --expires-in 7d
  quibus certs check peer-Shop.0.pem || quibus certs issue peer Shop.0 --replace")]
pub struct TypedCheck {
    /// Files and folders [default: the environment's own in your data folder].
    #[arg(value_name = "FILE|FOLDER")]
    pub paths: Vec<PathBuf>,

    /// The environment whose folder is looked at.
    #[arg(long, short, value_name = "NAME", default_value = ENVIRONMENT, conflicts_with = "paths")]
    pub environment: String,

    /// Complain also about what ends within this time, such as 12h or 7d.
    #[arg(long, value_name = "TIME", default_value = "2d", value_parser = time)]
    pub expires_in: Duration,
}

/// A span of time as people write it.
fn time(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|fault| format!("{fault}; write it like 12h or 7d"))
}

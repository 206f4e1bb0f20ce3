//! What was typed after the verbs that look at a directory.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::whereabouts::TypedPlace;

/// Where to look from.
#[derive(Debug, Clone, Default, Args)]
pub struct TypedViewpoint {
    /// Which bus.
    #[command(flatten)]
    pub place: TypedPlace,

    /// A certificate of an operator or an administrator, instead of the context's.
    #[arg(long, value_name = "FILE", requires_all = ["key", "ca"])]
    pub certificate: Option<PathBuf>,

    /// Its private key.
    #[arg(long, value_name = "FILE", requires = "certificate")]
    pub key: Option<PathBuf>,

    /// The CA that vouches for the directory and for that certificate.
    #[arg(long, value_name = "FILE", requires = "certificate")]
    pub ca: Option<PathBuf>,

    /// How long to wait for an answer.
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = humantime::parse_duration)]
    pub timeout: Duration,
}

/// What was typed after `quibus peers`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  quibus peers
  quibus peers --watch
  quibus peers -o json | jq -r '.items[] | select(.state != \"up\") | .peer'")]
pub struct TypedPeers {
    /// Go on: print every change until Ctrl-C.
    #[arg(long, short)]
    pub watch: bool,

    /// Where to look from.
    #[command(flatten)]
    pub viewpoint: TypedViewpoint,
}

/// What was typed after `quibus subscriptions`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  quibus subscriptions
  quibus subscriptions Weather.TemperatureMeasured")]
pub struct TypedSubscriptions {
    /// Only those to this type.
    #[arg(value_name = "TYPE")]
    pub message_type: Option<String>,

    /// Where to look from.
    #[command(flatten)]
    pub viewpoint: TypedViewpoint,
}

/// What was typed after `quibus routes`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  quibus routes Weather.TemperatureMeasured Seattle.7
  quibus routes Hello.Greet                          a type without routing fields")]
pub struct TypedRoutes {
    /// The type of the message, such as Weather.TemperatureMeasured.
    #[arg(value_name = "TYPE")]
    pub message_type: String,

    /// The values of its routing fields, joined by dots; a dot within a value is written \.
    #[arg(value_name = "KEY")]
    pub routing_key: Option<String>,

    /// Where to look from.
    #[command(flatten)]
    pub viewpoint: TypedViewpoint,
}

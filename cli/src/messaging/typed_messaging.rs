//! What was typed after the verbs that take part in a bus.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::whereabouts::TypedPlace;

/// As whom to take part, and where.
#[derive(Debug, Clone, Default, Args)]
pub struct TypedEntry {
    /// Which bus.
    #[command(flatten)]
    pub place: TypedPlace,

    /// A certificate of a service or a peer, instead of the context's.
    #[arg(long, value_name = "FILE", requires_all = ["key", "ca"])]
    pub certificate: Option<PathBuf>,

    /// Its private key.
    #[arg(long, value_name = "FILE", requires = "certificate")]
    pub key: Option<PathBuf>,

    /// The CA that vouches for the directory and for that certificate.
    #[arg(long, value_name = "FILE", requires = "certificate")]
    pub ca: Option<PathBuf>,

    /// How long to wait for a directory, and then for an outcome.
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = humantime::parse_duration)]
    pub timeout: Duration,
}

/// A message as it was typed.
#[derive(Debug, Clone, Args)]
pub struct TypedMessage {
    /// The type of the message, such as Hello.Greet.
    #[arg(value_name = "TYPE")]
    pub message_type: String,

    /// The message as JSON; - reads it from stdin, @FILE from a file.
    #[arg(value_name = "JSON", default_value = "{}")]
    pub payload: String,

    /// What is given is the encoded message: hexadecimal digits, or the bytes of stdin or of a file.
    #[arg(long)]
    pub raw: bool,

    /// Route it by these values, joined by dots, instead of those in the message.
    #[arg(long, value_name = "KEY")]
    pub route: Option<String>,

    /// Send a header along; may be given several times.
    #[arg(long, value_name = "NAME=VALUE", value_parser = header)]
    pub header: Vec<(String, String)>,
}

/// What was typed after `quibus send`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  quibus send Hello.Greet '{\"name\": \"world\"}'
  quibus send Shop.PlaceOrder @order.json --to Shop.1
  jq .order today.json | quibus send Shop.PlaceOrder - -o json | jq .reply")]
pub struct TypedSend {
    /// The command.
    #[command(flatten)]
    pub message: TypedMessage,

    /// Send it to this peer, whoever else handles it.
    #[arg(long, value_name = "PEER")]
    pub to: Option<String>,

    /// As whom to take part.
    #[command(flatten)]
    pub entry: TypedEntry,
}

/// What was typed after `quibus publish`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  quibus publish Weather.TemperatureMeasured '{\"station\": \"Seattle\", \"month\": 7}'
  quibus publish Shop.StockChanged @stock.json
  quibus publish Legacy.Ping --raw 0a0141 --route fr.7     a type without a descriptor")]
pub struct TypedPublish {
    /// The event.
    #[command(flatten)]
    pub message: TypedMessage,

    /// As whom to take part.
    #[command(flatten)]
    pub entry: TypedEntry,
}

/// What was typed after `quibus tail`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  quibus tail                                        every event that is described
  quibus tail Weather.TemperatureMeasured 'Seattle.*'
  quibus tail Shop.StockChanged --count 1 -o json | jq .message")]
pub struct TypedTail {
    /// Only events of this type.
    #[arg(value_name = "TYPE")]
    pub message_type: Option<String>,

    /// Only those that this binding key matches, such as Seattle.* or fr.#.
    #[arg(value_name = "KEY")]
    pub binding_key: Option<String>,

    /// End after so many.
    #[arg(long, short = 'n', value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,

    /// Listen to a type that nobody has described. Make sure that it is an event: commands of a type
    /// that two peers subscribe to fail.
    #[arg(long, requires = "message_type")]
    pub raw: bool,

    /// As whom to take part.
    #[command(flatten)]
    pub entry: TypedEntry,
}

fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write it as NAME=VALUE")?;
    Ok((name.into(), value.into()))
}

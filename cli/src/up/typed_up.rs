//! What was typed after `quibus up`.

use clap::Args;

/// What was typed after `quibus up`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  quibus up
  quibus up other --listen 127.0.0.1:7565            a second one beside it

What is made is kept: the next start goes on with the same CA and the same certificates, and renews
those that are about to end. To begin anew, stop it and delete the folder.")]
pub struct TypedUp {
    /// The name of the environment and of the context, in a-z 0-9 . _ -.
    #[arg(default_value = "dev")]
    pub environment: String,

    /// Where the directory listens.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:7465")]
    pub listen: String,
}

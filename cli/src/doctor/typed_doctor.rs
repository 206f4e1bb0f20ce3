//! What was typed after `quibus doctor`.

use clap::Args;

use crate::watching::TypedViewpoint;

/// What was typed after `quibus doctor`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  quibus doctor
  quibus doctor -o json | jq -r '.items[] | select(.gravity != \"ok\") | .cure'")]
pub struct TypedDoctor {
    /// Where to look from.
    #[command(flatten)]
    pub viewpoint: TypedViewpoint,
}

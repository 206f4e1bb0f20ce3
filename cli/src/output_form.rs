//! For whom the output is.

/// The form of what goes to stdout.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum OutputForm {
    /// Aligned tables, for people.
    #[default]
    Text,
    /// One JSON object of a stable shape, for scripts.
    Json,
}

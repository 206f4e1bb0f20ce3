//! How to run the demo.

use crate::output_form::OutputForm;

/// How to run the demo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DemoOptions {
    /// The form of the report on stdout.
    pub output: OutputForm,
    /// Whether to draw a progress bar on stderr.
    pub progress: bool,
}

//! Why nobody said what types there are.

/// Why the directory did not say what types there are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LookUpError {
    /// It did not answer.
    #[error("the directory does not answer: {0}")]
    Unanswered(String),
    /// It refused to say.
    #[error("the directory refused: {0}")]
    Refused(String),
}

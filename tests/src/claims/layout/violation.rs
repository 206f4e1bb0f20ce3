//! A place that breaks a rule.

use std::fmt;

/// A place in the tree that breaks a rule of the layout.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// The file, relative to the project's root.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong, and what would be right.
    pub complaint: String,
}

impl Violation {
    /// A violation in a line of a file.
    pub fn new(file: &str, line: usize, complaint: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            line,
            complaint: complaint.into(),
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.complaint)
    }
}

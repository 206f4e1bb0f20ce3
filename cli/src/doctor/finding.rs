//! One thing that was looked at.

use serde::Serialize;

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// What was looked at, in a word.
    pub check: &'static str,
    /// How it is.
    pub gravity: Gravity,
    /// What was found.
    pub found: String,
    /// What to do; empty if there is nothing to do.
    pub cure: String,
}

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Gravity {
    /// Well.
    Ok,
    /// It works, and may not for long, or not well.
    Warning,
    /// It does not work.
    Problem,
}

impl Finding {
    /// Something is well.
    pub fn ok(check: &'static str, found: impl Into<String>) -> Self {
        Self {
            check,
            gravity: Gravity::Ok,
            found: found.into(),
            cure: String::new(),
        }
    }

    /// Something may not go well for long.
    pub fn warning(check: &'static str, found: impl Into<String>, cure: impl Into<String>) -> Self {
        Self {
            check,
            gravity: Gravity::Warning,
            found: found.into(),
            cure: cure.into(),
        }
    }

    /// Something does not work.
    pub fn problem(check: &'static str, found: impl Into<String>, cure: impl Into<String>) -> Self {
        Self {
            check,
            gravity: Gravity::Problem,
            found: found.into(),
            cure: cure.into(),
        }
    }
}

//! A file that was written, and for whom it is.

use std::path::Path;

use serde::Serialize;

use crate::human_table::HumanTable;

/// A file that was written, and for whom it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WrittenFile {
    path: String,
    holds: &'static str,
    secret: bool,
    #[serde(skip)]
    audience: String,
}

impl WrittenFile {
    /// A file that everybody may have.
    pub fn public(path: &Path, holds: &'static str) -> Self {
        Self {
            path: path.display().to_string(),
            holds,
            secret: false,
            audience: "public".into(),
        }
    }

    /// A file with a private key; `audience` says whose it is.
    pub fn secret(path: &Path, holds: &'static str, audience: &str) -> Self {
        Self {
            path: path.display().to_string(),
            holds,
            secret: true,
            audience: format!("SECRET: {audience}"),
        }
    }

    /// A table for people.
    pub fn table(files: &[Self]) -> String {
        let mut table = HumanTable::new(&["FILE", "HOLDS", "WHO MAY HAVE IT"], &[]);
        for file in files {
            table.row([file.path.clone(), file.holds.into(), file.audience.clone()]);
        }
        table.render()
    }
}

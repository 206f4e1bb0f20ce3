//! Something that people get wrong, and what has to come of it.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Something that is wrong, done by whoever starts a program.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What is wrong, in some words.
    pub title: String,
    /// What is typed: a program and its arguments; `''` is an empty one.
    pub run: String,
    /// The exit code.
    pub code: i32,
    /// What the complaint has to name.
    pub culprit: String,
    /// What it has to say about the way out.
    pub cure: String,
    /// How many faults are complained about, if it is more than one.
    #[serde(default = "one")]
    pub faults: usize,
    /// Files that are written before, by name.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
    /// What is written at the end of `quibus.toml`.
    #[serde(default)]
    pub append: String,
    /// Files that are copied before: where to, where from.
    #[serde(default)]
    pub copies: BTreeMap<String, String>,
    /// Permissions that files are given before, as `chmod` takes them.
    #[serde(default)]
    pub modes: BTreeMap<String, String>,
    /// Variables in the environment.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// How many files the program may have open, if that is limited.
    pub open_files: Option<u32>,
}

fn one() -> usize {
    1
}

impl Case {
    /// The program and its arguments.
    pub fn words(&self) -> (&str, Vec<&str>) {
        let mut words = self.run.split_whitespace();
        let program = words.next().unwrap_or_default();
        let arguments = words.map(|word| if word == "''" { "" } else { word });
        (program, arguments.collect())
    }
}

//! Cases that are told in a file.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::case::Case;

/// Cases that one program meets.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Files that lie there unless a case says otherwise.
    #[serde(default)]
    files: BTreeMap<String, String>,
    /// The cases.
    #[serde(rename = "case")]
    pub cases: Vec<Case>,
}

impl Table {
    /// Reads a table.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(text: &str) -> Result<Self, toml::de::Error> {
        let mut table: Self = toml::from_str(text)?;
        for case in &mut table.cases {
            for (name, text) in &table.files {
                case.files.entry(name.clone()).or_insert(text.clone());
            }
            if let Some(file) = case.files.get_mut("quibus.toml") {
                file.push_str(&case.append);
            }
        }
        Ok(table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_table_says_once_holds_for_each_of_its_cases() {
        let text = "files = { \"quibus.toml\" = \"[bus]\\n\" }\n\
                    [[case]]\ntitle = \"t\"\nrun = \"p --x ''\"\ncode = 2\nculprit = \"c\"\n\
                    cure = \"d\"\nappend = \"x = 1\\n\"\n";
        let table = Table::read(text).unwrap();
        let case = &table.cases[0];
        assert_eq!(case.files["quibus.toml"], "[bus]\nx = 1\n");
        assert_eq!(case.words(), ("p", vec!["--x", ""]));
        assert_eq!(case.faults, 1);
        assert!(Table::read(&text.replace("cure", "curse")).is_err());
    }
}

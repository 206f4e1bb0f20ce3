//! A known mistake, as its file describes it.

use std::fs;
use std::path::Path;

use serde::Deserialize;

/// A known mistake and the test that catches it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mutant {
    /// The name of its file, without the ending.
    #[serde(skip)]
    pub name: String,
    /// What is wrong, and what comes of it.
    pub mistake: String,
    /// Where the test is, and what it is called.
    pub test: Test,
    /// What the failing test prints, so that it fails for this reason and no other.
    pub says: String,
    /// Whether the test hangs instead of failing; a time-out alone proves little.
    #[serde(default)]
    pub hangs: bool,
    /// Left to `--long`.
    #[serde(default)]
    pub long: bool,
    /// The changes that make the mistake.
    #[serde(rename = "edit")]
    pub edits: Vec<Edit>,
}

/// One test among all.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Test {
    /// The package's name.
    pub package: String,
    /// `lib`, or the name of a test target.
    pub target: String,
    /// The test's whole name.
    pub name: String,
    /// What it is built with besides: `--cfg` of this word.
    #[serde(default)]
    pub cfg: Option<String>,
}

/// A text that becomes another.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    /// From the project's root.
    pub file: String,
    /// Stands there exactly once.
    pub find: String,
    /// Stands there instead.
    pub replace: String,
}

impl Mutant {
    /// Reads one file's text.
    ///
    /// # Errors
    /// If it is no mutant.
    pub fn parse(name: &str, text: &str) -> Result<Self, String> {
        let mutant: Self = toml::from_str(text).map_err(|e| format!("{name}: {e}"))?;
        let words = [&mutant.mistake, &mutant.says, &mutant.test.name];
        if mutant.edits.is_empty() || words.iter().any(|word| word.trim().is_empty()) {
            return Err(format!("{name}: it has an empty part"));
        }
        Ok(Self {
            name: name.to_owned(),
            ..mutant
        })
    }

    /// Reads every `.toml` of a folder, by name.
    ///
    /// # Errors
    /// If one cannot be read or is no mutant, or if there are none.
    pub fn read_all(folder: &Path) -> Result<Vec<Self>, String> {
        let unreadable = |e: std::io::Error| format!("reading {}: {e}", folder.display());
        let mut mutants = Vec::new();
        for entry in fs::read_dir(folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path.extension().is_none_or(|ending| ending != "toml") {
                continue;
            }
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            let text = fs::read_to_string(&path).map_err(unreadable)?;
            mutants.push(Self::parse(&name, &text)?);
        }
        mutants.sort_by(|a, b| a.name.cmp(&b.name));
        if mutants.is_empty() {
            return Err(format!("{} holds no mutant", folder.display()));
        }
        Ok(mutants)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = r#"
        mistake = "nothing is counted"
        says = "left: 0"
        [test]
        package = "quibus"
        target = "lib"
        name = "it::counts"
        [[edit]]
        file = "core/src/x.rs"
        find = '''
        count += 1;
'''
        replace = ""
    "#;

    #[test]
    fn a_mutant_is_read_with_the_name_of_its_file() {
        let mutant = Mutant::parse("no-count", WHOLE).unwrap();
        assert_eq!(mutant.name, "no-count");
        assert_eq!(mutant.edits[0].find, "        count += 1;\n");
        assert!(!mutant.hangs && !mutant.long);
    }

    #[test]
    fn a_mutant_with_an_unknown_or_an_empty_part_is_refused_by_name() {
        let unknown = WHOLE.replace("says", "promises");
        assert!(
            Mutant::parse("x", &unknown)
                .unwrap_err()
                .contains("promises")
        );
        let silent = WHOLE.replace("left: 0", " ");
        assert!(Mutant::parse("x", &silent).unwrap_err().starts_with("x: "));
    }
}

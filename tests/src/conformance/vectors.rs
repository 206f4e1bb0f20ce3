//! The files: finding, reading, checking their outer form.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value};

/// The only version of the schema there is.
const SCHEMA: u64 = 1;

/// A file of cases.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VectorFile {
    schema: u64,
    pub(super) group: String,
    #[serde(rename = "title")]
    _title: String,
    #[serde(rename = "split")]
    _split: Option<String>,
    count: usize,
    /// Not read further for groups that are not run.
    pub(super) cases: Vec<Value>,
}

/// One case. Either `input` and `expected`, or `steps` (with an optional `setup`).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) conformance: Option<String>,
    pub(super) input: Option<Map<String, Value>>,
    pub(super) expected: Option<Map<String, Value>>,
    pub(super) setup: Option<Value>,
    pub(super) steps: Option<Vec<Map<String, Value>>>,
    #[serde(rename = "why")]
    _why: Option<String>,
    #[serde(rename = "source")]
    _source: Option<String>,
    #[serde(rename = "checked")]
    _checked: Option<String>,
    #[serde(rename = "notes")]
    _notes: Option<String>,
    #[serde(rename = "zebus_rs")]
    _zebus_rs: Option<String>,
}

/// All `*.json` files below a folder, sorted. A folder without any is an error: a typing mistake
/// in its path must not look like success.
pub(super) fn find(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    collect(folder, &mut found)?;
    found.sort();
    match found.is_empty() {
        true => Err(format!("{}: holds no *.json file", folder.display())),
        false => Ok(found),
    }
}

/// Reads a file and checks that it is whole.
pub(super) fn read(text: &str) -> Result<VectorFile, String> {
    let file: VectorFile = serde_json::from_str(text).map_err(|e| e.to_string())?;
    if file.schema != SCHEMA {
        return Err(format!(
            "schema {} is unknown, {SCHEMA} is read",
            file.schema
        ));
    }
    if file.cases.is_empty() {
        return Err("there is no case in it".to_owned());
    }
    if file.count != file.cases.len() {
        let (count, cases) = (file.count, file.cases.len());
        return Err(format!("count is {count}, but there are {cases} cases"));
    }
    Ok(file)
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), String> {
    let culprit = |e: std::io::Error| format!("{}: {e}", folder.display());
    for entry in fs::read_dir(folder).map_err(culprit)? {
        let path = entry.map_err(culprit)?.path();
        if path.is_dir() {
            collect(&path, found)?;
        } else if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            found.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_malformed_empty_or_cut_short_is_refused() {
        let file = |schema: u64, count: usize, cases: &str| {
            let head = r#""group": "A", "title": "t", "split": "public""#;
            format!(r#"{{"schema": {schema}, {head}, "count": {count}, "cases": [{cases}]}}"#)
        };
        assert!(read(&file(1, 1, "{}")).is_ok());
        for bad in [
            file(1, 0, ""),
            file(1, 2, "{}"),
            file(2, 1, "{}"),
            file(1, 1, "{"),
        ] {
            assert!(read(&bad).is_err(), "{bad} was taken");
        }
    }

    #[test]
    fn a_folder_that_is_missing_is_an_error() {
        assert!(find(Path::new("/nowhere/at/all")).is_err());
    }
}

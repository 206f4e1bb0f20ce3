//! The project's text files, in memory.

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

/// Rust sources, manifests and Markdown of a project, by path relative to its root.
#[derive(Debug, Clone, Default)]
pub struct SourceTree {
    files: BTreeMap<String, String>,
}

impl SourceTree {
    /// Reads a project's folder. Hidden folders and `target` folders hold nothing that people
    /// wrote, so they are left out.
    pub fn read(root: &Path) -> io::Result<Self> {
        let mut tree = Self::default();
        tree.read_folder(root, "")?;
        Ok(tree)
    }

    /// The Rust sources, in order of their paths.
    pub fn rust(&self) -> impl Iterator<Item = (&str, &str)> {
        self.with_ending(".rs")
    }

    /// The Markdown documents, in order of their paths.
    pub fn markdown(&self) -> impl Iterator<Item = (&str, &str)> {
        self.with_ending(".md")
    }

    /// The Cargo manifests, in order of their paths.
    pub fn manifests(&self) -> impl Iterator<Item = (&str, &str)> {
        self.with_ending("Cargo.toml")
    }

    /// One file's text.
    pub fn get(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }

    fn with_ending(&self, ending: &'static str) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self
            .files
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str()));
        pairs.filter(move |(path, _)| path.ends_with(ending))
    }

    fn read_folder(&mut self, folder: &Path, prefix: &str) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = format!("{prefix}{name}");
            let kind = entry.file_type()?;
            if name.starts_with('.') {
                continue;
            } else if kind.is_dir() && name != "target" {
                self.read_folder(&entry.path(), &format!("{path}/"))?;
            } else if kind.is_file() && is_read(&name) {
                self.files.insert(path, fs::read_to_string(entry.path())?);
            }
        }
        Ok(())
    }
}

impl<const N: usize> From<[(&str, &str); N]> for SourceTree {
    fn from(files: [(&str, &str); N]) -> Self {
        let owned = files.map(|(path, text)| (path.to_owned(), text.to_owned()));
        Self {
            files: owned.into(),
        }
    }
}

fn is_read(name: &str) -> bool {
    name.ends_with(".rs") || name.ends_with(".md") || name == "Cargo.toml"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_package_is_read_without_what_was_built_or_hidden() {
        let tree = SourceTree::read(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
        assert!(
            tree.rust()
                .any(|(path, _)| path == "src/claims/layout/source_tree.rs")
        );
        assert!(tree.manifests().any(|(path, _)| path == "Cargo.toml"));
        assert!(tree.markdown().any(|(path, _)| path == "README.md"));
        assert!(!tree.rust().any(|(path, _)| path.starts_with("target/")));
    }
}

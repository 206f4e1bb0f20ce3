//! A copy of the tree to make mistakes in.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::plan::Changed;

/// A copy of the tree, and a target folder that all builds of it share.
///
/// It stays between runs: what has not changed is not written again, so nothing is built again for
/// it. Whatever a killed run has left changed is put right by the next.
#[derive(Debug)]
pub struct Workbench {
    folder: PathBuf,
    /// The unchanged files, by their path from the root.
    files: BTreeMap<String, Vec<u8>>,
    /// Keeps other runs out while this one goes on.
    _lock: File,
}

impl Workbench {
    /// Copies the tree at `root` into `folder`, which must not be part of it, or brings the copy
    /// there up to date.
    ///
    /// # Errors
    /// If a file cannot be read or written, or another run uses the folder.
    pub fn set_up(root: &Path, folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder.join("tree"))?;
        let lock = File::create(folder.join("lock"))?;
        lock.try_lock()
            .map_err(|_| io::Error::other("another run uses the same folder; wait for its end"))?;
        let mut files = BTreeMap::new();
        read(root, "", &mut files)?;
        let bench = Self {
            folder: folder.to_owned(),
            files,
            _lock: lock,
        };
        bench.remove_strangers()?;
        bench.restore()?;
        Ok(bench)
    }

    /// Where the copy is.
    pub fn tree(&self) -> PathBuf {
        self.folder.join("tree")
    }

    /// Where it is built with `--cfg` of this word, or without any.
    pub fn target(&self, cfg: Option<&str>) -> PathBuf {
        self.folder
            .join(cfg.map_or("build".to_owned(), |cfg| format!("build-{cfg}")))
    }

    /// An unchanged file, if it is text.
    pub fn read(&self, file: &str) -> Option<String> {
        String::from_utf8(self.files.get(file)?.clone()).ok()
    }

    /// Changes these files, and puts all others right.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn change(&self, changed: &Changed) -> io::Result<()> {
        for (file, bytes) in &self.files {
            let bytes = changed.get(file).map_or(&bytes[..], String::as_bytes);
            let path = self.tree().join(file);
            if fs::read(&path).ok().as_deref() != Some(bytes) {
                if let Some(parent) = path.parent() {
                    fs::create_dir_all(parent)?;
                }
                fs::write(path, bytes)?;
            }
        }
        Ok(())
    }

    /// Puts every file right.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn restore(&self) -> io::Result<()> {
        self.change(&Changed::new())
    }

    fn remove_strangers(&self) -> io::Result<()> {
        let mut there = BTreeMap::new();
        read(&self.tree(), "", &mut there)?;
        for file in there.keys().filter(|file| !self.files.contains_key(*file)) {
            fs::remove_file(self.tree().join(file))?;
        }
        Ok(())
    }
}

/// Everything but hidden files and what was built.
fn read(root: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) -> io::Result<()> {
    for entry in fs::read_dir(root.join(prefix))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type()?;
        let path = format!("{prefix}{name}");
        if name.starts_with('.') || name == "target" {
            continue;
        } else if kind.is_dir() {
            read(root, &format!("{path}/"), files)?;
        } else if kind.is_file() {
            files.insert(path, fs::read(entry.path())?);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_changed_put_right_and_brought_up_to_date_and_equal_files_are_left_alone() {
        let (root, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let put = |file: &str, text: &str| {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let see = |file: &str| fs::read_to_string(folder.path().join("tree").join(file)).ok();
        put("src/a.rs", "a");
        put("src/b.rs", "b");
        put("target/built", "x");
        put(".hidden/x", "x");
        let bench = Workbench::set_up(root.path(), folder.path()).unwrap();
        let b = folder.path().join("tree/src/b.rs");
        let written = fs::metadata(&b).unwrap().modified().unwrap();
        assert_eq!((see("target/built"), see(".hidden/x")), (None, None));

        let changed = Changed::from([("src/a.rs".into(), "mistake".into())]);
        bench.change(&changed).unwrap();
        assert_eq!(see("src/a.rs").unwrap(), "mistake");
        assert_eq!(bench.read("src/a.rs").unwrap(), "a");
        let held = Workbench::set_up(root.path(), folder.path()).unwrap_err();
        assert!(held.to_string().contains("another run"), "{held}");

        // A run that was killed leaves its mistake behind; a file of the tree goes.
        drop(bench);
        fs::remove_file(root.path().join("src/b.rs")).unwrap();
        put("src/c.rs", "c");
        let bench = Workbench::set_up(root.path(), folder.path()).unwrap();
        assert_eq!(see("src/a.rs").unwrap(), "a");
        assert_eq!(
            (see("src/b.rs"), see("src/c.rs").unwrap()),
            (None, "c".into())
        );
        put("src/b.rs", "b");
        drop(bench);
        let bench = Workbench::set_up(root.path(), folder.path()).unwrap();
        bench.restore().unwrap();
        let again = fs::metadata(&b).unwrap().modified().unwrap();
        bench.restore().unwrap();
        assert_eq!(fs::metadata(&b).unwrap().modified().unwrap(), again);
        assert!(again >= written);
    }
}

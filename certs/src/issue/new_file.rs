//! Files that appear whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::issue_error::IssueError;
use super::randomness::random;

/// A file to be written.
pub(super) struct NewFile<'a> {
    path: PathBuf,
    contents: &'a str,
    mode: u32,
}

/// What happens to a file that is already there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Existing {
    Refuse,
    Replace,
}

impl<'a> NewFile<'a> {
    /// A file that everybody may read (mode 0644).
    pub(super) fn public(path: PathBuf, contents: &'a str) -> Self {
        Self {
            path,
            contents,
            mode: 0o644,
        }
    }

    /// A file for its owner only (mode 0600).
    pub(super) fn secret(path: PathBuf, contents: &'a str) -> Self {
        Self {
            path,
            contents,
            mode: 0o600,
        }
    }

    /// Writes files into `folder`, made if need be, in the given order.
    ///
    /// Each gets its contents beside its place and is then moved there, so that a reader sees the
    /// old or the new, never a half. With `Refuse`, an existing file stops all of it and nothing
    /// is left behind; with `Replace`, a failure can leave the first files new and the rest old.
    pub(super) fn write_all(
        folder: &Path,
        files: &[Self],
        existing: Existing,
    ) -> Result<(), IssueError> {
        fs::create_dir_all(folder).map_err(|fault| cannot_write(folder, fault))?;
        let mut staged = Vec::new();
        for file in files {
            if existing == Existing::Refuse && fs::symlink_metadata(&file.path).is_ok() {
                return Err(exists(&file.path));
            }
            staged.push(Staged::write(file)?);
        }
        let mut published = Vec::new();
        for one in &staged {
            if let Err(fault) = one.publish(existing) {
                published
                    .iter()
                    .for_each(|path| drop(fs::remove_file(path)));
                return Err(fault);
            }
            if existing == Existing::Refuse {
                published.push(one.path);
            }
        }
        sync_folder(folder)
    }
}

/// Contents waiting beside their place; whatever was not moved is removed.
struct Staged<'a> {
    path: &'a Path,
    beside: PathBuf,
}

impl<'a> Staged<'a> {
    fn write(file: &'a NewFile<'_>) -> Result<Self, IssueError> {
        let name = file.path.file_name().unwrap_or_default().to_string_lossy();
        let random = u128::from_be_bytes(random()?);
        let beside = file
            .path
            .with_file_name(format!(".{name}.{random:032x}.new"));
        let staged = Self {
            path: &file.path,
            beside,
        };
        fill(&staged.beside, file).map_err(|fault| cannot_write(&file.path, fault))?;
        Ok(staged)
    }

    fn publish(&self, existing: Existing) -> Result<(), IssueError> {
        let done = match existing {
            Existing::Replace => fs::rename(&self.beside, self.path),
            // A rename would replace silently whatever appeared since it was looked for.
            Existing::Refuse => fs::hard_link(&self.beside, self.path),
        };
        done.map_err(|fault| match fault.kind() {
            io::ErrorKind::AlreadyExists => exists(self.path),
            _ => cannot_write(self.path, fault),
        })
    }
}

impl Drop for Staged<'_> {
    fn drop(&mut self) {
        // Gone already if it was renamed; otherwise nothing better can be done with a failure.
        let _ = fs::remove_file(&self.beside);
    }
}

fn fill(beside: &Path, file: &NewFile<'_>) -> io::Result<()> {
    let mut open = OpenOptions::new();
    open.write(true).create_new(true);
    let mut out = open_for_owner(&mut open).open(beside)?;
    out.write_all(file.contents.as_bytes())?;
    set_mode(&out, file.mode)?;
    out.sync_all()
}

#[cfg(unix)]
fn open_for_owner(open: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    open.mode(0o600)
}

#[cfg(not(unix))]
fn open_for_owner(open: &mut OpenOptions) -> &mut OpenOptions {
    open
}

/// After the umask had its say: certificates are for everybody, whatever it is.
#[cfg(unix)]
fn set_mode(file: &File, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn set_mode(_: &File, _: u32) -> io::Result<()> {
    Ok(())
}

/// Makes the new names survive a power cut.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> Result<(), IssueError> {
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|fault| cannot_write(folder, fault))
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> Result<(), IssueError> {
    Ok(())
}

fn exists(path: &Path) -> IssueError {
    IssueError::Exists {
        file: path.display().to_string(),
    }
}

fn cannot_write(path: &Path, fault: io::Error) -> IssueError {
    IssueError::Write {
        file: path.display().to_string(),
        fault,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let name = |entry: io::Result<fs::DirEntry>| entry.unwrap().file_name();
        let mut names: Vec<_> = entries
            .map(|entry| name(entry).into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn two<'a>(folder: &Path, first: &'a str, second: &'a str) -> [NewFile<'a>; 2] {
        [
            NewFile::secret(folder.join("a.key"), first),
            NewFile::public(folder.join("a.pem"), second),
        ]
    }

    #[test]
    fn files_appear_with_their_modes_and_nothing_beside_them() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("made/on/the/way");
        NewFile::write_all(&folder, &two(&folder, "k", "c"), Existing::Refuse).unwrap();
        assert_eq!(names(&folder), ["a.key", "a.pem"]);
        #[cfg(unix)]
        for (name, mode) in [("a.key", 0o600), ("a.pem", 0o644)] {
            use std::os::unix::fs::PermissionsExt;
            let found = fs::metadata(folder.join(name)).unwrap().permissions();
            assert_eq!(found.mode() & 0o777, mode, "{name}");
        }
    }

    #[test]
    fn an_existing_file_stops_all_of_it_and_replacing_must_be_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        fs::write(folder.join("a.pem"), "old").unwrap();
        let refused = NewFile::write_all(folder, &two(folder, "k", "c"), Existing::Refuse);
        let text = refused.unwrap_err().to_string();
        assert!(text.contains("a.pem already exists"), "{text}");
        assert_eq!(names(folder), ["a.pem"]);
        assert_eq!(fs::read_to_string(folder.join("a.pem")).unwrap(), "old");
        NewFile::write_all(folder, &two(folder, "k", "c"), Existing::Replace).unwrap();
        assert_eq!(names(folder), ["a.key", "a.pem"]);
        assert_eq!(fs::read_to_string(folder.join("a.pem")).unwrap(), "c");
    }

    #[test]
    fn a_file_that_appears_meanwhile_is_not_overwritten_and_the_others_go_again() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        // The same name twice: the second finds what the first has just published.
        let files = [
            NewFile::public(folder.join("x"), "first"),
            NewFile::public(folder.join("x"), "second"),
        ];
        let refused = NewFile::write_all(folder, &files, Existing::Refuse);
        assert!(
            matches!(refused, Err(IssueError::Exists { .. })),
            "{refused:?}"
        );
        assert!(names(folder).is_empty());
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let error = NewFile::write_all(&file, &[], Existing::Refuse).unwrap_err();
        assert!(error.to_string().contains("cannot write"), "{error}");
    }
}

//! The folder in which a directory server keeps what has to outlive its process.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use quibus::{Incarnation, PeerId};

use crate::server::now_ms;

/// What tells that a file is ours, and how to read it.
const FORMAT: &str = "quibus-directory 1";
const BOOT_FILE: &str = "boot";
const LOCK_FILE: &str = "lock";
/// So far ahead of the numbers that are given the boot file is written. A start that follows within
/// this time is ahead of the clock, so it is short.
const AHEAD_MS: u64 = 1_000;
/// A boot file has three short lines.
const MAX_BOOT_FILE: u64 = 4096;

/// The data folder of one directory server, locked as long as this exists.
///
/// One server needs of it that its incarnations grow even if the clock of its machine jumps back:
/// peers take a smaller one for a process that has long been replaced. The same holds for the
/// numbers that it makes of the time. The file `boot` holds the last of all of them, or a greater
/// one; it is written before the server is heard of, and before anybody hears of a number above it.
/// What a peer brings along, or is above that, is the peer's word and does not count.
#[derive(Debug)]
pub struct DataFolder {
    /// Held open: its lock ends with it.
    _lock: File,
    folder: PathBuf,
    peer: PeerId,
    incarnation: Incarnation,
    /// What the file `boot` holds.
    written: AtomicU64,
    /// Held while it is written.
    writing: Mutex<()>,
}

/// Why a data folder can't be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataFolderError {
    /// Reading or writing failed.
    #[error("data folder {}: {verb} failed: {fault}; it must be a folder that this user may write", .folder.display())]
    Access {
        /// The folder.
        folder: PathBuf,
        /// What was tried.
        verb: &'static str,
        /// What the system said.
        fault: io::Error,
    },
    /// Another process uses it.
    #[error("data folder {}: another directory server is using it; stop that one, or give this one a folder of its own", .folder.display())]
    Locked {
        /// The folder.
        folder: PathBuf,
    },
    /// It was written by a server of another name.
    #[error("data folder {}: it belongs to {owner}, not to {peer}; give each server a folder of its own", .folder.display())]
    Foreign {
        /// The folder.
        folder: PathBuf,
        /// Whose it is.
        owner: String,
        /// Who wants it.
        peer: String,
    },
    /// The boot file is not as it was written.
    #[error("data folder {}: its file `boot` is damaged ({reason}); restore it, or delete it if this machine's clock has never gone back", .folder.display())]
    Damaged {
        /// The folder.
        folder: PathBuf,
        /// What is wrong.
        reason: &'static str,
    },
}

impl DataFolder {
    /// Opens the folder, made if need be, for a server's new run: locks it and writes the run's
    /// incarnation down, so that it has survived a power cut when this returns.
    ///
    /// # Errors
    /// Nothing was changed if the folder is another server's, or in use.
    pub fn open(folder: impl AsRef<Path>, peer: &PeerId) -> Result<Self, DataFolderError> {
        let folder = folder.as_ref();
        let access = |verb| {
            move |fault| DataFolderError::Access {
                folder: folder.to_owned(),
                verb,
                fault,
            }
        };
        fs::create_dir_all(folder).map_err(access("making it"))?;
        let lock =
            File::create(folder.join(LOCK_FILE)).map_err(access("making its file `lock`"))?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => DataFolderError::Locked {
                folder: folder.to_owned(),
            },
            TryLockError::Error(fault) => access("locking its file `lock`")(fault),
        })?;
        let last = read_boot(folder, peer)?;
        let incarnation = following(last, now_ms());
        write_boot(folder, peer, incarnation).map_err(access("writing its file `boot`"))?;
        Ok(Self {
            _lock: lock,
            folder: folder.to_owned(),
            peer: peer.clone(),
            incarnation,
            written: AtomicU64::new(incarnation.0),
            writing: Mutex::default(),
        })
    }

    /// Sees to it that the number of the next run is above `given`. Writes ahead, at most once a
    /// second; may wait for the disk.
    pub(crate) fn keep_above(&self, given: Incarnation) -> io::Result<()> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.is_above(given) {
            let ahead = Incarnation(given.0.saturating_add(AHEAD_MS));
            write_boot(&self.folder, &self.peer, ahead)?;
            self.written.store(ahead.0, Ordering::Release);
        }
        Ok(())
    }

    /// Whether the number of the next run will be above `given`, as it is written now.
    pub(crate) fn is_above(&self, given: Incarnation) -> bool {
        given.0 < self.written.load(Ordering::Acquire)
    }

    /// The number of this run: greater than that of every run before.
    pub fn incarnation(&self) -> Incarnation {
        self.incarnation
    }
}

/// The number after `last`: the time, unless the clock has gone back.
fn following(last: Option<Incarnation>, now_ms: u64) -> Incarnation {
    let next = last.map_or(0, |last| last.0.saturating_add(1));
    Incarnation(next.max(now_ms))
}

fn read_boot(folder: &Path, peer: &PeerId) -> Result<Option<Incarnation>, DataFolderError> {
    let file = folder.join(BOOT_FILE);
    let access = |fault| DataFolderError::Access {
        folder: folder.to_owned(),
        verb: "reading its file `boot`",
        fault,
    };
    let damaged = |reason| DataFolderError::Damaged {
        folder: folder.to_owned(),
        reason,
    };
    let length = match fs::metadata(&file) {
        Ok(metadata) => metadata.len(),
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(fault) => return Err(access(fault)),
    };
    if length > MAX_BOOT_FILE {
        return Err(damaged("it is too long"));
    }
    let bytes = fs::read(&file).map_err(access)?;
    let text = String::from_utf8(bytes).map_err(|_| damaged("it is no text"))?;
    let mut lines = text.lines();
    if lines.next() != Some(FORMAT) {
        return Err(damaged("its first line is not `quibus-directory 1`"));
    }
    let owner = lines.next().and_then(|line| line.strip_prefix("peer "));
    let owner = owner.ok_or_else(|| damaged("its second line names no peer"))?;
    let number = lines
        .next()
        .and_then(|line| line.strip_prefix("incarnation "));
    let number = number.and_then(|number| number.parse().ok());
    let number = number.ok_or_else(|| damaged("its third line holds no incarnation"))?;
    if owner != peer.as_str() {
        return Err(DataFolderError::Foreign {
            folder: folder.to_owned(),
            owner: owner.escape_debug().to_string(),
            peer: peer.to_string(),
        });
    }
    Ok(Some(Incarnation(number)))
}

/// Whole or not at all, and there after a power cut: the name is exchanged once the bytes are on
/// the disk, and the exchange is on the disk before anybody hears of it.
fn write_boot(folder: &Path, peer: &PeerId, incarnation: Incarnation) -> io::Result<()> {
    let beside = folder.join(format!("{BOOT_FILE}.new"));
    let mut file = File::create(&beside)?;
    let text = format!("{FORMAT}\npeer {peer}\nincarnation {}\n", incarnation.0);
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&beside, folder.join(BOOT_FILE))?;
    sync_folder(folder)
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Elsewhere a folder can't be opened to be written out; the system's journal orders the rename.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(name: &str) -> PeerId {
        PeerId::new(name).unwrap()
    }

    fn open(folder: &Path, name: &str) -> Result<DataFolder, DataFolderError> {
        DataFolder::open(folder, &peer(name))
    }

    #[test]
    fn numbers_grow_from_run_to_run_whatever_the_clock_does() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("made/on/the/way");
        let first = open(&data, "Directory.0").unwrap().incarnation();
        let second = open(&data, "Directory.0").unwrap().incarnation();
        assert!(second > first && first.0 > 1_700_000_000_000);
        let ahead = Incarnation(u64::MAX - 7);
        write_boot(&data, &peer("Directory.0"), ahead).unwrap();
        let third = open(&data, "Directory.0").unwrap().incarnation();
        assert_eq!(third, Incarnation(u64::MAX - 6));
    }

    #[test]
    fn the_next_run_is_above_all_numbers_that_were_given_and_the_file_is_written_seldom() {
        let folder = tempfile::tempdir().unwrap();
        let data = open(folder.path(), "Directory.0").unwrap();
        let boot = || fs::read(folder.path().join(BOOT_FILE)).unwrap();
        let first = data.incarnation().0 + 500_000;
        data.keep_above(Incarnation(first)).unwrap();
        let before = boot();
        data.keep_above(Incarnation(first + 900)).unwrap();
        assert_eq!(boot(), before);
        data.keep_above(Incarnation(first + 1_000)).unwrap();
        assert_ne!(boot(), before);
        drop(data);
        let next = open(folder.path(), "Directory.0").unwrap();
        assert!(next.incarnation().0 > first + 1_000);
    }

    #[test]
    fn the_clock_counts_where_it_is_ahead_of_the_last_run() {
        assert_eq!(following(None, 5), Incarnation(5));
        assert_eq!(following(Some(Incarnation(3)), 5), Incarnation(5));
        assert_eq!(following(Some(Incarnation(5)), 5), Incarnation(6));
        assert_eq!(following(Some(Incarnation(9)), 5), Incarnation(10));
    }

    #[test]
    fn two_servers_cannot_have_one_folder_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let first = open(folder.path(), "Directory.0").unwrap();
        let before = fs::read(folder.path().join(BOOT_FILE)).unwrap();
        let error = open(folder.path(), "Directory.0").unwrap_err();
        assert!(matches!(error, DataFolderError::Locked { .. }), "{error}");
        assert_eq!(fs::read(folder.path().join(BOOT_FILE)).unwrap(), before);
        drop(first);
        open(folder.path(), "Directory.0").unwrap();
    }

    #[test]
    fn a_folder_of_another_server_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        drop(open(folder.path(), "Directory.1").unwrap());
        let error = open(folder.path(), "Directory.0").unwrap_err();
        assert!(matches!(error, DataFolderError::Foreign { .. }), "{error}");
        open(folder.path(), "Directory.1").unwrap();
    }

    #[test]
    fn a_boot_file_that_is_cut_short_or_foreign_is_not_guessed_at() {
        let folder = tempfile::tempdir().unwrap();
        for text in [
            "",
            "something\n",
            "quibus-directory 1\n",
            "quibus-directory 1\npeer Directory.0\n",
            "quibus-directory 1\npeer Directory.0\nincarnation \n",
            "quibus-directory 2\npeer Directory.0\nincarnation 7\n",
        ] {
            fs::write(folder.path().join(BOOT_FILE), text).unwrap();
            let error = open(folder.path(), "Directory.0").unwrap_err();
            let named = error.to_string().contains("`boot` is damaged");
            assert!(named, "{text:?}: {error}");
        }
        fs::write(folder.path().join(BOOT_FILE), [b'x'; 5000]).unwrap();
        assert!(open(folder.path(), "Directory.0").is_err());
    }

    #[test]
    fn a_folder_that_is_a_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let text = open(&file, "Directory.0").unwrap_err().to_string();
        assert!(text.contains("file: making it failed"), "{text}");
    }
}

//! The folder of a development bus.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use quibus::id::Name;
use quibus::{Identity, PeerId};
use quibus_certs::Credentials;
use quibus_certs::issue::{DevelopmentCa, IssueError, IssuedFiles, Validity};

use super::prepared::{Made, Prepared};
use crate::complaint::Complaint;
use crate::exit_status::ExitStatus;

const DAY: Duration = Duration::from_secs(24 * 3600);
/// How long a certificate lasts that is made here: a bus that was left running for a month still
/// goes on.
const LEAF: Duration = DAY.saturating_mul(60);
/// One that ends sooner is renewed at a start.
const LEAF_MARGIN: Duration = DAY.saturating_mul(30);
/// A CA that ends sooner is replaced at a start: whatever it vouches for must end before it.
const CA_MARGIN: Duration = DAY.saturating_mul(61);

/// The folder of a development bus: its CA, and the certificates of those who belong to the bus
/// itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    folder: PathBuf,
    environment: String,
}

impl Home {
    /// What the directory is called.
    pub const DIRECTORY: &str = "Directory.0";
    /// As whom the tool watches.
    pub const OPERATOR: &str = "dev";
    /// As whom the tool sends.
    pub const TOOL: &str = "Cli";

    /// The one of an environment, in this folder.
    pub fn new(folder: PathBuf, environment: String) -> Self {
        Self {
            folder,
            environment,
        }
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes what is missing, and anew what has ended or is about to.
    ///
    /// # Errors
    /// If the folder can't be read or written, or something else than a CA lies there.
    pub fn prepare(&self, now: SystemTime) -> Result<Prepared, Complaint> {
        let failed = |fault| self.complaint(&fault);
        let (ca, ca_made) = self.authority(now).map_err(failed)?;
        let directory = PeerId::new(Self::DIRECTORY).map_err(|fault| self.odd(&fault))?;
        let operator = Name::new(Self::OPERATOR).map_err(|fault| self.odd(&fault))?;
        let tool = Name::new(Self::TOOL).map_err(|fault| self.odd(&fault))?;
        let wanted = [
            Identity::Directory(directory),
            Identity::Operator(operator),
            Identity::Service(tool),
        ];
        let mut certificates = Made::Kept;
        let mut ready = Vec::new();
        for identity in wanted {
            let (files, credentials, made) = self.issue(&ca, &identity, now).map_err(failed)?;
            if made != Made::Kept {
                certificates = made;
            }
            ready.push((files, credentials));
        }
        let [(_, directory), (operator, _), (tool, _)]: [_; 3] =
            ready.try_into().map_err(|_| self.odd(&std::fmt::Error))?;
        Ok(Prepared {
            ca: ca_made,
            ca_not_after: ca.not_after(),
            ca_file: self.folder.join(DevelopmentCa::CERTIFICATE_FILE),
            certificates,
            directory,
            operator,
            tool,
        })
    }

    fn authority(&self, now: SystemTime) -> Result<(DevelopmentCa, Made), IssueError> {
        let there = |name: &str| self.folder.join(name).exists();
        let made = if there(DevelopmentCa::KEY_FILE) || there(DevelopmentCa::CERTIFICATE_FILE) {
            let ca = DevelopmentCa::load(&self.folder)?;
            if ca.environment() != self.environment {
                return Err(IssueError::NotDevelopmentCa {
                    file: self.folder.display().to_string(),
                    reason: format!("its CA is that of the environment {}", ca.environment()),
                });
            }
            if ca.not_after() > now + CA_MARGIN {
                return Ok((ca, Made::Kept));
            }
            Made::Renewed
        } else {
            Made::New
        };
        let ca = DevelopmentCa::create(&self.environment, DevelopmentCa::VALID_FOR)?;
        ca.replace(&self.folder)?;
        Ok((ca, made))
    }

    fn issue(
        &self,
        ca: &DevelopmentCa,
        identity: &Identity,
        now: SystemTime,
    ) -> Result<(IssuedFiles, Credentials, Made), IssueError> {
        // As the CA names its files: `/peer/Shop.0` is in `peer-Shop.0.pem`.
        let stem = identity.to_string().replacen('/', "", 1).replace('/', "-");
        let files = IssuedFiles {
            certificate: self.folder.join(format!("{stem}.pem")),
            key: self.folder.join(format!("{stem}.key")),
            ca: self.folder.join(DevelopmentCa::CERTIFICATE_FILE),
        };
        let load = || Credentials::load(&files.certificate, &files.key, &files.ca);
        let made = match files.certificate.exists() {
            true => Made::Renewed,
            false => Made::New,
        };
        if let Ok(credentials) = load()
            && credentials.certificate().not_after() > now + LEAF_MARGIN
        {
            return Ok((files, credentials, Made::Kept));
        }
        ca.issue(identity, Validity::For(LEAF))?
            .replace(&self.folder)?;
        let credentials = load()?;
        Ok((files, credentials, made))
    }

    fn complaint(&self, fault: &IssueError) -> Complaint {
        let tried = format!("cannot prepare {}", self.folder.display());
        let help = match fault {
            IssueError::Load(_) | IssueError::NotDevelopmentCa { .. } => {
                "restore its files, or delete the folder and start again: all of it is made anew"
            }
            IssueError::InvalidEnvironment(_) => "name the environment with a-z 0-9 . _ - only",
            _ => "see who owns the folder and if the disk has room",
        };
        let status = match fault {
            IssueError::InvalidEnvironment(_) => ExitStatus::Usage,
            IssueError::Write { fault, .. }
                if fault.kind() == std::io::ErrorKind::PermissionDenied =>
            {
                ExitStatus::Denied
            }
            _ => ExitStatus::Failed,
        };
        Complaint::new(tried, help).because(fault).ending(status)
    }

    /// What the constants above rule out.
    fn odd(&self, fault: &(dyn std::error::Error + 'static)) -> Complaint {
        let tried = format!("cannot prepare {}", self.folder.display());
        Complaint::new(tried, "build the tool again").because(fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home(folder: &Path) -> Home {
        Home::new(folder.join("dev"), "dev".into())
    }

    fn files(home: &Home) -> Vec<(String, Vec<u8>)> {
        let entries = std::fs::read_dir(home.folder()).unwrap();
        let read = |entry: std::fs::DirEntry| {
            let name = entry.file_name().into_string().unwrap();
            (name, std::fs::read(entry.path()).unwrap())
        };
        let mut files: Vec<_> = entries.map(|entry| read(entry.unwrap())).collect();
        files.sort();
        files
    }

    #[test]
    fn the_first_start_makes_everything_and_the_next_keeps_it() {
        let folder = tempfile::tempdir().unwrap();
        let home = home(folder.path());
        let now = SystemTime::now();
        let first = home.prepare(now).unwrap();
        assert_eq!((first.ca, first.certificates), (Made::New, Made::New));
        assert_eq!(
            first.directory.id().to_string(),
            "spiffe://dev/directory/Directory.0"
        );
        let made = files(&home);
        assert_eq!(
            made.len(),
            8,
            "a CA and three certificates, each with its key"
        );
        let second = home.prepare(now).unwrap();
        assert_eq!((second.ca, second.certificates), (Made::Kept, Made::Kept));
        assert_eq!(files(&home), made);
    }

    #[test]
    fn what_is_about_to_end_is_renewed_and_so_is_all_that_a_new_ca_does_not_vouch_for() {
        let folder = tempfile::tempdir().unwrap();
        let home = home(folder.path());
        let now = SystemTime::now();
        home.prepare(now).unwrap();
        let later = home.prepare(now + 31 * DAY).unwrap();
        assert_eq!((later.ca, later.certificates), (Made::Kept, Made::Renewed));
        let much_later = home.prepare(now + 350 * DAY).unwrap();
        assert_eq!(much_later.ca, Made::Renewed);
        assert_eq!(much_later.certificates, Made::Renewed);
    }

    #[test]
    fn a_missing_certificate_is_made_and_a_broken_ca_is_named_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let home = home(folder.path());
        let now = SystemTime::now();
        home.prepare(now).unwrap();
        std::fs::remove_file(home.folder().join("operator-dev.pem")).unwrap();
        let again = home.prepare(now).unwrap();
        assert_eq!((again.ca, again.certificates), (Made::Kept, Made::New));
        std::fs::remove_file(home.folder().join("ca.key")).unwrap();
        let complaint = home.prepare(now).unwrap_err();
        let text = complaint.render(crate::output_form::OutputForm::Text);
        assert!(text.contains("ca.key"), "{text}");
        assert!(text.contains("delete the folder"), "{text}");
    }

    #[test]
    fn the_folder_of_another_environment_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        home(folder.path()).prepare(SystemTime::now()).unwrap();
        let other = Home::new(folder.path().join("dev"), "staging".into());
        let complaint = other.prepare(SystemTime::now()).unwrap_err();
        let text = complaint.render(crate::output_form::OutputForm::Text);
        assert!(text.contains("environment dev"), "{text}");
    }
}

//! `quibus certs check`: looks for certificates that have ended or soon will.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use std::{fs, io};

use super::check_report::CheckReport;
use super::checked::Checked;
use super::default_folder::DefaultFolder;
use super::typed_certs::TypedCheck;
use crate::complaint::Complaint;
use crate::exit_status::ExitStatus;
use crate::output_form::OutputForm;
use crate::printed::Printed;

/// Most files of one folder that are looked at.
const MAX_FILES: usize = 10_000;

/// Looks for certificates that have ended or soon will.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Files, and folders whose `*.pem` are looked at.
    pub paths: Vec<PathBuf>,
    /// How long each must hold.
    pub expires_in: Duration,
    /// The form of the output.
    pub output: OutputForm,
}

impl Check {
    /// What was typed means this.
    pub fn new(
        typed: &TypedCheck,
        default: &DefaultFolder,
        output: OutputForm,
    ) -> Result<Self, Complaint> {
        let paths = match typed.paths.as_slice() {
            [] => vec![default.of(&typed.environment)?],
            paths => paths.to_vec(),
        };
        Ok(Self {
            paths,
            expires_in: typed.expires_in,
            output,
        })
    }

    /// Looks, judges, shows.
    pub fn perform(&self, now: SystemTime) -> Result<Printed, Complaint> {
        let mut files = Vec::new();
        for path in &self.paths {
            files.extend(files_of(path).map_err(|cause| unreadable(path, &cause))?);
        }
        if files.is_empty() {
            let paths: Vec<_> = self.paths.iter().map(|path| path.display()).collect();
            let paths: Vec<_> = paths.iter().map(ToString::to_string).collect();
            let tried = format!("there is no certificate in {}", paths.join(", "));
            let help = "name another folder, or make a CA first: quibus certs init";
            return Err(Complaint::new(tried, help).ending(ExitStatus::Nothing));
        }
        let items = files
            .iter()
            .flat_map(|file| Checked::all_in(file, self.expires_in, now));
        let report = CheckReport {
            margin: self.expires_in,
            items: items.collect(),
        };
        let status = match report.holds() {
            true => ExitStatus::Done,
            false => ExitStatus::Failed,
        };
        Ok(Printed {
            text: report.render(self.output),
            status,
        })
    }
}

/// The path itself, or what ends in `.pem` in it, by name.
fn files_of(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !fs::metadata(path)?.is_dir() {
        return Ok(vec![path.into()]);
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(path)?.take(MAX_FILES) {
        let file = entry?.path();
        if file.extension().is_some_and(|ending| ending == "pem") {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}

fn unreadable(path: &Path, cause: &io::Error) -> Complaint {
    let tried = format!("cannot look into {}", path.display());
    let (help, status) = match cause.kind() {
        io::ErrorKind::NotFound => (
            "name another folder, or make a CA first: quibus certs init",
            ExitStatus::Nothing,
        ),
        io::ErrorKind::PermissionDenied => ("ask its owner", ExitStatus::Denied),
        _ => ("see what the cause says", ExitStatus::Failed),
    };
    Complaint::new(tried, help).because(cause).ending(status)
}

//! `quibus certs issue`: makes a certificate.

use std::fmt::Write;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use quibus_certs::Credentials;
use quibus_certs::issue::{DevelopmentCa, IssuedFiles, Validity};
use serde_json::json;

use super::default_folder::DefaultFolder;
use super::issue_complaint::complaint;
use super::kind::Kind;
use super::place::Place;
use super::shown::{quoted, stamp, until};
use super::typed_certs::TypedIssue;
use super::written_file::WrittenFile;
use crate::complaint::Complaint;
use crate::exit_status::ExitStatus;
use crate::output_form::OutputForm;
use crate::printed::Printed;

/// Makes a certificate with its private key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// What kind it is of, as it was typed.
    pub kind: Kind,
    /// Whom it names, as it was typed.
    pub name: String,
    /// Where the CA is.
    pub folder: PathBuf,
    /// How it was said where that is.
    pub place: Place,
    /// Where the certificate is put, if not beside the CA.
    pub into: Option<PathBuf>,
    /// How long it is valid from now.
    pub valid_for: Duration,
    /// Whether one of that name is replaced.
    pub replace: bool,
    /// The form of the output.
    pub output: OutputForm,
}

impl Issue {
    /// What was typed means this.
    pub fn new(
        typed: &TypedIssue,
        default: &DefaultFolder,
        output: OutputForm,
    ) -> Result<Self, Complaint> {
        let place = Place::new(&typed.environment, typed.folder.as_ref());
        Ok(Self {
            kind: typed.kind,
            name: typed.name.clone(),
            folder: place.folder(default)?,
            place,
            into: typed.into.clone(),
            valid_for: typed.valid_for,
            replace: typed.replace,
            output,
        })
    }

    /// Makes it.
    pub fn perform(&self, now: SystemTime) -> Result<Printed, Complaint> {
        let identity = self.kind.identity(&self.name)?;
        let tried = format!("cannot issue a certificate to {identity}");
        let failed = |fault| complaint(&tried, &fault, &self.renewal(), &self.place.init());
        let ca = DevelopmentCa::load(&self.folder).map_err(failed)?;
        let issued = ca
            .issue(&identity, Validity::For(self.valid_for))
            .map_err(failed)?;
        let into = self.into.as_ref().unwrap_or(&self.folder);
        let files = match self.replace {
            true => issued.replace(into).map_err(failed)?,
            false => issued.save(into).map_err(failed)?,
        };
        // A CA of another time may lie there, which does not vouch for what was just made.
        let credentials = Credentials::load(&files.certificate, &files.key, &files.ca);
        let credentials = credentials.map_err(|cause| {
            let tried = format!("the certificate of {identity} was made, but cannot be used");
            let ca = self.folder.join(DevelopmentCa::CERTIFICATE_FILE);
            let help = format!("put {} in place of {}", quoted(&ca), quoted(&files.ca));
            Complaint::new(tried, help).because(&cause)
        })?;
        let not_after = credentials.certificate().not_after();
        let id = issued.id().to_string();
        Ok(Printed {
            text: self.render(&id, &files, not_after, now),
            status: ExitStatus::Done,
        })
    }

    /// The command that makes it once more.
    fn renewal(&self) -> String {
        let mut command = self.place.issue(self.kind.word(), &self.name);
        if let Some(into) = &self.into {
            let _ = write!(command, " --into {}", quoted(into));
        }
        command.push_str(" --replace");
        command
    }

    fn render(
        &self,
        id: &str,
        files: &IssuedFiles,
        not_after: SystemTime,
        now: SystemTime,
    ) -> String {
        let name = &self.name;
        let audience = format!("whoever has it is {name}");
        let files = [
            WrittenFile::public(&files.certificate, "the certificate"),
            WrittenFile::secret(&files.key, "its private key", &audience),
            WrittenFile::public(&files.ca, "the CA's certificate"),
        ];
        match self.output {
            OutputForm::Json => {
                let issued = json!({
                    "kind": "IssuedCertificate",
                    "apiVersion": "quibus/v1",
                    "identity": id,
                    "notAfter": stamp(not_after),
                    "files": files,
                });
                format!("{issued}\n")
            }
            OutputForm::Text => format!(
                "issued {id}, valid {}\n\n{}\n\
                 {name} needs these three files and no others. To bring them to another machine, use \
                 something that\nnobody else can read and that keeps the key closed, such as: scp -p\n\
                 Before it ends: {}\n",
                until(not_after, now),
                WrittenFile::table(&files),
                self.renewal(),
            ),
        }
    }
}

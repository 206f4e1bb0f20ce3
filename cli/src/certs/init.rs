//! `quibus certs init`: makes a CA.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use quibus_certs::issue::DevelopmentCa;
use serde_json::json;

use super::default_folder::DefaultFolder;
use super::issue_complaint::complaint;
use super::place::Place;
use super::shown::{stamp, until};
use super::typed_certs::TypedInit;
use super::written_file::WrittenFile;
use crate::complaint::Complaint;
use crate::exit_status::ExitStatus;
use crate::output_form::OutputForm;
use crate::printed::Printed;

/// Makes a CA for an environment, in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Init {
    /// The environment.
    pub environment: String,
    /// Where `ca.pem` and `ca.key` are put.
    pub folder: PathBuf,
    /// How it was said where that is.
    pub place: Place,
    /// How long it is valid from now.
    pub valid_for: Duration,
    /// Whether a CA that is there is replaced.
    pub replace: bool,
    /// The form of the output.
    pub output: OutputForm,
}

impl Init {
    /// What was typed means this.
    pub fn new(
        typed: &TypedInit,
        default: &DefaultFolder,
        output: OutputForm,
    ) -> Result<Self, Complaint> {
        let place = Place::new(&typed.environment, typed.folder.as_ref());
        Ok(Self {
            environment: typed.environment.clone(),
            folder: place.folder(default)?,
            place,
            valid_for: typed.valid_for,
            replace: typed.replace,
            output,
        })
    }

    /// Makes it.
    pub fn perform(&self, now: SystemTime) -> Result<Printed, Complaint> {
        let tried = format!("cannot make a CA in {}", self.folder.display());
        let command = self.command();
        let failed = |fault| complaint(&tried, &fault, &format!("{command} --replace"), &command);
        let ca = DevelopmentCa::create(&self.environment, self.valid_for).map_err(failed)?;
        match self.replace {
            true => ca.replace(&self.folder).map_err(failed)?,
            false => ca.save(&self.folder).map_err(failed)?,
        }
        Ok(Printed {
            text: self.render(ca.not_after(), now),
            status: ExitStatus::Done,
        })
    }

    fn command(&self) -> String {
        let init = self.place.init();
        init.replace("ENVIRONMENT", &self.environment)
    }

    fn render(&self, not_after: SystemTime, now: SystemTime) -> String {
        let environment = &self.environment;
        let key = self.folder.join(DevelopmentCa::KEY_FILE);
        let audience = format!("whoever has it can be anybody in {environment}");
        let files = [
            WrittenFile::public(
                &self.folder.join(DevelopmentCa::CERTIFICATE_FILE),
                "the CA's certificate",
            ),
            WrittenFile::secret(&key, "the CA's private key", &audience),
        ];
        match self.output {
            OutputForm::Json => {
                let made = json!({
                    "kind": "CertificateAuthority",
                    "apiVersion": "quibus/v1",
                    "environment": environment,
                    "notAfter": stamp(not_after),
                    "files": files,
                });
                format!("{made}\n")
            }
            OutputForm::Text => {
                format!(
                    "made a CA for the environment {environment}, valid {}\n\n{}\n\
                     Every peer of {environment} needs ca.pem. Leave ca.key where it is: it goes to no \
                     server and into no repository.\n\
                     Next: {}\n",
                    until(not_after, now),
                    WrittenFile::table(&files),
                    self.place.issue("peer", "Shop.0"),
                )
            }
        }
    }
}

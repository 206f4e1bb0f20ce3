//! Why nothing was made, with the next command to type.

use std::io;

use quibus_certs::CredentialsError;
use quibus_certs::issue::IssueError;

use crate::complaint::Complaint;
use crate::exit_status::ExitStatus;

/// Trying this failed because of that. `again` is the command that would replace what is there,
/// `init` the one that makes the CA.
pub(super) fn complaint(tried: &str, fault: &IssueError, again: &str, init: &str) -> Complaint {
    let (help, status) = match fault {
        IssueError::Exists { .. } => (
            format!("keep it, or replace it with: {again}"),
            ExitStatus::Unconfirmed,
        ),
        IssueError::InvalidEnvironment(_) | IssueError::Validity { .. } => {
            ("correct it and try again".to_owned(), ExitStatus::Usage)
        }
        IssueError::OutlivesAuthority { .. } => (
            format!("ask for less with --valid-for, or replace the CA with: {init} --replace"),
            ExitStatus::Failed,
        ),
        IssueError::Load(CredentialsError::Read { fault, .. })
            if fault.kind() == io::ErrorKind::NotFound =>
        {
            (format!("make the CA first: {init}"), ExitStatus::Failed)
        }
        IssueError::Load(CredentialsError::Read { fault, .. })
        | IssueError::Write { fault, .. } => {
            let status = match fault.kind() {
                io::ErrorKind::PermissionDenied => ExitStatus::Denied,
                _ => ExitStatus::Failed,
            };
            let help = "see who owns the folder and if the disk has room, or choose another folder";
            (help.to_owned(), status)
        }
        IssueError::Load(CredentialsError::KeyReadableByOthers { .. }) => (
            "if others may have read it, make a new CA; otherwise close it as said".to_owned(),
            ExitStatus::Denied,
        ),
        IssueError::Load(_) | IssueError::NotDevelopmentCa { .. } => (
            format!("restore the CA's files, or make a new CA with: {init} --replace"),
            ExitStatus::Failed,
        ),
        _ => ("see what the cause says".to_owned(), ExitStatus::Failed),
    };
    Complaint::new(tried, help).because(fault).ending(status)
}

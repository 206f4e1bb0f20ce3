//! `quibus certs`: a CA for development and small installations, and what it vouches for.
//!
//! [`TypedCerts`] is what was typed; each verb has its type, with nothing left to decide:
//! [`Init`] makes a CA, [`Issue`] a certificate, [`Inspect`] lays open what is in a file or what a
//! server presents, [`Check`] looks for what has ended or soon will. What they wrote they show as
//! [`WrittenFile`]s, so that nobody has to guess which of them is secret.
//!
//! The certificates themselves are made and judged by `quibus-certs`.

mod check;
mod check_report;
mod checked;
mod default_folder;
mod init;
mod inspect;
mod inspected;
mod issue;
mod issue_complaint;
mod kind;
mod place;
#[cfg(test)]
mod scenes;
mod shown;
mod typed_certs;
mod written_file;

pub use check::Check;
pub use check_report::CheckReport;
pub use checked::Checked;
pub use default_folder::DefaultFolder;
pub use init::Init;
pub use inspect::{Inspect, Inspected};
pub use issue::Issue;
pub use kind::Kind;
pub use place::Place;
pub use typed_certs::{TypedCerts, TypedCheck, TypedInit, TypedInspect, TypedIssue};
pub use written_file::WrittenFile;

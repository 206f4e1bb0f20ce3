//! What became of a command that was not answered.

use quibus::SendError;
use quibus::message::WireError;
use quibus::message::raw::RawError;
use serde_json::{Map, Value};

use super::shown::printable;
use super::subject::Subject;
use crate::complaint::Complaint;
use crate::exit_status::ExitStatus;

/// What became of a command that was not answered, with what to do about it.
pub(super) fn complaint(subject: &Subject, error: &SendError<RawError>) -> Complaint {
    let name = subject.name().escape_debug();
    let (help, status) = match error {
        SendError::Rejected(RawError(error)) => return rejected(subject, error),
        SendError::NoPeer { .. } => (
            "see who handles what with `quibus subscriptions`, and who would get it with `quibus \
             routes`",
            ExitStatus::Nothing,
        ),
        SendError::NotThere { .. } => ("see who is there with `quibus peers`", ExitStatus::Nothing),
        SendError::ManyPeers { .. } => ("name one of them with --to", ExitStatus::Failed),
        SendError::PeerSilent { .. } | SendError::PeerLost { .. } => {
            ("see with `quibus peers` how it is", ExitStatus::Unreachable)
        }
        SendError::TimedOut { .. } => ("wait longer with --timeout", ExitStatus::Unreachable),
        SendError::Unhandled => (
            "see who handles it with `quibus subscriptions`",
            ExitStatus::Nothing,
        ),
        SendError::Refused { .. } => ("use another certificate", ExitStatus::Denied),
        SendError::Undecodable { .. } => (
            "its handler was built from other code, or what was given with --raw is no message of \
             the type",
            ExitStatus::Failed,
        ),
        SendError::Overloaded | SendError::Draining { .. } | SendError::LaneFull { .. } => {
            ("try again in a while", ExitStatus::Failed)
        }
        SendError::NoLink { .. } | SendError::LinkLost { .. } => {
            ("see with `quibus peers` how it is", ExitStatus::Unreachable)
        }
        _ => (
            "see the log of the peer that handles it",
            ExitStatus::Failed,
        ),
    };
    Complaint::new(format!("{name} was not answered"), help)
        .since(printable(&error.to_string()))
        .ending(status)
}

/// The handler's own error: typed with code and details, or its text alone.
fn rejected(subject: &Subject, error: &WireError) -> Complaint {
    let WireError {
        code,
        text,
        details,
    } = error;
    let described = subject.described().ok();
    let (variant, carried) = match described {
        Some(described) => described.show_error(*code, details),
        None => (None, None),
    };
    let name = subject.name().escape_debug();
    let what = match variant {
        Some(variant) => format!("{} (code {code})", printable(variant)),
        None => format!("code {code}"),
    };
    let mut facts = Map::new();
    facts.insert("code".into(), (*code).into());
    facts.insert("text".into(), text.as_str().into());
    if let Some(variant) = variant {
        facts.insert("variant".into(), variant.into());
    }
    let help = "it is the handler's own answer: what it means is part of the command's contract";
    let mut complaint = Complaint::new(format!("{name} was rejected: {what}"), help);
    if !text.is_empty() {
        complaint = complaint.since(printable(text));
    }
    if let Some(carried) = carried {
        complaint = complaint.since(format!("it carries {}", carried.in_a_line()));
        carried.add_to("details", &mut facts);
    }
    complaint
        .with_fact("rejection", Value::Object(facts))
        .ending(ExitStatus::Rejected)
}

//! `quibus send`: a command, and what its handler answers.

use std::time::Duration;

use bytes::Bytes;
use quibus::message::MessageKind;
use quibus::message::raw::{RawCommand, RawError};
use quibus::{Bus, PeerId, SendError};
use serde_json::{Map, Value, json};
use tokio::time::{Instant, sleep};

use super::entry::Entry;
use super::outgoing::Outgoing;
use super::send_failure;
use super::shown::Shown;
use super::subject::Subject;
use crate::complaint::Complaint;
use crate::exit_status::ExitStatus;
use crate::output_form::OutputForm;
use crate::printed::Printed;

/// How long a link that is missing is waited for before the next look.
const LOOK: Duration = Duration::from_millis(10);

/// Sends a command and shows what its handler answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendCommand {
    /// The command.
    pub command: Outgoing,
    /// Who is to get it, whoever else handles it.
    pub to: Option<PeerId>,
    /// As whom to take part.
    pub entry: Entry,
    /// The form of the output.
    pub output: OutputForm,
}

impl SendCommand {
    /// The peer that was typed.
    ///
    /// # Errors
    /// If nobody can be called so.
    pub fn peer(typed: &str) -> Result<PeerId, Complaint> {
        PeerId::new(typed).map_err(|cause| {
            let tried = format!("\"{}\" is no peer", typed.escape_debug());
            Complaint::new(tried, "see who is there with `quibus peers`")
                .because(&cause)
                .ending(ExitStatus::Usage)
        })
    }

    /// Sends it.
    ///
    /// # Errors
    /// What is wrong with what was typed, or became of the command.
    pub async fn perform(&self) -> Result<Printed, Complaint> {
        self.entry.during(|bus| self.act(bus)).await
    }

    async fn act(&self, bus: Bus) -> Result<Printed, Complaint> {
        let (subject, bytes, key) = self.command.prepare(&bus, MessageKind::Command).await?;
        let command = RawCommand::new(subject.raw_type(), bytes).routed_by(key);
        let reply = self.send(&bus, command).await;
        let reply = reply.map_err(|error| send_failure::complaint(&subject, &error))?;
        let shown = match subject.described() {
            Ok(described) => described.show_reply(&reply),
            Err(reason) => Shown::Bytes(reply.into(), reason.into()),
        };
        Ok(Printed::done(render(&subject, &shown, self.output)))
    }
}

impl SendCommand {
    /// Sends it as any program does. An unsequenced one waits for no link, and a tool that has just
    /// come has none: so it is sent again until there is one.
    async fn send(&self, bus: &Bus, command: RawCommand) -> Result<Bytes, SendError<RawError>> {
        // `None`: further than a clock reaches.
        let until = Instant::now().checked_add(self.entry.timeout);
        let may_try = || until.is_none_or(|until| Instant::now() < until);
        loop {
            let mut sending = bus.send(command.clone()).timeout(self.entry.timeout);
            for (name, value) in &self.command.headers {
                sending = sending.header(name, value);
            }
            if let Some(to) = &self.to {
                sending = sending.to(to);
            }
            match sending.await {
                Err(SendError::NoLink { .. }) if may_try() => sleep(LOOK).await,
                told => return told,
            }
        }
    }
}

/// The text for stdout; why a reply is shown as bytes goes to stderr.
pub(super) fn render(subject: &Subject, reply: &Shown, form: OutputForm) -> String {
    match form {
        OutputForm::Json => {
            let mut sent = Map::new();
            sent.insert("kind".into(), "Reply".into());
            sent.insert("apiVersion".into(), "quibus/v1".into());
            sent.insert("type".into(), subject.name().into());
            reply.add_to("reply", &mut sent);
            format!("{}\n", Value::Object(sent))
        }
        OutputForm::Text => {
            if let Some(reason) = reply.reason() {
                let _ = std::io::Write::write_fmt(
                    &mut anstream::stderr(),
                    format_args!("note: the reply is shown as bytes: {reason}\n"),
                );
            }
            match reply {
                // A reply that says nothing says that it was done.
                Shown::Json(json) if *json == json!({}) => "done\n".into(),
                reply => format!("{}\n", reply.in_lines()),
            }
        }
    }
}

//! `quibus publish`: an event, and how many get it.

use quibus::Bus;
use quibus::bus::Published;
use quibus::message::MessageKind;
use quibus::message::raw::RawEvent;
use serde_json::json;

use super::entry::Entry;
use super::outgoing::Outgoing;
use crate::complaint::Complaint;
use crate::exit_status::ExitStatus;
use crate::output_form::OutputForm;
use crate::printed::Printed;

/// Publishes an event and says for how many peers it was queued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishEvent {
    /// The event.
    pub event: Outgoing,
    /// As whom to take part.
    pub entry: Entry,
    /// The form of the output.
    pub output: OutputForm,
}

impl PublishEvent {
    /// Publishes it; whoever wants it has it when this returns.
    ///
    /// # Errors
    /// What is wrong with what was typed, or if somebody did not get it.
    pub async fn perform(&self) -> Result<Printed, Complaint> {
        self.entry.during(|bus| self.act(bus)).await
    }

    async fn act(&self, bus: Bus) -> Result<Printed, Complaint> {
        let (subject, bytes, key) = self.event.prepare(&bus, MessageKind::Event).await?;
        let event = RawEvent::new(subject.raw_type(), bytes).routed_by(key);
        let mut publishing = bus.publish(event);
        for (name, value) in &self.event.headers {
            publishing = publishing.header(name, value);
        }
        let published = publishing.await.map_err(|cause| {
            let tried = format!("{} was not published", subject.name().escape_debug());
            Complaint::new(tried, "see what the cause says").because(&cause)
        })?;
        Ok(printed(subject.name(), published, self.output))
    }
}

/// What is said of an event that was published.
pub(super) fn printed(name: &str, published: Published, form: OutputForm) -> Printed {
    let Published { queued, missed } = published;
    let text = match form {
        OutputForm::Json => {
            let published = json!({
                "kind": "Published",
                "apiVersion": "quibus/v1",
                "type": name,
                "queued": queued,
                "missed": missed,
            });
            format!("{published}\n")
        }
        OutputForm::Text => {
            let peers = |count: usize| match count {
                1 => "1 peer".to_owned(),
                count => format!("{count} peers"),
            };
            let skipped = match missed {
                0 => String::new(),
                missed => format!(", skipped for {}, too slow to take it", peers(missed)),
            };
            match queued + missed {
                0 => "nobody wants it: queued for 0 peers\n".into(),
                _ => format!("queued for {}{skipped}\n", peers(queued)),
            }
        }
    };
    let status = match queued + missed {
        0 => ExitStatus::Nothing,
        _ => ExitStatus::Done,
    };
    Printed { text, status }
}

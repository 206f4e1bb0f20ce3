//! `quibus tail`: events as they happen.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use quibus::Bus;
use quibus::binding::BindingKey;
use quibus::bus::{Live, SubscribeError};
use quibus::dispatch::Undecoded;
use quibus::message::MessageKind;
use quibus::prelude::*;
use tokio::sync::{Mutex, mpsc};

use super::catalogue::Catalogue;
use super::entry::Entry;
use super::subject::Subject;
use super::tailed_event::TailedEvent;
use crate::complaint::Complaint;
use crate::exit_status::ExitStatus;
use crate::output_form::OutputForm;
use crate::printed::Printed;

/// Events that may wait to be printed. What comes while so many do is counted and not shown: whoever
/// looks on must not hold those who work.
const WAITING: usize = 4_096;

/// Prints events as they happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TailEvents {
    /// Of this type, or of all that are described.
    pub message_type: Option<String>,
    /// Only what this matches.
    pub key: BindingKey,
    /// End after so many.
    pub count: Option<u64>,
    /// Also to a type that nobody has described.
    pub raw: bool,
    /// As whom to take part.
    pub entry: Entry,
    /// The form of the output.
    pub output: OutputForm,
}

/// Where what was heard waits to be printed.
struct Ear {
    heard: mpsc::Sender<TailedEvent>,
    unshown: AtomicU64,
}

impl TailEvents {
    /// The key that was typed.
    ///
    /// # Errors
    /// If it is none.
    pub fn key(typed: Option<&str>) -> Result<BindingKey, Complaint> {
        let Some(typed) = typed else {
            return Ok(BindingKey::any());
        };
        BindingKey::parse(typed).map_err(|cause| {
            let tried = format!("\"{}\" is no binding key", typed.escape_debug());
            let help = "write values joined by dots, * for any value and # for any rest";
            Complaint::new(tried, help)
                .because(&cause)
                .ending(ExitStatus::Usage)
        })
    }

    /// Prints until so many came, the reader goes away, or Ctrl-C.
    ///
    /// # Errors
    /// What is wrong with what was typed, or if nothing can be subscribed to.
    pub async fn perform(&self, out: &mut (dyn Write + Send)) -> Result<Printed, Complaint> {
        let out = Mutex::new(out);
        self.entry.during(|bus| self.act(bus, &out)).await
    }

    async fn act(
        &self,
        bus: Bus,
        out: &Mutex<&mut (dyn Write + Send)>,
    ) -> Result<Printed, Complaint> {
        let subjects = self.subjects(&bus).await?;
        let (heard, mut hearing) = mpsc::channel(WAITING);
        let unshown = AtomicU64::new(0);
        let ear = Arc::new(Ear { heard, unshown });
        let mut lives = Vec::new();
        for subject in &subjects {
            lives.push(self.listen(&bus, subject, &ear).await?);
        }
        self.say_what_is_heard(&subjects);
        let mut out = out.lock().await;
        let mut shown = 0;
        while self.count.is_none_or(|count| shown < count) {
            let Some(event) = hearing.recv().await else {
                break;
            };
            let line = event.render(self.output);
            if out
                .write_all(line.as_bytes())
                .and_then(|()| out.flush())
                .is_err()
            {
                // The reader has read what it wanted.
                break;
            }
            shown += 1;
            say_unshown(ear.unshown.swap(0, Ordering::Relaxed));
        }
        drop(lives);
        Ok(Printed::done(String::new()))
    }

    async fn subjects(&self, bus: &Bus) -> Result<Vec<Subject>, Complaint> {
        let catalogue = Catalogue::load(bus).await?;
        let subjects = match &self.message_type {
            Some(name) => vec![catalogue.get(bus, name, self.raw).await?],
            None => catalogue.events(bus).await?,
        };
        if subjects.is_empty() {
            let help = "peers describe the events that they handle, and with Builder::describe \
                        those that they publish; name the type to listen to another";
            let tried = "no event is described on this bus";
            return Err(Complaint::new(tried, help).ending(ExitStatus::Nothing));
        }
        for subject in &subjects {
            subject.be(MessageKind::Event)?;
            subject.can_match(&self.key)?;
            subject.say_notes();
        }
        Ok(subjects)
    }

    async fn listen(
        &self,
        bus: &Bus,
        subject: &Subject,
        ear: &Arc<Ear>,
    ) -> Result<Live, Complaint> {
        let (known, ear) = (Arc::new(subject.clone()), ear.clone());
        let hear = move |event: Undecoded, from: Sender| {
            let (known, ear) = (known.clone(), ear.clone());
            async move {
                let event = TailedEvent {
                    at: SystemTime::now(),
                    sender: from.peer().clone(),
                    message_type: known.name(),
                    message: known.show(&event.bytes),
                };
                if ear.heard.try_send(event).is_err() {
                    ear.unshown.fetch_add(1, Ordering::Relaxed);
                }
            }
        };
        let keys = vec![self.key.clone()];
        let live = bus.subscribe_raw(subject.raw_type(), keys, hear).await;
        live.map_err(|cause: SubscribeError| {
            let tried = format!("cannot listen to {}", subject.name().escape_debug());
            Complaint::new(tried, "see what the cause says").because(&cause)
        })
    }

    fn say_what_is_heard(&self, subjects: &[Subject]) {
        let mut text = String::new();
        if let (OutputForm::Text, [_, ..]) = (self.output, subjects) {
            let names: Vec<_> = subjects.iter().map(Subject::name).collect();
            let names = names.join(", ").escape_debug().to_string();
            text.push_str(&format!("listening to {names}; stop with Ctrl-C\n"));
        }
        for reason in subjects
            .iter()
            .filter_map(|subject| subject.described().err())
        {
            text.push_str(&format!(
                "note: shown as bytes: {}\n",
                reason.escape_debug()
            ));
        }
        let _ = anstream::stderr().write_all(text.as_bytes());
    }
}

fn say_unshown(count: u64) {
    if count > 0 {
        let text =
            format!("note: {count} events are not shown: they came faster than they are read\n");
        let _ = anstream::stderr().write_all(text.as_bytes());
    }
}

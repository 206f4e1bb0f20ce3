//! `quibus tail`: events as they happen.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

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
/// How often the directory is asked for types that were not described before.
const LOOK: Duration = Duration::from_secs(1);
/// Names of types that are looked at, commands among them. Whoever makes up more is not heard.
const MOST_TYPES: usize = 1_024;

/// Prints events as they happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TailEvents {
    /// Of this type, or of all that are described, now or later.
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

/// What is said where nobody has described an event so far.
const NONE: &str = "note: no event is described yet: peers describe those that they handle, and \
                    with Builder::describe those that they publish; they are heard once they are\n";

/// What is listened to.
#[derive(Default)]
struct Heeded {
    /// Names of types that were looked at.
    seen: BTreeSet<String>,
    lives: Vec<Live>,
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
        let mut heeded = Heeded::default();
        let subjects = self.subjects(&bus, &mut heeded.seen).await?;
        let (heard, mut hearing) = mpsc::channel(WAITING);
        let unshown = AtomicU64::new(0);
        let ear = Arc::new(Ear { heard, unshown });
        for subject in &subjects {
            let live = self.listen(&bus, subject, &ear).await?;
            heeded.lives.push(live);
        }
        self.say_what_is_heard(&subjects);
        let mut out = out.lock().await;
        tokio::select! {
            biased;
            () = self.print(&mut hearing, &ear, &mut **out) => {}
            never = self.keep_looking(&bus, heeded, &ear) => match never {},
        }
        Ok(Printed::done(String::new()))
    }

    async fn print(
        &self,
        hearing: &mut mpsc::Receiver<TailedEvent>,
        ear: &Ear,
        out: &mut (dyn Write + Send),
    ) {
        let mut shown = 0;
        while self.count.is_none_or(|count| shown < count) {
            let Some(event) = hearing.recv().await else {
                return;
            };
            let line = event.render(self.output);
            if out
                .write_all(line.as_bytes())
                .and_then(|()| out.flush())
                .is_err()
            {
                // The reader has read what it wanted.
                return;
            }
            shown += 1;
            say_unshown(ear.unshown.swap(0, Ordering::Relaxed));
        }
    }

    /// Listens also to types that are described later, unless it is one that was asked for.
    async fn keep_looking(&self, bus: &Bus, mut heeded: Heeded, ear: &Arc<Ear>) -> Infallible {
        if self.message_type.is_some() {
            return std::future::pending().await;
        }
        while heeded.seen.len() < MOST_TYPES {
            tokio::time::sleep(LOOK).await;
            // Without a directory there is nothing new. It is asked again.
            let _ = self.look(bus, &mut heeded, ear).await;
        }
        let text = format!("note: more than {MOST_TYPES} types are described: no more is heard\n");
        let _ = anstream::stderr().write_all(text.as_bytes());
        std::future::pending().await
    }

    async fn look(&self, bus: &Bus, heeded: &mut Heeded, ear: &Arc<Ear>) -> Result<(), Complaint> {
        let catalogue = Catalogue::load(bus).await?;
        for name in catalogue.names() {
            if heeded.seen.contains(name) {
                continue;
            }
            let Some(subject) = catalogue.find(bus, name).await? else {
                continue;
            };
            // A key that cannot match is an error at the start; now it is one type of many.
            if is_event(&subject) && subject.can_match(&self.key).is_ok() {
                let live = self.listen(bus, &subject, ear).await?;
                heeded.lives.push(live);
                subject.say_notes();
                self.say_what_is_heard(std::slice::from_ref(&subject));
            }
            // Only now: what did not succeed is tried again.
            heeded.seen.insert(name.to_owned());
        }
        Ok(())
    }

    async fn subjects(
        &self,
        bus: &Bus,
        seen: &mut BTreeSet<String>,
    ) -> Result<Vec<Subject>, Complaint> {
        let catalogue = Catalogue::load(bus).await?;
        let mut subjects = Vec::new();
        match &self.message_type {
            Some(name) => subjects.push(catalogue.get(bus, name, self.raw).await?),
            None => {
                for name in catalogue.names() {
                    let Some(subject) = catalogue.find(bus, name).await? else {
                        continue;
                    };
                    seen.insert(name.to_owned());
                    subjects.extend(Some(subject).filter(is_event));
                }
            }
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
        if subjects.is_empty() {
            text.push_str(NONE);
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

fn is_event(subject: &Subject) -> bool {
    subject.kind() == Some(MessageKind::Event)
}

fn say_unshown(count: u64) {
    if count > 0 {
        let text =
            format!("note: {count} events are not shown: they came faster than they are read\n");
        let _ = anstream::stderr().write_all(text.as_bytes());
    }
}

//! Stage two: what was typed means.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::time::SystemTime;

use clap_complete::Shell;
use quibus::config::Contexts;

use crate::bench::{Bench, Serve, Subject, TypedBench};
use crate::certs::{Check, DefaultFolder, Init, Inspect, Issue, TypedCerts};
use crate::complaint::Complaint;
use crate::completions;
use crate::config_show::ConfigShow;
use crate::demo::{self, DemoOptions};
use crate::doctor::Doctor;
use crate::exit_status::ExitStatus;
use crate::man_pages::ManPages;
use crate::messaging::{
    Entry, Outgoing, PublishEvent, SendCommand, TailEvents, TypedSend, TypedTail,
};
use crate::output_form::OutputForm;
use crate::printed::Printed;
use crate::typed::{Typed, TypedCommand, TypedConfig};
use crate::up::{Home, Up};
use crate::version;
use crate::watching::{self, PeerList, Routes, SubscriptionList, Viewpoint};

/// What is to be done, with nothing left to decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Start a development bus.
    Up(Up),
    /// Make a CA.
    CertsInit(Init),
    /// Make a certificate.
    CertsIssue(Issue),
    /// Lay certificates open.
    CertsInspect(Inspect),
    /// See whether certificates hold.
    CertsCheck(Check),
    /// Show who is there; and every change, if that is asked for.
    Peers(Viewpoint, bool, OutputForm),
    /// Show who wants what, or who wants messages of one type.
    Subscriptions(Viewpoint, Option<String>, OutputForm),
    /// Show who would get a message of a type, with a routing key.
    Routes(Viewpoint, String, Option<String>, OutputForm),
    /// Send a command.
    Send(SendCommand),
    /// Publish an event.
    Publish(PublishEvent),
    /// Print events.
    Tail(TailEvents),
    /// Measure.
    Bench(Bench),
    /// Receive what another process measures.
    Serve(Serve),
    /// Show settings.
    ConfigShow(ConfigShow),
    /// Find out what is wrong.
    Doctor(Doctor),
    /// Run the demo.
    Demo(DemoOptions),
    /// Print what a shell needs to complete command lines.
    Completions(Shell),
    /// Print the manual.
    Man(ManPages),
    /// Print the version.
    Version(OutputForm),
}

/// What the meaning of a command line depends on beside its words.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// Somebody is looking at stderr.
    pub stderr_is_terminal: bool,
    /// This user's contexts, if the user has a home.
    pub contexts: Option<Contexts>,
}

impl Surroundings {
    /// This user's contexts.
    ///
    /// # Errors
    /// If the user has no home.
    pub fn contexts(&self) -> Result<&Contexts, Complaint> {
        self.contexts.as_ref().ok_or_else(|| {
            let help = "set QUIBUS_HOME to a folder";
            Complaint::new(
                "there is no folder for your contexts: this user has no home",
                help,
            )
        })
    }

    /// Where certificates are kept: beside the contexts.
    fn default_folder(&self) -> DefaultFolder {
        let contexts = self.contexts.as_ref().map(Contexts::folder);
        DefaultFolder::within(contexts.and_then(Path::parent).map(Path::to_owned))
    }

    /// Those of this process.
    pub fn of_this_process() -> Self {
        Self {
            stderr_is_terminal: io::stderr().is_terminal(),
            contexts: Contexts::of_user().ok(),
        }
    }
}

impl Request {
    /// Does it. What is printed while it goes on goes to `out`, what is printed at its end is
    /// returned.
    pub async fn perform(&self, out: &mut (dyn Write + Send)) -> Result<Printed, Complaint> {
        let now = SystemTime::now();
        match self {
            Self::Up(up) => up.perform(now, out).await,
            Self::CertsInit(init) => init.perform(now),
            Self::CertsIssue(issue) => issue.perform(now),
            Self::CertsInspect(inspect) => inspect.perform(now).await,
            Self::CertsCheck(check) => check.perform(now),
            Self::Peers(from, watch, form) => peers(from, *watch, *form, out).await,
            Self::Subscriptions(from, only, form) => {
                subscriptions(from, only.as_deref(), *form).await
            }
            Self::Routes(from, name, key, form) => routes(from, name, key.as_deref(), *form).await,
            Self::Send(send) => send.perform().await,
            Self::Publish(publish) => publish.perform().await,
            Self::Tail(tail) => tail.perform(out).await,
            Self::Bench(bench) => bench.perform().await,
            Self::Serve(serve) => serve.perform().await,
            Self::ConfigShow(show) => show.perform(),
            Self::Doctor(doctor) => Ok(doctor.perform(now).await),
            Self::Demo(options) => {
                let report = demo::run(options).await?;
                let status = match report.holds() {
                    true => ExitStatus::Done,
                    false => ExitStatus::Failed,
                };
                let text = report.render(options.output);
                Ok(Printed { text, status })
            }
            Self::Completions(shell) => Ok(Printed::done(completions::script(*shell))),
            Self::Man(pages) => pages.perform(),
            Self::Version(form) => Ok(Printed::done(version::render(*form))),
        }
    }

    /// What was typed means this, here.
    pub fn new(typed: &Typed, surroundings: &Surroundings) -> Result<Self, Complaint> {
        let output = typed.output;
        let default = surroundings.default_folder();
        let from = |typed| Viewpoint::new(typed, surroundings.contexts()?);
        Ok(match &typed.command {
            TypedCommand::Up(typed) => Self::Up(Up {
                environment: typed.environment.clone(),
                home: Home::new(default.of(&typed.environment)?, typed.environment.clone()),
                contexts: surroundings.contexts()?.clone(),
                listen: typed.listen.clone(),
                output,
            }),
            TypedCommand::Certs(TypedCerts::Init(typed)) => {
                Self::CertsInit(Init::new(typed, &default, output)?)
            }
            TypedCommand::Certs(TypedCerts::Issue(typed)) => {
                Self::CertsIssue(Issue::new(typed, &default, output)?)
            }
            TypedCommand::Certs(TypedCerts::Inspect(typed)) => {
                Self::CertsInspect(Inspect::new(typed, &default, output))
            }
            TypedCommand::Certs(TypedCerts::Check(typed)) => {
                Self::CertsCheck(Check::new(typed, &default, output)?)
            }
            TypedCommand::Peers(typed) => Self::Peers(from(&typed.viewpoint)?, typed.watch, output),
            TypedCommand::Subscriptions(typed) => {
                let only = typed.message_type.clone();
                Self::Subscriptions(from(&typed.viewpoint)?, only, output)
            }
            TypedCommand::Routes(typed) => {
                let (name, key) = (typed.message_type.clone(), typed.routing_key.clone());
                Self::Routes(from(&typed.viewpoint)?, name, key, output)
            }
            TypedCommand::Send(typed) => Self::Send(send(typed, surroundings, output)?),
            TypedCommand::Publish(typed) => Self::Publish(PublishEvent {
                event: Outgoing::new(&typed.message)?,
                entry: Entry::new(&typed.entry, surroundings.contexts()?)?,
                output,
            }),
            TypedCommand::Tail(typed) => Self::Tail(tail(typed, surroundings, output)?),
            TypedCommand::Bench(typed) => bench(typed, output),
            TypedCommand::Config(TypedConfig::Show { origin, file }) => {
                Self::ConfigShow(ConfigShow {
                    file: file.clone(),
                    origin: *origin,
                    output,
                })
            }
            TypedCommand::Doctor(typed) => Self::Doctor(Doctor {
                viewpoint: from(&typed.viewpoint),
                output,
            }),
            TypedCommand::Demo => Self::Demo(DemoOptions {
                output,
                progress: surroundings.stderr_is_terminal && !typed.quiet,
            }),
            TypedCommand::Completions { shell } => Self::Completions(*shell),
            TypedCommand::Man { into } => Self::Man(ManPages {
                into: into.clone(),
                output,
            }),
            TypedCommand::Version => Self::Version(output),
        })
    }
}

fn send(
    typed: &TypedSend,
    surroundings: &Surroundings,
    output: OutputForm,
) -> Result<SendCommand, Complaint> {
    Ok(SendCommand {
        command: Outgoing::new(&typed.message)?,
        to: typed.to.as_deref().map(SendCommand::peer).transpose()?,
        entry: Entry::new(&typed.entry, surroundings.contexts()?)?,
        output,
    })
}

fn tail(
    typed: &TypedTail,
    surroundings: &Surroundings,
    output: OutputForm,
) -> Result<TailEvents, Complaint> {
    Ok(TailEvents {
        message_type: typed.message_type.clone(),
        key: TailEvents::key(typed.binding_key.as_deref())?,
        count: typed.count,
        raw: typed.raw,
        entry: Entry::new(&typed.entry, surroundings.contexts()?)?,
        output,
    })
}

fn bench(typed: &TypedBench, output: OutputForm) -> Request {
    let (subject, pace) = match typed {
        TypedBench::Latency(pace) => (Subject::Latency, pace),
        TypedBench::Throughput(pace) => (Subject::Throughput, pace),
        TypedBench::Fanout(pace) => (Subject::Fanout, pace),
        TypedBench::Serve {
            folder,
            client,
            provider,
            layout,
        } => {
            return Request::Serve(Serve {
                folder: folder.clone(),
                client: *client,
                provider: provider.clone(),
                layout: layout.clone(),
            });
        }
    };
    Request::Bench(Bench {
        subject,
        runs: pace.runs.into(),
        time: pace.time,
        output,
    })
}

async fn peers(
    from: &Viewpoint,
    watch: bool,
    form: OutputForm,
    out: &mut (dyn Write + Send),
) -> Result<Printed, Complaint> {
    let mut observer = from.look().await?;
    if watch {
        watching::watch(&mut observer, from.timeout, form, out).await;
        return Ok(Printed::done(String::new()));
    }
    let text = PeerList::of(observer.view()).render(form);
    observer.close().await;
    Ok(Printed::done(text))
}

async fn subscriptions(
    from: &Viewpoint,
    only: Option<&str>,
    form: OutputForm,
) -> Result<Printed, Complaint> {
    let observer = from.look().await?;
    let list = SubscriptionList::of(observer.view(), only);
    observer.close().await;
    Ok(Printed {
        status: found(!list.is_empty()),
        text: list.render(form),
    })
}

async fn routes(
    from: &Viewpoint,
    name: &str,
    key: Option<&str>,
    form: OutputForm,
) -> Result<Printed, Complaint> {
    let observer = from.look().await?;
    let routes = Routes::of(observer.view(), name, key);
    observer.close().await;
    let routes = routes?;
    Ok(Printed {
        status: found(routes.lead_anywhere()),
        text: routes.render(form),
    })
}

fn found(something: bool) -> ExitStatus {
    match something {
        true => ExitStatus::Done,
        false => ExitStatus::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    fn demo(line: &str, stderr_is_terminal: bool) -> DemoOptions {
        let typed = Typed::try_parse_from(line.split(' ')).unwrap();
        let surroundings = Surroundings {
            stderr_is_terminal,
            contexts: None,
        };
        match Request::new(&typed, &surroundings).unwrap() {
            Request::Demo(options) => options,
            other => panic!("{line} means {other:?}"),
        }
    }

    #[test]
    fn progress_is_for_somebody_who_looks_and_did_not_ask_for_quiet() {
        assert!(demo("quibus demo", true).progress);
        assert!(!demo("quibus demo", false).progress);
        assert!(!demo("quibus demo --quiet", true).progress);
    }

    #[test]
    fn the_form_of_the_output_reaches_the_verb() {
        assert_eq!(demo("quibus demo", true).output, OutputForm::Text);
        assert_eq!(demo("quibus demo -o json", true).output, OutputForm::Json);
    }
}

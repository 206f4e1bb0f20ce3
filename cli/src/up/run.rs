//! Starts a development bus and waits.

use std::io::Write;
use std::sync::Arc;
use std::time::SystemTime;

use anstyle::{AnsiColor, Style};
use quibus::bus::{Signals, StartError};
use quibus::config::{Context, Contexts};
use quibus_certs::Utc;
use quibus_directory::{Directory, DirectoryConfig, embed};
use quibus_quic::Quic;
use serde_json::json;

use super::home::Home;
use super::prepared::Prepared;
use crate::complaint::Complaint;
use crate::exit_status::ExitStatus;
use crate::output_form::OutputForm;
use crate::printed::Printed;

const GOOD: Style = AnsiColor::Green.on_default().bold();

/// A development bus in the foreground.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Up {
    /// The environment, which is the context's name, too.
    pub environment: String,
    /// Its folder.
    pub home: Home,
    /// Where the user's contexts are.
    pub contexts: Contexts,
    /// Where the directory listens.
    pub listen: String,
    /// The form of what is printed at the start.
    pub output: OutputForm,
}

impl Up {
    /// Starts, says what to do next, and runs until Ctrl-C or SIGTERM.
    pub async fn perform(
        &self,
        now: SystemTime,
        out: &mut (dyn Write + Send),
    ) -> Result<Printed, Complaint> {
        let prepared = self.home.prepare(now)?;
        let directory = self.start(&prepared).await?;
        let before = self.select(&prepared, directory.address())?;
        let failed = |cause: &(dyn std::error::Error + 'static)| {
            let help = "nothing is left of it all the same";
            Complaint::new("the bus did not stop cleanly", help).because(cause)
        };
        // Before anybody reads that it can be stopped.
        let signals = Signals::listen().map_err(|cause| failed(&cause))?;
        let text = self.render(&prepared, directory.address(), before.as_deref());
        // Whoever reads this may have gone; the bus is there all the same.
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        let ran = directory.run_until(signals).await;
        ran.map_err(|cause| failed(&cause))?;
        let text = match self.output {
            OutputForm::Text => "stopped\n".into(),
            OutputForm::Json => String::new(),
        };
        Ok(Printed {
            text,
            status: ExitStatus::Done,
        })
    }

    async fn start(&self, prepared: &Prepared) -> Result<Directory, Complaint> {
        let wire = Quic::with(prepared.directory.clone()).listen(&self.listen);
        let config = DirectoryConfig::new(Home::DIRECTORY, Arc::new(wire));
        embed(config).await.map_err(|cause| {
            let tried = format!("cannot start a directory at {}", self.listen);
            let environment = &self.environment;
            let help = match &cause {
                _ if !is_address(&self.listen) => "write it like 127.0.0.1:7465".into(),
                StartError::Bind(_) => format!(
                    "if another `quibus up` runs there, use it or stop it; otherwise name another \
                     port, for instance: quibus up {environment} --listen 127.0.0.1:7565"
                ),
                _ => "run it again with RUST_LOG=debug to see what goes on".into(),
            };
            let status = match is_address(&self.listen) {
                true => ExitStatus::Failed,
                false => ExitStatus::Usage,
            };
            Complaint::new(tried, help).because(&cause).ending(status)
        })
    }

    /// Writes the context and makes it the one that is meant without a word; which one was before,
    /// if that was another.
    fn select(&self, prepared: &Prepared, address: &str) -> Result<Option<String>, Complaint> {
        let name = &self.environment;
        let mut context = Context::new(name, vec![address.to_owned()], &prepared.ca_file);
        context.authority = Some(self.home.folder().into());
        context.operator_certificate = Some(prepared.operator.certificate.clone());
        context.operator_key = Some(prepared.operator.key.clone());
        context.tool_certificate = Some(prepared.tool.certificate.clone());
        context.tool_key = Some(prepared.tool.key.clone());
        let written = || {
            let before = self.contexts.selected()?;
            self.contexts.save(name, &context)?;
            self.contexts.select(name)?;
            Ok(before.filter(|before| before != name))
        };
        written().map_err(|cause: quibus::config::ConfigError| {
            let help = "see who owns the folder and if the disk has room";
            Complaint::new(format!("cannot write the context {name}"), help).because(&cause)
        })
    }

    fn render(&self, prepared: &Prepared, address: &str, before: Option<&str>) -> String {
        let name = &self.environment;
        let folder = self.home.folder().display().to_string();
        match self.output {
            OutputForm::Json => {
                let started = json!({
                    "kind": "DevelopmentBus",
                    "apiVersion": "quibus/v1",
                    "environment": name,
                    "context": name,
                    "directory": address,
                    "folder": folder,
                    "authority": prepared.ca.word(),
                    "certificates": prepared.certificates.word(),
                });
                format!("{started}\n")
            }
            OutputForm::Text => {
                let ok = format!("{GOOD}ok{GOOD:#}");
                let until = Utc(prepared.ca_not_after).to_string();
                let day = until.split(' ').next().unwrap_or_default();
                let ca = format!("{}, valid until {day}, in {folder}", prepared.ca.word());
                let instead = match before {
                    Some(before) => format!(" (instead of {before})"),
                    None => String::new(),
                };
                let directory = Home::DIRECTORY;
                let certificates = prepared.certificates.word();
                format!(
                    "{ok}  CA            {ca}\n\
                     {ok}  certificates  {certificates}\n\
                     {ok}  directory     {directory} at {address}, in memory\n\
                     {ok}  context       {name}, selected{instead}\n\
                     \n\
                     A service that is built with the feature `dev` of quibus-quic needs no settings \
                     now:\n\
                     \x20 cargo run -p quibus-examples --bin hello_service\n\
                     \x20 cargo run -p quibus-examples --bin hello_caller\n\
                     See who is there:  quibus peers --watch\n\
                     Talk to them:      quibus send Hello.Greet '{{\"name\": \"you\"}}'\n\
                     Stop with Ctrl-C.\n"
                )
            }
        }
    }
}

/// Whether this has the form of something that can be listened on.
fn is_address(listen: &str) -> bool {
    let port = listen.rsplit_once(':').map(|(_, port)| port);
    port.is_some_and(|port| port.parse::<u16>().is_ok())
}

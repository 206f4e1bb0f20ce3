//! Stage one: what was typed.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use clap_complete::Shell;

use crate::bench::TypedBench;
use crate::certs::TypedCerts;
use crate::doctor::TypedDoctor;
use crate::exit_status::ExitStatus;
use crate::messaging::{TypedPublish, TypedSend, TypedTail};
use crate::output_form::OutputForm;
use crate::up::TypedUp;
use crate::watching::{TypedPeers, TypedRoutes, TypedSubscriptions};

/// Where options stand in the help that are no verb's own.
const EVERY_VERB: &str = "Options of every verb";

/// A command line that has the right form.
#[derive(Debug, Parser)]
#[command(
    name = "quibus",
    about = "The tool of the Quibus service bus.",
    version
)]
#[command(after_help = ExitStatus::HELP, propagate_version = true)]
pub struct Typed {
    /// For people or for scripts.
    #[arg(
        long,
        short,
        global = true,
        value_enum,
        default_value_t,
        value_name = "FORM",
        help_heading = EVERY_VERB
    )]
    pub output: OutputForm,

    /// Show no progress.
    #[arg(long, short, global = true, help_heading = EVERY_VERB)]
    pub quiet: bool,

    /// What to do.
    #[command(subcommand)]
    pub command: TypedCommand,
}

/// A verb and what belongs to it.
#[derive(Debug, Subcommand)]
pub enum TypedCommand {
    /// Start a development bus: a CA, a directory, and all that services need to find them.
    ///
    /// Runs in the foreground until Ctrl-C. The first start makes a CA and certificates in your data
    /// folder, later ones go on with them. It listens on this machine only, and selects a context
    /// of the environment's name, so that services and this tool find it without any setting.
    Up(TypedUp),
    /// Make certificates, look into them, see when they end.
    #[command(subcommand)]
    Certs(TypedCerts),
    /// Show who is there.
    ///
    /// Like all verbs that only look, it needs a certificate of an operator and nothing else: who
    /// looks is no peer, and nobody on the bus notices.
    Peers(TypedPeers),
    /// Show who wants what.
    Subscriptions(TypedSubscriptions),
    /// Show who would get a message, and why. Nothing is sent.
    ///
    /// Exits with 3 if nobody would get it.
    Routes(TypedRoutes),
    /// Send a command and show what its handler answers.
    ///
    /// The tool takes part as a peer, Cli.RANDOM, for as long as that takes. What the command looks
    /// like it learns from the directory, to which the peers that handle it have described it; the
    /// command is written as protobuf's JSON mapping has it, and so is the reply. A command without a
    /// descriptor is given encoded, with --raw.
    ///
    /// Exits with 6 if the handler rejects it, with 3 if nobody handles it, and with 4 if no outcome
    /// came in time.
    Send(TypedSend),
    /// Publish an event and say for how many peers it was queued.
    ///
    /// Everything `quibus send` says of types holds here. It returns when everybody who wants the
    /// event has it. Exits with 3 if nobody wants it.
    Publish(TypedPublish),
    /// Print events as they happen, one a line: time, sender, type and message.
    ///
    /// The tool subscribes as a peer, Cli.RANDOM, so what it gets costs the publishers as much as
    /// any subscriber does; name a type and a key if there is much. Without a type it listens to all
    /// events that are described, now or later. It never holds a publisher: what comes faster than
    /// it is read is counted, and said on stderr.
    Tail(TypedTail),
    /// Measure what the bus costs on this machine, beside raw QUIC.
    ///
    /// Takes a few seconds and no bus: two processes are started, which talk over loopback.
    #[command(subcommand)]
    Bench(TypedBench),
    /// Look at settings.
    #[command(subcommand)]
    Config(TypedConfig),
    /// Find out what keeps a bus from working here, and what to do about it.
    ///
    /// Looks at what this machine grants, at the certificates of the context, at each of its
    /// directories and at what they say. Exits with 1 if something is a problem.
    Doctor(TypedDoctor),
    /// Watch a directory and services exchange a year of real temperatures, in one process.
    ///
    /// Two weather stations publish what they measured in 2010, every hour an event. Three
    /// subscribers want all of it, one city, or one city's July; an archive answers questions
    /// about months. All of them are peers of their own that talk over QUIC on loopback, with
    /// certificates made on the spot. At the end it is checked that every measurement arrived
    /// exactly once wherever it was bound to, and nowhere else.
    Demo,
    /// Print what a shell needs to complete command lines.
    ///
    /// For bash: quibus completions bash > ~/.local/share/bash-completion/completions/quibus
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Print the manual, or write a page for each command.
    Man {
        /// Write the pages into this folder.
        #[arg(long, value_name = "FOLDER")]
        into: Option<PathBuf>,
    },
    /// Print the version.
    Version,
}

/// What was typed after `quibus config`.
#[derive(Debug, Subcommand)]
pub enum TypedConfig {
    /// Show the settings as a service started here would find them.
    ///
    /// From below: defaults, the context, the file that QUIBUS_CONFIG names or else ./quibus.toml,
    /// and QUIBUS_SECTION__KEY in the environment; what comes later wins.
    Show {
        /// Say where each value comes from.
        #[arg(long)]
        origin: bool,
        /// Read this file instead.
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;
    use clap::error::ErrorKind;

    use super::*;

    fn refused(line: &str) -> ErrorKind {
        Typed::try_parse_from(line.split(' ')).unwrap_err().kind()
    }

    #[test]
    fn the_definition_of_the_command_line_is_consistent() {
        Typed::command().debug_assert();
    }

    #[test]
    fn every_verb_says_what_it_does_what_it_takes_and_how_it_ends() {
        let mut tool = Typed::command();
        tool.build();
        let mut text = String::new();
        help_of(&mut tool, &mut text);
        insta::assert_snapshot!("help", text);
    }

    /// The long help of a command and of all below it.
    fn help_of(command: &mut clap::Command, text: &mut String) {
        if command.get_name() == "help" {
            return;
        }
        let name = command.get_bin_name().unwrap_or("quibus").to_owned();
        let help = command.render_long_help();
        text.push_str(&format!("$ {name} --help\n{help}\n\n"));
        for below in command.get_subcommands_mut() {
            help_of(below, text);
        }
    }

    #[test]
    fn options_stand_before_or_after_the_verb() {
        for line in [
            "quibus --output json demo",
            "quibus demo --output json",
            "quibus demo -o json",
        ] {
            let typed = Typed::try_parse_from(line.split(' ')).unwrap();
            assert_eq!(typed.output, OutputForm::Json, "{line}");
            assert!(matches!(typed.command, TypedCommand::Demo));
        }
    }

    #[test]
    fn what_means_nothing_is_refused() {
        assert_eq!(refused("quibus demmo"), ErrorKind::InvalidSubcommand);
        assert_eq!(
            refused("quibus demo --output yaml"),
            ErrorKind::InvalidValue
        );
        assert_eq!(refused("quibus demo now"), ErrorKind::UnknownArgument);
    }

    #[test]
    fn a_misspelt_verb_is_answered_with_the_nearest() {
        let refusal = Typed::try_parse_from(["quibus", "demmo"])
            .unwrap_err()
            .to_string();
        assert!(refusal.contains("'demo'"), "{refusal}");
    }

    #[test]
    fn the_parser_ends_with_the_documented_code_for_usage() {
        let refusal = Typed::try_parse_from(["quibus", "demmo"]).unwrap_err();
        assert_eq!(refusal.exit_code(), i32::from(ExitStatus::Usage.code()));
    }
}

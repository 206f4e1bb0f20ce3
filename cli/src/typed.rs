//! Stage one: what was typed.

use clap::{Parser, Subcommand};

use crate::certs::TypedCerts;
use crate::exit_status::ExitStatus;
use crate::output_form::OutputForm;

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
        value_name = "FORM"
    )]
    pub output: OutputForm,

    /// Show no progress.
    #[arg(long, short, global = true)]
    pub quiet: bool,

    /// What to do.
    #[command(subcommand)]
    pub command: TypedCommand,
}

/// A verb and what belongs to it.
#[derive(Debug, Subcommand)]
pub enum TypedCommand {
    /// Make certificates, look into them, see when they end.
    #[command(subcommand)]
    Certs(TypedCerts),
    /// Watch a directory and services exchange a year of real temperatures, in one process.
    ///
    /// Two weather stations publish what they measured in 2010, every hour an event. Three
    /// subscribers want all of it, one city, or one city's July; an archive answers questions
    /// about months. All of them are peers of their own that talk over QUIC on loopback, with
    /// certificates made on the spot. At the end it is checked that every measurement arrived
    /// exactly once wherever it was bound to, and nowhere else.
    Demo,
    /// Print the version.
    Version,
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

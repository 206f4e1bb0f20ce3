//! Stage two: what was typed means.

use crate::output_form::OutputForm;
use crate::typed::{Typed, TypedCommand};

/// What is to be done, with nothing left to decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Print the version.
    Version(OutputForm),
}

impl Request {
    /// What was typed means this.
    pub fn new(typed: &Typed) -> Self {
        match typed.command {
            TypedCommand::Version => Self::Version(typed.output),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    fn meaning(line: &str) -> Request {
        Request::new(&Typed::try_parse_from(line.split(' ')).unwrap())
    }

    #[test]
    fn the_form_of_the_output_reaches_the_verb() {
        assert_eq!(
            meaning("quibus version"),
            Request::Version(OutputForm::Text)
        );
        assert_eq!(
            meaning("quibus version -o json"),
            Request::Version(OutputForm::Json)
        );
    }
}

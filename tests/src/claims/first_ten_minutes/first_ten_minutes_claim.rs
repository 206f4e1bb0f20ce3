//! Replaying the document.

use std::fs;

use super::super::claim::{Claim, Options, Untried, Verdict};
use super::super::programs::{Form, Programs};
use super::super::workspace;
use super::document::{Document, Step};
use super::stage::Stage;

/// The claim that a newcomer sees what the document shows.
pub struct FirstTenMinutes;

const DOCUMENT: &str = "docs/first-ten-minutes.md";

impl Claim for FirstTenMinutes {
    fn name(&self) -> &'static str {
        "first-ten-minutes"
    }

    fn summary(&self) -> &'static str {
        "docs/first-ten-minutes.md shows what its commands print, line by line (builds first)"
    }

    fn run(&self, options: &Options) -> Result<Verdict, Untried> {
        workspace::runtime()?.block_on(replayed(options))
    }
}

async fn replayed(options: &Options) -> Result<Verdict, Untried> {
    let text = fs::read_to_string(workspace::root().join(DOCUMENT))?;
    let document = Document::read(&text).map_err(|fault| format!("{DOCUMENT}: {fault}"))?;
    let packages = ["quibus-cli", "quibus-directory", "quibus-examples"];
    let programs = Programs::build(&packages, Form::AsThisOne).await?;
    let mut stage = Stage::new(programs)?;
    for (done, step) in document.steps.iter().enumerate() {
        let (line, what) = described(step);
        let fault = match stage.play(step).await {
            Ok(fault) => fault,
            Err(reason) => Some(reason.to_string()),
        };
        if options.long || fault.is_some() {
            println!("{DOCUMENT}:{line}: {what}");
        }
        if let Some(fault) = fault {
            println!("  WRONG: {fault}");
            let figure = format!("{done} steps are as shown, the one in line {line} is not");
            return Ok(Verdict {
                holds: false,
                figure,
            });
        }
    }
    let steps = document.steps.len();
    Ok(Verdict {
        holds: steps > 0,
        figure: format!("{steps} steps of {DOCUMENT} went as it shows them"),
    })
}

fn described(step: &Step) -> (usize, String) {
    match step {
        Step::Type { line, command, .. } => (*line, command.clone()),
        Step::Meanwhile { line, command, .. } => (*line, format!("meanwhile {command}")),
        Step::Stop { line, command, .. } => (*line, format!("Ctrl-C for {command}")),
    }
}

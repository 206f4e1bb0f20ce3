//! Replaying the document.

use std::fs;
use std::time::{Duration, Instant};

use super::super::claim::{Claim, Options, Untried, Verdict};
use super::super::programs::{Form, Programs};
use super::super::workspace;
use super::document::{Document, Step};
use super::stage::Stage;

/// The claim that a newcomer sees what the document shows.
pub struct FirstTenMinutes;

const DOCUMENT: &str = "docs/first-ten-minutes.md";
/// No step of the document takes longer, on whatever machine: the document says so.
const BOUND: Duration = Duration::from_secs(10);

impl Claim for FirstTenMinutes {
    fn name(&self) -> &'static str {
        "first-ten-minutes"
    }

    fn summary(&self) -> &'static str {
        "docs/first-ten-minutes.md shows what its commands print, line by line, each within 10 s \
         (builds first)"
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
    let mut slowest = Duration::ZERO;
    for (done, step) in document.steps.iter().enumerate() {
        let (line, what) = described(step);
        let began = Instant::now();
        let fault = match stage.play(step).await {
            Ok(fault) => fault,
            Err(reason) => Some(reason.to_string()),
        };
        let took = began.elapsed();
        slowest = slowest.max(took);
        let fault = fault.or_else(|| untimely(step, took));
        if options.long || fault.is_some() {
            println!("{DOCUMENT}:{line}: {:.2} s  {what}", took.as_secs_f64());
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
        figure: format!(
            "{steps} steps of {DOCUMENT} went as it shows them, the slowest in {:.2} s",
            slowest.as_secs_f64()
        ),
    })
}

/// What is wrong with the time that a step took, or with what the document says of it. How long it
/// took when it was typed is not how long it takes here; so the two are not compared.
fn untimely(step: &Step, took: Duration) -> Option<String> {
    if let Step::Type {
        command,
        took: None,
        ..
    } = step
        && !command.starts_with(Stage::INSTALLS)
    {
        return Some("the document does not say how long it took, as in `# 0.05 s`".into());
    }
    (took > BOUND).then(|| format!("it took {took:?}, more than {BOUND:?}"))
}

fn described(step: &Step) -> (usize, String) {
    match step {
        Step::Type { line, command, .. } => (*line, command.clone()),
        Step::Meanwhile { line, command, .. } => (*line, format!("meanwhile {command}")),
        Step::Stop { line, command, .. } => (*line, format!("Ctrl-C for {command}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(typed: &str) -> Step {
        let text = format!("```sh\n{typed}\n```\n");
        Document::read(&text).unwrap().steps.remove(0)
    }

    #[test]
    fn a_step_says_how_long_it_took_and_takes_no_longer_than_the_bound() {
        let moment = Duration::from_millis(900);
        assert_eq!(untimely(&step("quibus peers  # 0.05 s"), moment), None);
        assert_eq!(untimely(&step("cargo install --path cli"), moment), None);
        assert!(untimely(&step("quibus peers"), moment).is_some());
        let ages = BOUND + moment;
        assert!(untimely(&step("quibus peers  # 0.05 s"), ages).is_some());
    }

    #[test]
    fn the_document_states_the_bound_and_the_time_of_every_command() {
        let text = fs::read_to_string(workspace::root().join(DOCUMENT)).unwrap();
        assert!(text.contains(&format!("longer than {} s", BOUND.as_secs())));
        for step in Document::read(&text).unwrap().steps {
            assert_eq!(untimely(&step, Duration::ZERO), None, "{step:?}");
        }
    }
}

//! The claim: every part in a process of its own, the bound and the peak side by side.

use super::super::claim::{Claim, Options, Untried, Verdict};
use super::measured::Measured;
use super::part::Part;

/// The claim that a process holds no more than it says it can be made to hold.
pub struct Memory;

impl Claim for Memory {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn summary(&self) -> &'static str {
        "a process holds less than the bound it states, whoever stalls and however many are there"
    }

    fn run(&self, options: &Options) -> Result<Verdict, Untried> {
        let mut founds = Vec::new();
        for part in Part::ALL {
            let measured = part.run_in_child(options.long)?;
            print(part, &measured);
            founds.push(measured);
        }
        Ok(verdict(&founds))
    }

    fn play(&self, part: &[String]) -> Result<(), Untried> {
        let (part, long) = Part::asked_for(part)?;
        part.run(long)
    }
}

fn print(part: Part, measured: &Measured) {
    println!("{}:", part.title());
    for note in &measured.notes {
        println!("  {note}");
    }
    println!(
        "  {} buses: bound {} MiB beside {} MiB of the bare process, measured peak {} MiB",
        measured.buses,
        measured.bound >> 20,
        measured.before >> 20,
        measured.peak >> 20
    );
    for problem in &measured.problems {
        println!("  WRONG: {problem}");
    }
}

fn verdict(founds: &[Measured]) -> Verdict {
    let within = |measured: &Measured| measured.peak <= measured.before + measured.bound;
    let holds = founds
        .iter()
        .all(|measured| within(measured) && measured.problems.is_empty());
    let figures: Vec<_> = founds
        .iter()
        .map(|measured| {
            format!(
                "{} of {} MiB",
                measured.peak >> 20,
                (measured.before + measured.bound) >> 20
            )
        })
        .collect();
    Verdict {
        holds,
        figure: format!("peaks: {}", figures.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peak_above_the_bound_and_any_problem_refute_the_claim() {
        let good = Measured {
            before: 10 << 20,
            peak: 30 << 20,
            bound: 20 << 20,
            buses: 1,
            notes: Vec::new(),
            problems: Vec::new(),
        };
        let above = Measured {
            peak: good.peak + 1,
            ..good.clone()
        };
        let wrong = Measured {
            problems: vec!["something".to_owned()],
            ..good.clone()
        };
        assert!(verdict(&[good.clone(), good.clone()]).holds);
        assert!(!verdict(&[good.clone(), above]).holds);
        assert!(!verdict(&[wrong, good]).holds);
    }
}

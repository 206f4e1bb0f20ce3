//! `prove NAME`: tries one claim of the project and says by its exit code whether it holds.

use std::process::ExitCode;

use clap::Parser;
use clap::builder::{PossibleValue, PossibleValuesParser};
use quibus_tests::claims::{Claim, Options, REGISTER};

/// Tries a claim of the project: exits 0 if it holds, 1 if not, 2 if asked wrongly.
#[derive(Parser)]
#[command(name = "prove")]
struct Prove {
    /// The claim to try.
    #[arg(value_parser = names(), required_unless_present = "list", hide_possible_values = true)]
    name: Option<String>,

    /// Take as long as the figures in the documents took.
    #[arg(long)]
    long: bool,

    /// Play this part of the claim; the claim itself starts such processes.
    #[arg(long, hide = true, num_args = 1.., allow_hyphen_values = true)]
    part: Vec<String>,

    /// List all claims and exit.
    #[arg(long, conflicts_with = "name")]
    list: bool,
}

fn main() -> ExitCode {
    let asked = Prove::parse();
    // The parser lets no other name through.
    let claim = REGISTER
        .iter()
        .find(|claim| Some(claim.name()) == asked.name.as_deref());
    match claim {
        Some(claim) if !asked.part.is_empty() => play(*claim, &asked.part),
        Some(claim) => prove(*claim, &Options { long: asked.long }),
        None => list(),
    }
}

fn prove(claim: &dyn Claim, options: &Options) -> ExitCode {
    println!("{}: {}", claim.name(), claim.summary());
    match claim.run(options) {
        Ok(verdict) => {
            println!(
                "{}",
                if verdict.holds {
                    "holds"
                } else {
                    "DOES NOT HOLD"
                }
            );
            println!("{}", verdict.figure);
            if verdict.holds {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        }
        Err(reason) => {
            println!("could not be tried: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn play(claim: &dyn Claim, part: &[String]) -> ExitCode {
    match claim.play(part) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::FAILURE
        }
    }
}

fn list() -> ExitCode {
    let width = REGISTER
        .iter()
        .map(|claim| claim.name().len())
        .max()
        .unwrap_or(0);
    for claim in REGISTER {
        println!("{:width$}  {}", claim.name(), claim.summary());
    }
    ExitCode::SUCCESS
}

fn names() -> PossibleValuesParser {
    let name = |claim: &&dyn Claim| PossibleValue::new(claim.name()).help(claim.summary());
    PossibleValuesParser::new(REGISTER.iter().map(name))
}

//! The claim: every decoder in turn, the table, the verdict.

use quibus_fuzz_targets::decoders;

use super::super::claim::{Claim, Options, Untried, Verdict};
use super::super::seed::seed;
use super::attack::{Findings, attack};

/// The claim that no input makes a decoder panic or allocate much.
pub struct DecoderLimits;

/// Hostile inputs of each decoder.
const INPUTS: usize = 100_000;
/// How many times as many `--long` gives.
const LONG: usize = 10;
/// What is shown of an input that broke the promise.
const SHOWN: usize = 200;

impl Claim for DecoderLimits {
    fn name(&self) -> &'static str {
        "decoder-limits"
    }

    fn summary(&self) -> &'static str {
        "no hostile input makes a decoder panic, take what follows the end, or hold more than 16 times its bytes and 64 KiB (32 times for lists of subscriptions, 64 for certificates, 96 for a user's message)"
    }

    fn run(&self, options: &Options) -> Result<Verdict, Untried> {
        let seed = seed(self.name(), options)?;
        println!("{HEAD}");
        let count = INPUTS * if options.long { LONG } else { 1 };
        let findings: Vec<_> = decoders()
            .iter()
            .map(|decoder| {
                let findings = attack(decoder, count, seed);
                println!("{}", row(&findings));
                findings
            })
            .collect();
        Ok(verdict(&findings))
    }
}

const HEAD: &str = "decoder                          inputs  accepted   refused  costliest: held for input  of the allowed";

fn row(findings: &Findings) -> String {
    let Findings {
        decoder,
        inputs,
        accepted,
        costliest,
        ..
    } = findings;
    let mut row = format!(
        "{decoder:30} {inputs:8} {accepted:9} {:9} {:16} {:9} {:14.0} %",
        inputs - accepted,
        costliest.peak,
        costliest.input,
        100.0 * costliest.share(),
    );
    if let Some(fault) = &findings.fault {
        let shown: String = fault
            .input
            .iter()
            .take(SHOWN)
            .map(|b| format!("{b:02x}"))
            .collect();
        row.push_str(&format!(
            "\n    BROKEN by {} inputs, the first of {} bytes: {}\n    {shown}",
            findings.faults,
            fault.input.len(),
            fault.complaint,
        ));
    }
    row
}

fn verdict(all: &[Findings]) -> Verdict {
    let inputs: usize = all.iter().map(|one| one.inputs).sum();
    let faults: usize = all.iter().map(|one| one.faults).sum();
    let costliest = all
        .iter()
        .max_by(|a, b| a.costliest.share().total_cmp(&b.costliest.share()));
    let costliest = costliest.map_or_else(String::new, |one| {
        let share = 100.0 * one.costliest.share();
        format!(
            "; the costliest ({}) held {share:.0} % of what is allowed",
            one.decoder
        )
    });
    // Inputs that are all refused, or all accepted, tried nothing.
    let tried = all
        .iter()
        .all(|one| one.accepted > 0 && one.accepted < one.inputs);
    Verdict {
        holds: faults == 0 && tried && !all.is_empty(),
        figure: format!(
            "{faults} of {inputs} inputs broke the promise in {} decoders{costliest}",
            all.len()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::attack::{Cost, Fault};
    use super::*;

    fn findings(accepted: usize, faults: usize) -> Findings {
        let fault = Fault {
            input: vec![0xab; 1000].into(),
            complaint: "it panicked".into(),
        };
        Findings {
            decoder: "test/one",
            inputs: 1000,
            accepted,
            costliest: Cost {
                input: 100,
                peak: 33_568,
                allowed: 67_136,
            },
            fault: (faults > 0).then_some(fault),
            faults,
        }
    }

    #[test]
    fn it_holds_if_nothing_was_found_and_says_how_near_it_was() {
        let verdict = verdict(&[findings(10, 0), findings(20, 0)]);
        assert!(verdict.holds);
        assert_eq!(
            verdict.figure,
            "0 of 2000 inputs broke the promise in 2 decoders; \
             the costliest (test/one) held 50 % of what is allowed"
        );
    }

    #[test]
    fn one_fault_is_enough_and_its_input_is_shown() {
        let broken = findings(10, 3);
        assert!(!verdict(&[findings(10, 0), broken.clone()]).holds);
        let row = row(&broken);
        assert!(
            row.contains("BROKEN by 3 inputs, the first of 1000 bytes: it panicked"),
            "{row}"
        );
        assert!(row.ends_with(&"ab".repeat(SHOWN)), "{row}");
    }

    #[test]
    fn inputs_that_try_nothing_prove_nothing() {
        for accepted in [0, 1000] {
            assert!(!verdict(&[findings(accepted, 0)]).holds, "{accepted}");
        }
        assert!(!verdict(&[]).holds);
    }

    #[test]
    fn a_short_run_over_every_decoder_of_the_project_finds_nothing() {
        let all: Vec<_> = decoders().iter().map(|one| attack(one, 200, 7)).collect();
        let rows: Vec<_> = all.iter().map(row).collect();
        println!("{HEAD}\n{}", rows.join("\n"));
        assert!(all.iter().all(|findings| findings.faults == 0));
    }
}

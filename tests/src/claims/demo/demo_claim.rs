//! The demo as a child process, and its report against the files.

use std::fs;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use tokio::process::Command;

use super::super::claim::{Claim, Options, Untried, Verdict};
use super::super::programs::{Form, Programs};
use super::super::workspace;
use super::expectation::Expectation;
use super::report::Report;

/// The claim that `quibus demo` delivers every measurement exactly once to whoever wants it.
pub struct Demo;

/// The stations by the name they have in messages, and their files.
const FILES: [(&str, &str); 2] = [
    ("Seattle", "seattle-temps.csv"),
    ("SanFrancisco", "sf-temps.csv"),
];

/// A demo that takes longer hangs: it takes seconds.
const LIMIT: Duration = Duration::from_secs(120);

/// How often `--long` repeats the demo.
const LONG_RUNS: usize = 7;

impl Claim for Demo {
    fn name(&self) -> &'static str {
        "demo"
    }

    fn summary(&self) -> &'static str {
        "`quibus demo` delivers every measurement exactly once where it is bound (builds first)"
    }

    fn run(&self, options: &Options) -> Result<Verdict, Untried> {
        let root = workspace::root();
        let expectation = expectation(&root)?;
        let runtime = workspace::runtime()?;
        let programs = runtime.block_on(Programs::build(&["quibus-cli"], Form::Release))?;
        let program = programs.file("quibus")?;

        let mut rates = Vec::new();
        for run in 1..=if options.long { LONG_RUNS } else { 1 } {
            let output = runtime.block_on(run_demo(program))?;
            let report: Report = serde_json::from_slice(&output.stdout)
                .map_err(|e| format!("what the demo printed is no report: {e}"))?;
            let mut faults = expectation.faults_of(&report);
            if !output.status.success() {
                faults.push(format!("the demo ended with {}", output.status));
            }
            let deliveries: u64 = report.deliveries.iter().map(|d| d.received).sum();
            println!(
                "run {run}: {} measurements, {deliveries} deliveries to {} subscribers, {} \
                 summaries, {:.2} s",
                report.measurements,
                report.deliveries.len(),
                report.summaries.len(),
                report.seconds,
            );
            if !faults.is_empty() {
                faults.iter().for_each(|fault| println!("  {fault}"));
                let figure = format!("{} faults in run {run}", faults.len());
                return Ok(Verdict {
                    holds: false,
                    figure,
                });
            }
            rates.push(deliveries as f64 / report.seconds);
        }
        rates.sort_by(f64::total_cmp);
        let figure = format!(
            "{} measurements, 0 missing, 0 doubled, 0 misrouted; deliveries a second: min {:.0}, \
             median {:.0}, max {:.0} of {}",
            expectation.matching("#"),
            rates[0],
            rates[rates.len() / 2],
            rates[rates.len() - 1],
            rates.len(),
        );
        Ok(Verdict {
            holds: true,
            figure,
        })
    }
}

fn expectation(root: &Path) -> Result<Expectation, Untried> {
    let mut expectation = Expectation::default();
    for (station, file) in FILES {
        let path = root.join("examples/data").join(file);
        let text = fs::read_to_string(&path).map_err(|e| format!("reading {file}: {e}"))?;
        expectation
            .add(station, &text)
            .ok_or_else(|| format!("{file} has an odd line"))?;
        println!(
            "{file}: {} measurements",
            expectation.matching(&format!("{station}.#"))
        );
    }
    Ok(expectation)
}

async fn run_demo(program: &Path) -> Result<Output, Untried> {
    let mut command = Command::new(program);
    command
        .args(["demo", "--output", "json"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit());
    workspace::finish(&mut command, LIMIT).await
}

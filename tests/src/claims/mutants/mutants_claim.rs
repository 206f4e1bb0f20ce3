//! The claim: the tests pass as the tree is, and each fails with its mistake.

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::super::claim::{Claim, Options, Untried, Verdict};
use super::cargo_test::build;
use super::judgement::{Fate, Run, check_unchanged, judge};
use super::mutant::{Mutant, Test};
use super::plan::plan;
use super::workbench::Workbench;

/// The claim that each known mistake, made again, is noticed by a named test.
pub struct Mutants;

/// Only mutants whose name contains this are tried: for who writes one.
const ONLY: &str = "QUIBUS_MUTANT";

impl Claim for Mutants {
    fn name(&self) -> &'static str {
        "mutants"
    }

    fn summary(&self) -> &'static str {
        "known mistakes, each put back into a copy of the code, are each caught by a named test (builds)"
    }

    fn run(&self, options: &Options) -> Result<Verdict, Untried> {
        let begun = Instant::now();
        let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut mutants = Mutant::read_all(&tests.join("mutants"))?;
        let all = mutants.len();
        let only = env::var(ONLY).unwrap_or_default();
        mutants.retain(|mutant| (options.long || !mutant.long) && mutant.name.contains(&only));
        // What one build serves comes one after the other.
        mutants.sort_by(|a, b| (&a.test, &a.name).cmp(&(&b.test, &b.name)));
        let bench = Workbench::set_up(&tests.join(".."), &folder()?)
            .map_err(|e| format!("copying the tree: {e}"))?;
        println!("in a copy of the tree at {}", bench.tree().display());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let caught = runtime.block_on(async {
            check_all_unchanged(&bench, &mutants).await?;
            try_all(&bench, &mutants).await
        })?;
        bench.restore()?;
        let figure = format!(
            "{caught} of {} known mistakes caught ({} left out), in {:.0} s",
            mutants.len(),
            all - mutants.len(),
            begun.elapsed().as_secs_f64()
        );
        Ok(Verdict {
            holds: caught == mutants.len() && caught > 0,
            figure,
        })
    }
}

/// Beside what this program was built into, and kept there between runs.
fn folder() -> Result<PathBuf, Untried> {
    let program = env::current_exe()?;
    let target = program.ancestors().nth(2).ok_or("no target folder")?;
    Ok(target.join("mutants"))
}

/// Every test that catches a mutant passes while nothing is mistaken.
async fn check_all_unchanged(bench: &Workbench, mutants: &[Mutant]) -> Result<(), Untried> {
    let mut by_target: BTreeMap<_, Vec<&Test>> = BTreeMap::new();
    for mutant in mutants {
        let test = &mutant.test;
        by_target
            .entry((&test.cfg, &test.package, &test.target))
            .or_default()
            .push(test);
    }
    for ((cfg, package, target), mut tests) in by_target {
        tests.dedup();
        let begun = Instant::now();
        let names: Vec<_> = tests.iter().map(|test| test.name.as_str()).collect();
        let run = run(bench, tests[0], &names).await?;
        for name in &names {
            check_unchanged(name, &run)?;
        }
        println!(
            "unchanged: {} tests of {package} ({target}{}) pass, {:.0} s",
            names.len(),
            cfg.as_ref().map_or(String::new(), |cfg| format!(", {cfg}")),
            begun.elapsed().as_secs_f64()
        );
    }
    Ok(())
}

/// Tries each mutant; how many are caught.
async fn try_all(bench: &Workbench, mutants: &[Mutant]) -> Result<usize, Untried> {
    let mut caught = 0;
    for mutant in mutants {
        let begun = Instant::now();
        let fate = match plan(mutant, |file| bench.read(file)) {
            Err(rot) => Fate::Unclear(format!("it has rotted: {rot}")),
            Ok(changed) => {
                bench.change(&changed)?;
                let run = run(bench, &mutant.test, &[&mutant.test.name]).await?;
                judge(mutant, &run)
            }
        };
        caught += usize::from(fate == Fate::Caught);
        println!(
            "{:<45} {:>3.0} s  {fate}",
            mutant.name,
            begun.elapsed().as_secs_f64()
        );
        if fate == Fate::Caught {
            println!("    by {} ({})", mutant.test.name, mutant.test.package);
        } else {
            println!("    {}", mutant.mistake);
        }
    }
    Ok(caught)
}

async fn run(bench: &Workbench, test: &Test, names: &[&str]) -> Result<Run, Untried> {
    Ok(match build(bench, test).await? {
        Err(why) => Run::NotBuilt(why),
        Ok(binary) => binary.run(names).await?,
    })
}

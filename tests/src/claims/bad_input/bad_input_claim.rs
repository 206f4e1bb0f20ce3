//! Every case of every table against the real programs.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::super::claim::{Claim, Options, Untried, Verdict};
use super::super::ground::{Case, Ground, Table};
use super::super::programs::{Form, Programs};
use super::super::workspace;
use super::{judge, part};

/// The tables, each with the name of what meets its cases.
const TABLES: &[(&str, &str)] = &[
    ("quibus", include_str!("tables/quibus.toml")),
    (
        "quibus-directory",
        include_str!("tables/quibus-directory.toml"),
    ),
    ("a service", include_str!("tables/service.toml")),
    ("a sender", include_str!("tables/sender.toml")),
];

/// Cases that are met at once.
const AT_ONCE: usize = 4;

/// What is wrong with how a case was met, and what was said.
type Met = (Vec<String>, String);

/// The claim that wrong input is answered with an exit code, the culprit and the cure.
pub struct BadInput;

impl Claim for BadInput {
    fn name(&self) -> &'static str {
        "bad-input"
    }

    fn summary(&self) -> &'static str {
        "wrong input of every kind ends with its exit code and names culprit and cure (builds first)"
    }

    fn run(&self, options: &Options) -> Result<Verdict, Untried> {
        workspace::runtime()?.block_on(tried(options))
    }

    fn play(&self, part: &[String]) -> Result<(), Untried> {
        workspace::runtime()?.block_on(part::play(part))
    }
}

async fn tried(options: &Options) -> Result<Verdict, Untried> {
    let packages = ["quibus-cli", "quibus-directory", "quibus-examples"];
    let programs = Programs::build(&packages, Form::AsThisOne).await?;
    let ground = Arc::new(Ground::prepare(programs).await?);
    let (mut figures, mut wrong) = (Vec::new(), 0);
    for (name, text) in TABLES {
        let table = Table::read(text)?;
        let mut answered = 0;
        let met = meet_all(&ground, &table.cases).await?;
        for (case, (faults, said)) in table.cases.iter().zip(met) {
            if options.long || !faults.is_empty() {
                println!("{name}, {} -> {}: {said}", case.title, case.code);
            }
            faults.iter().for_each(|fault| println!("  WRONG: {fault}"));
            match faults.is_empty() {
                true => answered += 1,
                false => wrong += 1,
            }
        }
        println!("{name}: {answered} of {} answered", table.cases.len());
        figures.push((answered, name));
    }
    let count: usize = figures.iter().map(|(answered, _)| answered).sum();
    let by: Vec<_> = figures
        .iter()
        .map(|(n, name)| format!("{name} {n}"))
        .collect();
    Ok(Verdict {
        holds: wrong == 0 && count > 0,
        figure: format!(
            "{count} kinds of wrong input answered with code, culprit and cure ({}), {wrong} not",
            by.join(", ")
        ),
    })
}

/// What came of each case: its faults, and what was said. Several at once, as most of the time is
/// spent waiting for somebody who does not answer.
async fn meet_all(ground: &Arc<Ground>, cases: &[Case]) -> Result<Vec<Met>, Untried> {
    let mut running = JoinSet::new();
    let gate = Arc::new(Semaphore::new(AT_ONCE));
    for (at, case) in cases.iter().cloned().enumerate() {
        let (ground, gate) = (ground.clone(), gate.clone());
        running.spawn(async move {
            let _turn = gate.acquire().await;
            let met = match ground.meet(&case).await {
                Ok(output) => {
                    let said = String::from_utf8_lossy(&output.stderr);
                    (judge::faults_of(&case, &output), judge::complaint(&said))
                }
                Err(reason) => (vec![reason.to_string()], String::new()),
            };
            (at, met)
        });
    }
    let mut met = Vec::new();
    while let Some(one) = running.join_next().await {
        met.push(one?);
    }
    met.sort_by_key(|(at, _)| *at);
    Ok(met.into_iter().map(|(_, met)| met).collect())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_case_names_a_culprit_and_a_cure_and_none_stands_twice() {
        let mut seen = BTreeSet::new();
        for (name, text) in TABLES {
            for case in Table::read(text).unwrap().cases {
                let title = &case.title;
                assert!(!case.culprit.is_empty() && !case.cure.is_empty(), "{title}");
                assert_ne!(case.code, 0, "{title}");
                assert!(seen.insert((name, title.clone())), "{name}: {title}");
            }
        }
        assert!(seen.len() >= 60, "{}", seen.len());
    }
}

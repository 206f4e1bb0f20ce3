//! Running folders of vectors, counting, and the text that is printed.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use super::deviations::Deviations;
use super::vectors::{self, Case, VectorFile};
use super::verdict::{Verdict, judge};

/// The groups whose subject exists.
const RUN: [&str; 2] = ["A", "B"];

/// What all cases came to. Its text ends with the line `N passed, N failed`.
#[derive(Debug, Default)]
pub struct Report {
    kinds: BTreeMap<String, Tally>,
    /// Cases of groups that are not run.
    waiting: BTreeMap<String, usize>,
    /// Files that could not be read; each counts as a failure.
    broken: Vec<String>,
}

#[derive(Debug, Default)]
struct Tally {
    passed: usize,
    /// Ids by the promise that is kept instead.
    deviating: BTreeMap<u8, Vec<String>>,
    failed: Vec<(String, String)>,
    /// (held, all) by how binding the vectors say a case is: `core`, `format`, `quirk`.
    binding: BTreeMap<String, (usize, usize)>,
}

impl Report {
    /// Runs every `*.json` below a folder.
    pub fn run_folder(&mut self, folder: &Path, deviations: &Deviations) {
        match vectors::find(folder) {
            Ok(paths) => paths
                .iter()
                .for_each(|path| self.run_file(path, deviations)),
            Err(problem) => self.add_failure(problem),
        }
    }

    /// Counts a failure that belongs to no case.
    pub fn add_failure(&mut self, problem: String) {
        self.broken.push(problem);
    }

    /// How many cases do what they or a rule expect.
    pub fn passed(&self) -> usize {
        self.kinds
            .values()
            .map(|tally| tally.passed + tally.deviations())
            .sum()
    }

    /// How many do not, files that could not be read included.
    pub fn failed(&self) -> usize {
        let cases: usize = self.kinds.values().map(|tally| tally.failed.len()).sum();
        cases + self.broken.len()
    }

    fn run_file(&mut self, path: &Path, deviations: &Deviations) {
        let text = std::fs::read_to_string(path).map_err(|e| e.to_string());
        match text.and_then(|text| vectors::read(&text)) {
            Ok(file) => self.run(file, deviations),
            Err(problem) => self.add_failure(format!("{}: {problem}", path.display())),
        }
    }

    fn run(&mut self, file: VectorFile, deviations: &Deviations) {
        if !RUN.contains(&file.group.as_str()) {
            *self.waiting.entry(file.group).or_default() += file.cases.len();
            return;
        }
        for raw in file.cases {
            match serde_json::from_value::<Case>(raw.clone()) {
                Ok(case) => {
                    let verdict = judge(&case, deviations);
                    let binding = case.conformance.unwrap_or_else(|| "unstated".to_owned());
                    self.kinds
                        .entry(case.kind)
                        .or_default()
                        .add(case.id, binding, verdict);
                }
                Err(problem) => {
                    let text = |field: &str| raw[field].as_str().unwrap_or("(none)").to_owned();
                    let verdict = Verdict::Failed(problem.to_string());
                    let tally = self.kinds.entry(text("kind")).or_default();
                    tally.add(text("id"), text("conformance"), verdict);
                }
            }
        }
    }
}

impl Tally {
    fn add(&mut self, id: String, binding: String, verdict: Verdict) {
        let (held, all) = self.binding.entry(binding).or_default();
        *all += 1;
        *held += usize::from(verdict == Verdict::Passed);
        match verdict {
            Verdict::Passed => self.passed += 1,
            Verdict::Deviates(promise) => self.deviating.entry(promise).or_default().push(id),
            Verdict::Failed(problem) => self.failed.push((id, problem)),
        }
    }

    fn deviations(&self) -> usize {
        self.deviating.values().map(Vec::len).sum()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (kind, tally) in &self.kinds {
            writeln!(f, "{kind}: {tally}")?;
        }
        for (group, cases) in &self.waiting {
            writeln!(f, "group {group}: not run yet ({cases} cases)")?;
        }
        for problem in &self.broken {
            writeln!(f, "FAILED {problem}")?;
        }
        writeln!(f, "{} passed, {} failed", self.passed(), self.failed())
    }
}

/// One line of counts, then the ids that deviate or failed.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (passed, deviating, failed) = (self.passed, self.deviations(), self.failed.len());
        write!(
            f,
            "{passed} as described, {deviating} deviate on purpose, {failed} failed"
        )?;
        for (index, (binding, (held, all))) in self.binding.iter().enumerate() {
            let sign = if index == 0 { " (as described: " } else { ", " };
            write!(f, "{sign}{binding} {held} of {all}")?;
        }
        f.write_str(")")?;
        for (promise, ids) in &self.deviating {
            write!(f, "\n  deviate by promise {promise}: {}", ids.join(", "))?;
        }
        for (id, problem) in &self.failed {
            write!(f, "\n  FAILED {id}: {problem}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn report(group: &str, cases: &str) -> Report {
        let count = serde_json::from_str::<Vec<Value>>(cases).unwrap().len();
        let text = format!(
            r#"{{"schema": 1, "group": "{group}", "title": "", "count": {count}, "cases": {cases}}}"#
        );
        let mut report = Report::default();
        report.run(vectors::read(&text).unwrap(), &Deviations::default());
        report
    }

    const GOOD: &str = r#"{"id": "good", "kind": "match", "conformance": "core",
        "input": {"key": ["a"], "content": ["a"]}, "expected": {"matches": true}}"#;
    const BAD: &str = r#"{"id": "bad", "kind": "match", "conformance": "core",
        "input": {"key": ["a"], "content": ["a"]}, "expected": {"matches": false}}"#;

    #[test]
    fn the_last_line_says_how_many_passed_and_failed() {
        let report = report("A", &format!("[{GOOD}, {BAD}]"));
        let text = report.to_string();
        assert!(text.ends_with("\n1 passed, 1 failed\n"), "{text}");
        assert!(text.contains("FAILED bad"), "{text}");
    }

    #[test]
    fn other_groups_are_named_and_not_counted() {
        let report = report("C", r#"[{"id": "c"}, {"id": "d"}]"#);
        assert_eq!((report.passed(), report.failed()), (0, 0));
        assert!(
            report
                .to_string()
                .contains("group C: not run yet (2 cases)\n")
        );
    }

    #[test]
    fn a_case_with_an_unknown_field_is_a_failure() {
        let planted = GOOD.replace("\"conformance\"", "\"seed\": 7, \"conformance\"");
        let report = report("A", &format!("[{planted}]"));
        assert_eq!((report.passed(), report.failed()), (0, 1));
        assert!(
            report
                .to_string()
                .contains("FAILED good: unknown field `seed`")
        );
    }

    #[test]
    fn a_folder_that_is_missing_is_a_failure() {
        let mut report = Report::default();
        report.run_folder(Path::new("/nowhere/at/all"), &Deviations::default());
        assert_eq!(report.failed(), 1);
    }
}

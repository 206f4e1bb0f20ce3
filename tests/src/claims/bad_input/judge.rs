//! Whether an answer is one.

use std::process::Output;

use super::super::ground::Case;

/// Words by which a program shows that something was not thought of.
const PANIC: &[&str] = &[
    "panicked at",
    "RUST_BACKTRACE",
    "stack backtrace",
    "unwrap()",
];
/// Bytes of a complaint that somebody still reads.
const MOST_BYTES: usize = 1500;

/// What a program said about a case, in one line: lines that continue one follow after a bar.
pub(super) fn complaint(said: &str) -> String {
    let lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(" | ")
}

/// Everything that is wrong with how a program met a case, a sentence each.
pub(super) fn faults_of(case: &Case, output: &Output) -> Vec<String> {
    let said = String::from_utf8_lossy(&output.stderr);
    let mut faults = Vec::new();
    match output.status.code() {
        Some(code) if code == case.code => {}
        Some(code) => faults.push(format!("it ended with {code}, not with {}", case.code)),
        None => faults.push(format!("it was ended: {}", output.status)),
    }
    let is_one = |line: &&str| line.to_lowercase().starts_with("error:");
    let complaints = said.lines().filter(is_one).count();
    if complaints != case.faults {
        let expected = case.faults;
        faults.push(format!("it complained {complaints} times, not {expected}"));
    }
    for (part, word) in [("culprit", &case.culprit), ("cure", &case.cure)] {
        if !said.contains(word.as_str()) {
            faults.push(format!("the {part} is not named: {word:?}"));
        }
    }
    for word in PANIC {
        if said.contains(word) {
            faults.push(format!("it panicked: {word:?}"));
        }
    }
    if said.len() > MOST_BYTES {
        faults.push(format!("{} bytes are too many to read", said.len()));
    }
    let odd = said.chars().find(|&c| c.is_control() && c != '\n');
    if let Some(odd) = odd {
        faults.push(format!("it plays with the terminal: {odd:?}"));
    }
    faults
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    use super::*;

    fn case() -> Case {
        let text = "title = \"t\"\nrun = \"p\"\ncode = 2\nculprit = \"x.pem\"\ncure = \"name it\"";
        toml::from_str(text).unwrap()
    }

    fn output(status: i32, stderr: &str) -> Output {
        Output {
            status: ExitStatus::from_raw(status),
            stdout: Vec::new(),
            stderr: stderr.into(),
        }
    }

    const GOOD: &str = "error: cannot read x.pem\n  help: name it\n";

    #[test]
    fn an_answer_with_culprit_and_cure_is_one_and_reads_as_a_line() {
        assert_eq!(faults_of(&case(), &output(2 << 8, GOOD)), [""; 0]);
        assert_eq!(complaint(GOOD), "error: cannot read x.pem | help: name it");
    }

    #[test]
    fn every_way_of_not_answering_is_found() {
        let panic = format!("thread 'main' panicked at x.rs:1\n{GOOD}");
        let long = format!("{GOOD}{}", "x".repeat(MOST_BYTES));
        let twice = format!("{GOOD}{GOOD}");
        let red = format!("\u{1b}[31m{GOOD}");
        for (status, said) in [
            (1 << 8, GOOD),
            (9, GOOD),
            (2 << 8, "error: name it\n"),
            (2 << 8, "error: x.pem\n"),
            (2 << 8, "x.pem: name it\n"),
            (2 << 8, ""),
            (2 << 8, &panic),
            (2 << 8, &long),
            (2 << 8, &twice),
            (2 << 8, &red),
        ] {
            assert_ne!(
                faults_of(&case(), &output(status, said)),
                [""; 0],
                "{said:?}"
            );
        }
    }
}

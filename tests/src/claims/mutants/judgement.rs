//! What a build and a test run show of a mutant: pure, so that the ways to be fooled are tested.

use std::fmt;

use super::mutant::Mutant;

/// How a test run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Run {
    /// The code does not compile, as the compiler says: it has noticed, no test has.
    NotBuilt(String),
    /// The test binary ended with this exit code, if it had one, and printed this.
    Ended {
        /// `None`: a signal ended it.
        code: Option<i32>,
        /// Everything it printed.
        printed: String,
    },
    /// It was killed because it ran for too long.
    TimedOut,
}

/// What became of a mutant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// The named test failed for the named reason.
    Caught,
    /// The named test passed.
    Survived,
    /// Something went otherwise than the mutant says, which shows nothing.
    Unclear(String),
}

/// The exit code of a test binary of which a test has failed.
const FAILED: i32 = 101;

/// Whether the run of an unchanged tree shows that this test exists and passes.
///
/// # Errors
/// If it does not.
pub fn check_unchanged(test: &str, run: &Run) -> Result<(), String> {
    match run {
        Run::NotBuilt(why) => Err(format!("the unchanged tree does not compile:\n{why}")),
        Run::TimedOut => Err(format!("{test} hangs in the unchanged tree")),
        Run::Ended { printed, .. } => match result_of(test, printed) {
            Some("ok") => Ok(()),
            Some(other) => Err(format!("{test} is {other} in the unchanged tree")),
            None => Err(format!("there is no test {test}")),
        },
    }
}

/// What the run of the named test shows of the mutant.
pub fn judge(mutant: &Mutant, run: &Run) -> Fate {
    let (code, printed) = match run {
        Run::NotBuilt(why) => return Fate::Unclear(format!("it does not compile:\n{}", said(why))),
        Run::TimedOut if mutant.hangs => return Fate::Caught,
        Run::TimedOut => return Fate::Unclear("its test hangs, which it does not announce".into()),
        Run::Ended { code, printed } => (*code, printed),
    };
    match (result_of(&mutant.test.name, printed), code) {
        (Some("ok"), _) => Fate::Survived,
        (Some("FAILED"), Some(FAILED)) if mutant.hangs => {
            Fate::Unclear("its test fails instead of hanging".into())
        }
        (Some("FAILED"), Some(FAILED)) if printed.contains(&mutant.says) => Fate::Caught,
        (Some("FAILED"), Some(FAILED)) => Fate::Unclear(format!(
            "its test fails, but does not say {:?}:\n{}",
            mutant.says,
            said(printed)
        )),
        (None, Some(0)) => Fate::Unclear("its test did not run".into()),
        _ => Fate::Unclear(format!("its test ended oddly:\n{}", said(printed))),
    }
}

/// What the harness says of one test.
fn result_of<'a>(test: &str, printed: &'a str) -> Option<&'a str> {
    // With what the test printed in between where output is not captured.
    printed
        .lines()
        .filter_map(|line| line.strip_prefix("test ")?.strip_prefix(test))
        .find_map(|rest| rest.strip_prefix(" ... "))
}

/// The end of what was printed: enough to see why.
fn said(printed: &str) -> String {
    const LINES: usize = 30;
    let lines: Vec<_> = printed.lines().collect();
    let from = lines.len().saturating_sub(LINES);
    lines[from..].join("\n")
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Caught => f.write_str("caught"),
            Self::Survived => f.write_str("SURVIVED: no test notices the mistake"),
            Self::Unclear(why) => write!(f, "UNCLEAR: {why}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mutant() -> Mutant {
        let text = r#"
            mistake = "it forgets"
            says = "it was forgotten"
            test = { package = "p", target = "lib", name = "a::remembers" }
            [[edit]]
            file = "x.rs"
            find = "a"
            replace = "b"
        "#;
        Mutant::parse("m", text).unwrap()
    }

    fn ended(code: i32, printed: &str) -> Run {
        Run::Ended {
            code: Some(code),
            printed: printed.into(),
        }
    }

    const RED: &str = "test a::remembers ... FAILED\n---- a::remembers stdout ----\nthread panicked:\nit was forgotten\n";
    const GREEN: &str = "test a::remembers ... ok\n";

    #[test]
    fn a_mutant_is_caught_by_the_named_failure_only() {
        assert_eq!(judge(&mutant(), &ended(101, RED)), Fate::Caught);
        assert_eq!(judge(&mutant(), &ended(0, GREEN)), Fate::Survived);
        let unclear = [
            Run::NotBuilt("error".into()),
            Run::TimedOut,
            // Another reason, another test, no test at all, a crash after the failure.
            ended(101, &RED.replace("was forgotten", "was late")),
            ended(101, &RED.replace("a::remembers", "a::remembers_more")),
            ended(0, "running 0 tests\n"),
            ended(134, RED),
            Run::Ended {
                code: None,
                printed: RED.into(),
            },
        ];
        for run in unclear {
            let fate = judge(&mutant(), &run);
            assert!(matches!(fate, Fate::Unclear(_)), "{run:?}: {fate}");
        }
    }

    #[test]
    fn a_hang_counts_only_where_it_is_announced() {
        let hanging = Mutant {
            hangs: true,
            ..mutant()
        };
        assert_eq!(judge(&hanging, &Run::TimedOut), Fate::Caught);
        assert!(matches!(
            judge(&hanging, &ended(101, RED)),
            Fate::Unclear(_)
        ));
        assert_eq!(judge(&hanging, &ended(0, GREEN)), Fate::Survived);
    }

    #[test]
    fn the_unchanged_tree_has_to_hold_the_test_and_pass_it() {
        let test = "a::remembers";
        assert_eq!(check_unchanged(test, &ended(0, GREEN)), Ok(()));
        for run in [
            Run::NotBuilt("error".into()),
            Run::TimedOut,
            ended(101, RED),
            ended(0, "running 0 tests\n"),
            ended(0, "test a::remembers ... ignored\n"),
        ] {
            assert!(check_unchanged(test, &run).is_err(), "{run:?}");
        }
    }
}

//! Whether the doctor has found what was sown.

use std::process::Output;

use serde::Deserialize;

use super::super::ground::Case;

/// What depends on the machine and not on what was sown.
const MACHINE: &str = "UDP buffers";

/// What the doctor says.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Diagnosis {
    healthy: bool,
    items: Vec<Finding>,
}

#[derive(Debug, Clone, Deserialize)]
struct Finding {
    check: String,
    gravity: String,
    found: String,
    cure: String,
}

impl Diagnosis {
    pub(super) fn read(output: &Output) -> Result<Self, String> {
        serde_json::from_slice(&output.stdout).map_err(|fault| {
            let said = String::from_utf8_lossy(&output.stderr);
            format!("it made no diagnosis ({fault}): {said}")
        })
    }

    /// All that is not well, in a line.
    pub(super) fn line(&self) -> String {
        let unwell = self.unwell();
        let lines = unwell.map(|one| format!("{} | cure: {}", one.found, one.cure));
        lines.collect::<Vec<_>>().join(" || ")
    }

    /// How many things are not well, of which the machine is none.
    pub(super) fn count(&self) -> usize {
        self.unwell().count()
    }

    fn unwell(&self) -> impl Iterator<Item = &Finding> {
        let all = self.items.iter();
        all.filter(|one| one.gravity != "ok" && one.check != MACHINE)
    }

    /// What is wrong with what it says about the buffers, of which this many bytes are granted.
    pub(super) fn fault_about_buffers(&self, granted: u64) -> Option<String> {
        let said = self.items.iter().find(|one| one.check == MACHINE)?;
        let expected = if granted < 4 << 20 { "warning" } else { "ok" };
        (said.gravity != expected).then(|| format!("of {granted} bytes it says {said:?}"))
    }

    /// Whether there is a finding about a check with this in it and a cure.
    pub(super) fn finds(&self, check: &str, words: &str) -> bool {
        let such = |one: &&Finding| one.check == check && one.found.contains(words);
        self.items
            .iter()
            .find(such)
            .is_some_and(|one| !one.cure.is_empty())
    }
}

/// Everything that is wrong with how the doctor met a case, a sentence each.
pub(super) fn faults_of(case: &Case, output: &Output, diagnosis: &Diagnosis) -> Vec<String> {
    let mut faults = Vec::new();
    if output.status.code() != Some(case.code) {
        faults.push(format!(
            "it ended with {}, not {}",
            output.status, case.code
        ));
    }
    if diagnosis.healthy != (case.code == 0) {
        faults.push(format!("it says healthy: {}", diagnosis.healthy));
    }
    let is_it = |one: &&Finding| one.found.contains(&case.culprit) && one.cure.contains(&case.cure);
    if diagnosis.unwell().find(is_it).is_none() {
        faults.push(format!("no {:?} with {:?}", case.culprit, case.cure));
    }
    if diagnosis.count() != case.faults {
        let (found, sown) = (diagnosis.count(), case.faults);
        faults.push(format!("it finds {found} things, and {sown} were sown"));
    }
    faults
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    use serde_json::json;

    use super::*;

    fn case() -> Case {
        let text = "title = \"t\"\nrun = \"p\"\ncode = 1\nculprit = \"expired\"\ncure = \"renew\"";
        toml::from_str(text).unwrap()
    }

    fn faults(status: i32, healthy: bool, items: &[(&str, &str, &str, &str)]) -> Vec<String> {
        let items: Vec<_> = items
            .iter()
            .map(|(check, gravity, found, cure)| {
                json!({"check": check, "gravity": gravity, "found": found, "cure": cure})
            })
            .collect();
        let output = Output {
            status: ExitStatus::from_raw(status << 8),
            stdout: json!({"healthy": healthy, "items": items})
                .to_string()
                .into(),
            stderr: Vec::new(),
        };
        let diagnosis = Diagnosis::read(&output).unwrap();
        faults_of(&case(), &output, &diagnosis)
    }

    const FOUND: (&str, &str, &str, &str) = ("certificate", "problem", "it expired", "renew it");
    const FINE: (&str, &str, &str, &str) = ("clock", "ok", "agrees", "");
    const SMALL: (&str, &str, &str, &str) = ("UDP buffers", "warning", "small", "sysctl");

    #[test]
    fn the_sown_fault_alone_is_right_whatever_the_machine_grants() {
        assert_eq!(faults(1, false, &[SMALL, FOUND, FINE]), [""; 0]);
    }

    #[test]
    fn every_other_diagnosis_is_wrong() {
        let other = ("clock", "warning", "30 s behind", "set it");
        let uncured = ("certificate", "problem", "it expired", "");
        assert_ne!(faults(1, false, &[FINE]), [""; 0]);
        assert_ne!(faults(1, false, &[FOUND, other]), [""; 0]);
        assert_ne!(faults(1, false, &[uncured]), [""; 0]);
        assert_ne!(faults(0, false, &[FOUND]), [""; 0]);
        assert_ne!(faults(1, true, &[FOUND]), [""; 0]);
    }
}

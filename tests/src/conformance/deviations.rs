//! Where Quibus differs on purpose: rules, not case ids, so that they cover cases not seen yet.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::condition::Condition;
use super::vectors::Case;

/// The rules of `vectors/deviations.toml`, in order: the first that applies to a case counts.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deviations {
    rule: Vec<Rule>,
}

/// One difference.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    /// The kinds of case it can apply to.
    kinds: Vec<String>,
    /// Conditions by the field of the input they are about; `input` and `steps` are the whole.
    when: BTreeMap<String, Condition>,
    /// The number of the promise that is kept by differing.
    pub(super) promise: u8,
    /// Why, for who reads the file.
    reason: String,
    /// Expectations in place of the case's; see `instead.rs`.
    pub(super) instead: BTreeMap<String, Value>,
}

impl Deviations {
    /// Reads the rules from a file.
    pub fn load(path: &Path) -> Result<Self, String> {
        let culprit = |problem: String| format!("{}: {problem}", path.display());
        let text = std::fs::read_to_string(path).map_err(|e| culprit(e.to_string()))?;
        Self::parse(&text).map_err(culprit)
    }

    /// Reads the rules from text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let rules: Self = toml::from_str(text).map_err(|e| e.to_string())?;
        for (index, rule) in rules.rule.iter().enumerate() {
            let whole = !rule.kinds.is_empty() && !rule.when.is_empty() && !rule.instead.is_empty();
            if !whole || rule.reason.trim().is_empty() || rule.promise == 0 {
                let number = index + 1;
                return Err(format!(
                    "rule {number} lacks a kind, condition, reason or expectation"
                ));
            }
        }
        Ok(rules)
    }

    /// The first rule that applies to the case.
    pub(super) fn rule_for(&self, case: &Case) -> Option<&Rule> {
        self.rule.iter().find(|rule| rule.applies_to(case))
    }
}

impl Rule {
    fn applies_to(&self, case: &Case) -> bool {
        let holds = |(field, condition): (&String, &Condition)| match field.as_str() {
            "input" => condition.holds(&Value::from(case.input.clone())),
            "steps" => condition.holds(&Value::from(case.steps.clone())),
            field => {
                let subject = case.input.as_ref().and_then(|input| input.get(field));
                subject.is_some_and(|subject| condition.holds(subject))
            }
        };
        self.kinds.contains(&case.kind) && self.when.iter().all(holds)
    }
}

//! Judging one case.

use serde_json::{Map, Value};

use super::deviations::Deviations;
use super::kinds::{self, Answer};
use super::vectors::Case;
use super::{instead, tree_kind};

/// How a case ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The real types do what the case expects.
    Passed,
    /// They do what a rule expects instead, to keep this promise.
    Deviates(u8),
    /// They do neither, or the case is not understood.
    Failed(String),
}

/// Asks the real types and compares.
pub(super) fn judge(case: &Case, deviations: &Deviations) -> Verdict {
    match judge_by_rule(case, deviations) {
        Ok(None) => Verdict::Passed,
        Ok(Some(promise)) => Verdict::Deviates(promise),
        Err(problem) => Verdict::Failed(problem),
    }
}

fn judge_by_rule(case: &Case, deviations: &Deviations) -> Result<Option<u8>, String> {
    let Some(rule) = deviations.rule_for(case) else {
        return check(case).map(|()| None);
    };
    let changed = instead::apply(&rule.instead, case)?;
    let differs = changed.expected != case.expected || changed.steps != case.steps;
    match check(&changed) {
        Ok(()) => Ok(differs.then_some(rule.promise)),
        Err(problem) if differs => Err(format!(
            "by the rule for promise {}: {problem}",
            rule.promise
        )),
        Err(problem) => Err(problem),
    }
}

fn check(case: &Case) -> Result<(), String> {
    if case.setup.is_some() {
        return Err("a set-up is not known for this kind".to_owned());
    }
    let ask = kinds::ask_of(&case.kind);
    match (ask, &case.input, &case.expected, &case.steps) {
        (Some(ask), Some(input), Some(expected), None) => compare(&ask(input)?, expected),
        (None, None, None, Some(steps)) if case.kind == kinds::TREE => tree_kind::run(steps),
        (None, ..) if case.kind != kinds::TREE => Err("the kind is unknown".to_owned()),
        _ => Err("the case has not the form of its kind".to_owned()),
    }
}

/// Only what is expected is compared, but all of that.
fn compare(answer: &Answer, expected: &Map<String, Value>) -> Result<(), String> {
    if expected.is_empty() {
        return Err("nothing is expected".to_owned());
    }
    for (field, wanted) in expected {
        if answer.get(field) != Some(wanted) {
            let answer = Value::Object(answer.clone());
            return Err(format!(
                "expected {field} = {wanted}, the answer is {answer}"
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const RULES: &str = include_str!("../../vectors/deviations.toml");

    fn verdict(case: Value) -> Verdict {
        let case: Case = serde_json::from_value(case).unwrap();
        judge(&case, &Deviations::parse(RULES).unwrap())
    }

    fn simple(kind: &str, input: Value, expected: Value) -> Verdict {
        verdict(json!({"id": "x", "kind": kind, "input": input, "expected": expected}))
    }

    fn is_failure(verdict: Verdict) -> bool {
        matches!(verdict, Verdict::Failed(_))
    }

    #[test]
    fn planted_wrong_cases_fail() {
        let a_on_a = json!({"key": ["a"], "content": ["a"]});
        let matches = |yes: bool| json!({"matches": yes});
        assert_eq!(
            simple("match", a_on_a.clone(), matches(true)),
            Verdict::Passed
        );
        for (what, kind, input, expected) in [
            (
                "a wrong expectation",
                "match",
                a_on_a.clone(),
                matches(false),
            ),
            (
                "an unknown kind",
                "match.fuzzy",
                a_on_a.clone(),
                matches(true),
            ),
            (
                "an unknown expectation",
                "match",
                a_on_a.clone(),
                json!({"matches": true, "n": 1}),
            ),
            ("no expectation", "match", a_on_a, json!({})),
            (
                "an unknown field",
                "match",
                json!({"key": [], "content": [], "n": 1}),
                matches(true),
            ),
            (
                "a missing field",
                "match",
                json!({"key": []}),
                matches(true),
            ),
            (
                "a missing value",
                "binding_part.matches",
                json!({"token": "*"}),
                matches(true),
            ),
            (
                "a wrong type",
                "match",
                json!({"key": [1], "content": []}),
                matches(true),
            ),
        ] {
            assert!(is_failure(simple(kind, input, expected)), "{what} passed");
        }
        assert!(is_failure(verdict(
            json!({"id": "x", "kind": "tree", "steps": []})
        )));
        assert!(is_failure(verdict(
            json!({"id": "x", "kind": "match", "steps": []})
        )));
    }

    #[test]
    fn planted_wrong_subscriptions_fail() {
        let build = |op: &str, value: Value, key: Value| {
            let members = json!([{"name": "B", "position": 7}, {"name": "A", "position": 2}]);
            let conditions = json!([{"member": "B", "op": op, "value": value}]);
            let input = json!({"members": members, "conditions": conditions});
            simple("subscription.build", input, json!({"key": key}))
        };
        for (op, value, text) in [
            ("eq", json!({"decimal": "1.5"}), json!("1.5")),
            (
                "eq_reversed",
                json!({"enum": "Bar", "number": 2}),
                json!("Bar"),
            ),
            ("contains", json!({"int": 4}), json!("4")),
            ("eq", json!({"guid": "g"}), json!("g")),
            ("eq", json!(null), json!("*")),
        ] {
            assert_eq!(build(op, value, json!(["*", text])), Verdict::Passed);
        }
        let flag = build("not_not_not", json!({"bool": false}), json!(["*", "False"]));
        assert_eq!(flag, Verdict::Deviates(5));
        assert!(is_failure(build(
            "like",
            json!({"string": "x"}),
            json!(["*", "x"])
        )));
        assert!(is_failure(build(
            "eq",
            json!({"date": "x"}),
            json!(["*", "x"])
        )));
        assert!(is_failure(build(
            "not_not",
            json!({"string": "x"}),
            json!(["*", "x"])
        )));
        assert!(is_failure(build(
            "eq",
            json!({"string": "x"}),
            json!(["x", "*"])
        )));
    }

    #[test]
    fn a_deviation_is_checked_against_its_own_expectation() {
        let expected = json!({"display": "#.a", "is_empty": false, "part_count": 2});
        let refused = simple(
            "binding_key.describe",
            json!({"parts": ["#", "a"]}),
            expected.clone(),
        );
        assert_eq!(refused, Verdict::Deviates(5));

        let wrong = RULES.replace("\"after_rest\"", "\"something else\"");
        let case = json!({"id": "x", "kind": "binding_key.describe", "input": {"parts": ["#", "a"]},
            "expected": expected});
        let case: Case = serde_json::from_value(case).unwrap();
        assert!(is_failure(judge(
            &case,
            &Deviations::parse(&wrong).unwrap()
        )));
        assert!(is_failure(judge(&case, &Deviations::default())));
    }

    #[test]
    fn a_rule_does_not_excuse_what_it_does_not_explain() {
        let steps = |expect: Value| {
            let add = json!({"op": "add", "peer": "P", "key": ["#", "z"]});
            let other = json!({"op": "add", "peer": "Q", "key": ["a"]});
            let lookup = json!({"op": "lookup", "content": ["a"], "expect": expect});
            verdict(json!({"id": "x", "kind": "tree", "steps": [add, other, lookup]}))
        };
        assert_eq!(steps(json!(["P", "Q"])), Verdict::Deviates(5));
        assert!(is_failure(steps(json!(["P"]))));
    }
}

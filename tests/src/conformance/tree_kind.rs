//! The kind `tree`: a sequence of changes and look-ups on one index.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::notation::{self, Content, Key};
use super::tree_under_test::{Endpoint, TreeUnderTest};

/// One step. What begins with `expect` is checked right after it.
#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Step {
    /// A peer subscribes with a key.
    Add {
        peer: String,
        key: Key,
        endpoint: Endpoint,
        expect_error: Option<String>,
    },
    /// It takes the key back; its address does not matter.
    Remove {
        peer: String,
        key: Key,
        #[serde(rename = "endpoint")]
        _endpoint: Endpoint,
        expect_error: Option<String>,
    },
    /// Who wants this content?
    Lookup {
        content: Content,
        expect: Option<Vec<String>>,
        expect_endpoints: Option<Value>,
    },
    /// Is nobody left?
    IsEmpty { expect: Option<bool> },
}

/// Runs the steps in order; the first that fails ends the case.
pub(super) fn run(steps: &[Map<String, Value>]) -> Result<(), String> {
    let mut tree = TreeUnderTest::new()?;
    let mut checks = 0;
    for (index, fields) in steps.iter().enumerate() {
        checks += fields
            .keys()
            .filter(|name| name.starts_with("expect"))
            .count();
        let outcome = notation::read(fields).and_then(|step| run_step(&mut tree, step));
        outcome.map_err(|problem| format!("step {}: {problem}", index + 1))?;
    }
    match checks {
        0 => Err("no step expects anything".to_owned()),
        _ => Ok(()),
    }
}

fn run_step(tree: &mut TreeUnderTest, step: Step) -> Result<(), String> {
    match step {
        Step::Add {
            peer,
            key,
            endpoint,
            expect_error,
        } => match notation::key(&key) {
            Ok(key) => not_refused(expect_error).and_then(|()| tree.add(&peer, &key, endpoint)),
            Err(refused) => check_refusal(notation::refusal(&refused), expect_error),
        },
        Step::Remove {
            peer,
            key,
            expect_error,
            ..
        } => match notation::key(&key) {
            Ok(key) => not_refused(expect_error).and_then(|()| tree.remove(&peer, &key)),
            Err(refused) => check_refusal(notation::refusal(&refused), expect_error),
        },
        Step::Lookup {
            content,
            expect,
            expect_endpoints,
        } => {
            let found = tree.lookup(&notation::content(&content))?;
            expect.map_or(Ok(()), |wanted| check_peers(&found, wanted))?;
            expect_endpoints.map_or(Ok(()), |wanted| check_endpoints(&found, &wanted))
        }
        Step::IsEmpty { expect } => match (tree.is_empty()?, expect) {
            (is, Some(wanted)) if is != wanted => {
                Err(format!("is_empty is {is}, expected {wanted}"))
            }
            _ => Ok(()),
        },
    }
}

fn not_refused(expected: Option<String>) -> Result<(), String> {
    match expected {
        Some(error) => Err(format!("the key was taken, expected the refusal {error}")),
        None => Ok(()),
    }
}

fn check_refusal(refusal: &str, expected: Option<String>) -> Result<(), String> {
    match expected {
        Some(error) if error == refusal => Ok(()),
        Some(error) => Err(format!(
            "the key was refused as {refusal}, expected {error}"
        )),
        None => Err(format!("the key was refused: {refusal}")),
    }
}

fn check_peers(found: &BTreeMap<String, Endpoint>, wanted: Vec<String>) -> Result<(), String> {
    let found: BTreeSet<&String> = found.keys().collect();
    match found == wanted.iter().collect() && found.len() == wanted.len() {
        true => Ok(()),
        false => Err(format!("found {found:?}, expected {wanted:?}")),
    }
}

/// Addresses are written as `{peer: address}` or as a list in any order.
fn check_endpoints(found: &BTreeMap<String, Endpoint>, wanted: &Value) -> Result<(), String> {
    let agrees = match wanted {
        Value::Object(wanted) => {
            let same = |(peer, endpoint): (&String, &Endpoint)| {
                wanted
                    .get(peer)
                    .is_some_and(|wanted| wanted.as_str() == endpoint.as_deref())
            };
            found.len() == wanted.len() && found.iter().all(same)
        }
        Value::Array(wanted) => {
            let mut wanted: Vec<_> = wanted.iter().map(Value::as_str).collect();
            let mut found: Vec<_> = found.values().map(Option::as_deref).collect();
            wanted.sort_unstable();
            found.sort_unstable();
            found == wanted
        }
        _ => return Err(format!("expect_endpoints has an unknown form: {wanted}")),
    };
    match agrees {
        true => Ok(()),
        false => Err(format!("found the addresses {found:?}, expected {wanted}")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn run_json(steps: Value) -> Result<(), String> {
        let steps: Vec<Map<String, Value>> = serde_json::from_value(steps).unwrap();
        run(&steps)
    }

    fn with(last: Value) -> Result<(), String> {
        let add = json!({"op": "add", "peer": "P", "key": ["a"], "endpoint": "e1"});
        let again = json!({"op": "add", "peer": "P", "key": ["a"], "endpoint": "e2"});
        run_json(json!([add, again, last]))
    }

    #[test]
    fn right_expectations_hold() {
        let lookup = |expect: Value, addresses: Value| json!({"op": "lookup", "content": ["a"], "expect": expect, "expect_endpoints": addresses});
        assert_eq!(with(lookup(json!(["P"]), json!({"P": "e2"}))), Ok(()));
        assert_eq!(with(lookup(json!(["P"]), json!(["e2"]))), Ok(()));
        assert_eq!(with(json!({"op": "is_empty", "expect": false})), Ok(()));
    }

    #[test]
    fn planted_wrong_steps_fail() {
        let lookup =
            |name: &str, expect: Value| json!({"op": "lookup", "content": ["a"], name: expect});
        for (what, step) in [
            ("too few peers", lookup("expect", json!([]))),
            ("too many peers", lookup("expect", json!(["P", "Q"]))),
            ("a peer twice", lookup("expect", json!(["P", "P"]))),
            (
                "an old address",
                lookup("expect_endpoints", json!({"P": "e1"})),
            ),
            (
                "an old address in a list",
                lookup("expect_endpoints", json!(["e1"])),
            ),
            (
                "no form of addresses",
                lookup("expect_endpoints", json!("e2")),
            ),
            (
                "an unknown expectation",
                lookup("expect_order", json!(["P"])),
            ),
            ("an unknown op", json!({"op": "clear"})),
            ("emptiness", json!({"op": "is_empty", "expect": true})),
            (
                "a key that is refused",
                json!({"op": "add", "peer": "P", "key": ["#", "a"]}),
            ),
            (
                "no refusal",
                json!({"op": "add", "peer": "P", "key": ["a"], "expect_error": "x"}),
            ),
            (
                "nothing to check",
                json!({"op": "remove", "peer": "P", "key": ["a"]}),
            ),
        ] {
            assert!(with(step).is_err(), "{what} passed");
        }
    }
}

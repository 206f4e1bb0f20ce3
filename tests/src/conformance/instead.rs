//! What a rule expects instead of what a case says.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::condition::has_part_after_rest;
use super::naive_tree::NaiveTree;
use super::notation::{self, Key};
use super::tree_kind::Step;
use super::vectors::Case;

type Steps = Vec<Map<String, Value>>;

/// The case with the expectations of a rule. `error` replaces all expectations; any other field
/// replaces the one of its name, if the case has it. A text that begins with `@` names a
/// derivation from the case.
pub(super) fn apply(instead: &BTreeMap<String, Value>, case: &Case) -> Result<Case, String> {
    let mut changed = case.clone();
    if let Some(error) = instead.get("error") {
        changed.expected = Some(Map::from_iter([("error".to_owned(), error.clone())]));
        return Ok(changed);
    }
    for (field, value) in instead {
        if field == "steps" {
            changed.steps = case
                .steps
                .as_ref()
                .map(|steps| steps_of(value, steps))
                .transpose()?;
        } else if let Some(slot) = changed.expected.as_mut().and_then(|all| all.get_mut(field)) {
            *slot = value_of(value, slot, case)?;
        }
    }
    Ok(changed)
}

fn value_of(value: &Value, original: &Value, case: &Case) -> Result<Value, String> {
    match value.as_str() {
        Some("@escaped") => escaped(case),
        Some("@flags_in_lower_case") => flags_in_lower_case(original),
        Some(other) if other.starts_with('@') => Err(format!("{other} is no derivation")),
        _ => Ok(value.clone()),
    }
}

fn steps_of(value: &Value, steps: &Steps) -> Result<Steps, String> {
    match value.as_str() {
        Some("@without_refused_keys") => without_refused_keys(steps),
        Some("@latest_endpoint") => latest_endpoint(steps),
        _ => Err(format!("{value} is no derivation of steps")),
    }
}

/// The parts joined by dots, with a backslash before each dot and backslash inside a value.
fn escaped(case: &Case) -> Result<Value, String> {
    let parts = case.input.as_ref().and_then(|input| input.get("parts"));
    let parts: Key = serde_json::from_value(parts.cloned().unwrap_or_default())
        .map_err(|e| format!("@escaped needs parts: {e}"))?;
    let escape = |part: &String| part.replace('\\', "\\\\").replace('.', "\\.");
    Ok(parts
        .iter()
        .map(escape)
        .collect::<Vec<_>>()
        .join(".")
        .into())
}

/// `True` and `False` as Rust writes them.
fn flags_in_lower_case(key: &Value) -> Result<Value, String> {
    let parts = key.as_array().ok_or("@flags_in_lower_case needs a key")?;
    let lower = |part: &Value| match part.as_str() {
        Some("True") => "true".into(),
        Some("False") => "false".into(),
        _ => part.clone(),
    };
    Ok(parts.iter().map(lower).collect())
}

/// Keys with a part behind `#` are refused, and what follows holds as if they had never come. The
/// case as it stands must be explained by nothing else: with those keys, it holds in the model.
fn without_refused_keys(steps: &Steps) -> Result<Steps, String> {
    let (mut all, mut legal) = (NaiveTree::default(), NaiveTree::default());
    let mut changed = steps.clone();
    for fields in &mut changed {
        match notation::read::<Step>(fields)? {
            Step::Add { peer, key, .. } => {
                all.add(&peer, &key);
                match has_part_after_rest(&key) {
                    true => expect_refusal(fields),
                    false => legal.add(&peer, &key),
                }
            }
            Step::Remove { peer, key, .. } => {
                all.remove(&peer, &key);
                match has_part_after_rest(&key) {
                    true => expect_refusal(fields),
                    false => legal.remove(&peer, &key),
                }
            }
            Step::Lookup {
                content, expect, ..
            } => {
                let (was, is) = (all.lookup(&content), legal.lookup(&content));
                if expect.is_some_and(|wanted| was != wanted.into_iter().collect()) {
                    return Err(unexplained(fields));
                }
                if let Some(Value::Object(endpoints)) = fields.get_mut("expect_endpoints") {
                    endpoints.retain(|peer, _| is.contains(peer));
                }
                replace(fields, json!(is));
            }
            Step::IsEmpty { expect } => {
                if expect.is_some_and(|wanted| wanted != all.is_empty()) {
                    return Err(unexplained(fields));
                }
                replace(fields, json!(legal.is_empty()));
            }
        }
    }
    Ok(changed)
}

/// A peer has one address, that of its latest subscription, whichever of its keys matched.
fn latest_endpoint(steps: &Steps) -> Result<Steps, String> {
    let mut latest = BTreeMap::new();
    let mut changed = steps.clone();
    for fields in &mut changed {
        match notation::read::<Step>(fields)? {
            Step::Add { peer, endpoint, .. } => {
                latest.insert(peer, json!(endpoint));
            }
            Step::Lookup {
                expect,
                expect_endpoints,
                ..
            } => {
                let of = |peer: &String| latest.get(peer).cloned().unwrap_or_default();
                let endpoints = match (expect_endpoints, expect) {
                    (Some(Value::Object(old)), _) => {
                        Value::from_iter(old.keys().map(|peer| (peer.clone(), of(peer))))
                    }
                    (Some(Value::Array(_)), Some(peers)) => peers.iter().map(of).collect(),
                    _ => continue,
                };
                fields.insert("expect_endpoints".to_owned(), endpoints);
            }
            Step::Remove { .. } | Step::IsEmpty { .. } => {}
        }
    }
    Ok(changed)
}

fn expect_refusal(step: &mut Map<String, Value>) {
    step.insert("expect_error".to_owned(), "after_rest".into());
}

fn replace(step: &mut Map<String, Value>, expect: Value) {
    if let Some(slot) = step.get_mut("expect") {
        *slot = expect;
    }
}

fn unexplained(step: &Map<String, Value>) -> String {
    format!(
        "keys with a part behind `#` do not explain {}",
        Value::Object(step.clone())
    )
}

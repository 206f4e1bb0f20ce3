//! When a rule applies: a named property of a case's input.

use serde::Deserialize;
use serde_json::Value;

use super::naive_tree;
use super::notation::{Content, Field, Key};

/// A property that can be read off the input without asking the real types.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Condition {
    /// Of a key, a dotted text, or a list of steps with keys: a part stands behind `#`.
    PartAfterRest,
    /// Of a key or a dotted text: it is `#` and nothing else.
    RestAlone,
    /// Of a key: it has no parts.
    NoParts,
    /// Of a key: a value has a dot or a backslash in it.
    NeedsEscape,
    /// Of a content: the message has no routing members.
    NoFields,
    /// Of an input with `key` and `content`: the key is too short or too long.
    LengthMismatch,
    /// Of an input with `key` and `content`: a value stands where the message has none.
    ValueFacesNothing,
    /// Of an input with `conditions`: one is on a flag.
    BindsFlag,
    /// Of an input with `members` and `conditions`: one is on a member that does not route.
    BindsUnrouted,
    /// Of a list of steps: a peer's address differs from key to key.
    EndpointDiffers,
}

impl Condition {
    /// Whether `subject` has the property. What it is not a property of does not have it.
    pub(super) fn holds(self, subject: &Value) -> bool {
        match self {
            Self::PartAfterRest => keys_in(subject).iter().any(has_part_after_rest),
            Self::RestAlone => keys_in(subject).iter().any(|key| key == &["#"]),
            Self::NoParts => read::<Key>(subject).is_some_and(|key| key.is_empty()),
            Self::NeedsEscape => {
                read::<Key>(subject).is_some_and(|key| key.concat().contains(['.', '\\']))
            }
            Self::NoFields => read::<Content>(subject).is_some_and(|fields| fields.is_empty()),
            Self::LengthMismatch => key_and_content(subject).is_some_and(lengths_differ),
            Self::ValueFacesNothing => key_and_content(subject).is_some_and(faces_nothing),
            Self::BindsFlag => conditions(subject).any(|c| c["value"]["bool"].is_boolean()),
            Self::BindsUnrouted => conditions(subject).any(|c| !routes(subject, &c["member"])),
            Self::EndpointDiffers => endpoint_differs(subject),
        }
    }
}

/// Whether something is written behind `#`.
pub(super) fn has_part_after_rest(key: &Key) -> bool {
    let rest = key.iter().position(|part| part == "#");
    rest.is_some_and(|at| at + 1 < key.len())
}

fn keys_in(subject: &Value) -> Vec<Key> {
    match subject {
        Value::String(text) => vec![text.split('.').map(str::to_owned).collect()],
        _ => match read::<Key>(subject) {
            Some(key) => vec![key],
            None => items(subject)
                .filter_map(|step| read(&step["key"]))
                .collect(),
        },
    }
}

fn key_and_content(subject: &Value) -> Option<(Key, Content)> {
    Some((read(&subject["key"])?, read(&subject["content"])?))
}

fn lengths_differ((key, content): (Key, Content)) -> bool {
    let key = naive_tree::normal(&key);
    if key.is_empty() || content.is_empty() {
        return false;
    }
    match key.last().is_some_and(|part| part == "#") {
        true => content.len() < key.len(),
        false => content.len() != key.len(),
    }
}

fn faces_nothing((key, content): (Key, Content)) -> bool {
    let is_nothing = |field: &Option<Field>| match field {
        None => true,
        Some(Field::One(_)) => false,
        Some(Field::Many(items)) => items.iter().flatten().next().is_none(),
    };
    let mut pairs = key
        .iter()
        .zip(&content)
        .take_while(|(part, _)| *part != "#");
    pairs.any(|(part, field)| part != "*" && is_nothing(field))
}

fn conditions(subject: &Value) -> impl Iterator<Item = &Value> {
    items(&subject["conditions"])
}

fn routes(subject: &Value, member: &Value) -> bool {
    items(&subject["members"]).any(|m| m["name"] == *member && m["position"].is_number())
}

fn endpoint_differs(steps: &Value) -> bool {
    let adds: Vec<_> = items(steps).filter(|step| step["op"] == "add").collect();
    let place = |step: &Value| read::<Key>(&step["key"]).map(|key| naive_tree::normal(&key));
    adds.iter().enumerate().any(|(index, step)| {
        adds[..index].iter().any(|other| {
            let differs = step["endpoint"] != other["endpoint"] && place(step) != place(other);
            step["peer"] == other["peer"] && differs
        })
    })
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn read<T: serde::de::DeserializeOwned>(value: &Value) -> Option<T> {
    serde_json::from_value(value.clone()).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn conditions_hold_of_what_they_name_and_of_nothing_else() {
        use Condition::*;
        let on = |key: Value, content: Value| json!({"key": key, "content": content});
        let step =
            |key: Value, at: &str| json!({"op": "add", "peer": "P", "key": key, "endpoint": at});
        let build = json!({"members": [{"name": "A", "position": 1}, {"name": "B"}],
            "conditions": [{"member": "B", "value": {"bool": true}}]});
        for (condition, subject, wanted) in [
            (PartAfterRest, json!(["a", "#", "b"]), true),
            (PartAfterRest, json!("#.#"), true),
            (PartAfterRest, json!(["a", "#"]), false),
            (PartAfterRest, json!([step(json!(["#", "z"]), "e")]), true),
            (PartAfterRest, json!([]), false),
            (RestAlone, json!("#"), true),
            (RestAlone, json!(["#"]), true),
            (RestAlone, json!(["a", "#"]), false),
            (NoParts, json!([]), true),
            (NoParts, json!([""]), false),
            (NeedsEscape, json!(["a", "b.c"]), true),
            (NeedsEscape, json!(["a", "*"]), false),
            (NoFields, json!([]), true),
            (NoFields, json!([null]), false),
            (LengthMismatch, on(json!(["a", "#"]), json!(["a"])), true),
            (
                LengthMismatch,
                on(json!(["a", "#"]), json!(["a", "b", "c"])),
                false,
            ),
            (LengthMismatch, on(json!(["#"]), json!(["a"])), false),
            (LengthMismatch, on(json!(["a"]), json!([])), false),
            (
                ValueFacesNothing,
                on(json!(["*", "a"]), json!([null, []])),
                true,
            ),
            (
                ValueFacesNothing,
                on(json!(["*", "#"]), json!([null, []])),
                false,
            ),
            (BindsFlag, build.clone(), true),
            (BindsFlag, json!({"conditions": "any"}), false),
            (BindsUnrouted, build, true),
            (
                EndpointDiffers,
                json!([step(json!(["a"]), "1"), step(json!(["b"]), "2")]),
                true,
            ),
            (
                EndpointDiffers,
                json!([step(json!(["a"]), "1"), step(json!(["a"]), "2")]),
                false,
            ),
        ] {
            assert_eq!(
                condition.holds(&subject),
                wanted,
                "{condition:?} of {subject}"
            );
        }
    }
}

//! Kinds about a key by itself: its text, its parts, its equality.

use std::hash::{BuildHasher, RandomState};

use quibus::binding::BindingKey;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::kinds::Answer;
use super::notation::{self, Field, Key};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Describe {
    parts: Key,
}

/// `binding_key.describe`: text, emptiness, number of parts.
pub(super) fn describe(input: &Map<String, Value>) -> Result<Answer, String> {
    let Describe { parts } = notation::read(input)?;
    let key = match notation::key(&parts) {
        Ok(key) => key,
        Err(refused) => return Ok(notation::refused(notation::refusal(&refused))),
    };
    let display = key.to_string();
    if BindingKey::parse(&display).as_ref() != Ok(&key) {
        return Err(format!(
            "the text {display:?} is not read back as the same key"
        ));
    }
    Ok(Map::from_iter([
        ("display".to_owned(), display.into()),
        ("is_empty".to_owned(), key.is_empty().into()),
        ("part_count".to_owned(), key.len().into()),
    ]))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Split {
    text: String,
}

/// `binding_key.split`: a key read from dotted text.
pub(super) fn split(input: &Map<String, Value>) -> Result<Answer, String> {
    let Split { text } = notation::read(input)?;
    Ok(match BindingKey::parse(&text) {
        Ok(key) => Map::from_iter([("parts".to_owned(), notation::written(&key))]),
        Err(refused) => notation::refused(notation::refusal(&refused)),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Equals {
    left: Key,
    right: Key,
}

/// `binding_key.equals`: value equality; equal keys must hash alike and compare as equal.
pub(super) fn equals(input: &Map<String, Value>) -> Result<Answer, String> {
    let Equals { left, right } = notation::read(input)?;
    let (left, right) = match (notation::key(&left), notation::key(&right)) {
        (Ok(left), Ok(right)) => (left, right),
        (Err(refused), _) | (_, Err(refused)) => {
            return Ok(notation::refused(notation::refusal(&refused)));
        }
    };
    let equal = left == right;
    let hasher = RandomState::new();
    if equal && hasher.hash_one(&left) != hasher.hash_one(&right) {
        return Err("the keys are equal but hash differently".to_owned());
    }
    if equal != left.cmp(&right).is_eq() {
        return Err("equality and order disagree".to_owned());
    }
    Ok(Map::from_iter([("equal".to_owned(), equal.into())]))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PartAt {
    parts: Key,
    index: usize,
}

/// `binding_key.part_at`: the constraint at a position.
pub(super) fn part_at(input: &Map<String, Value>) -> Result<Answer, String> {
    let PartAt { parts, index } = notation::read(input)?;
    Ok(match notation::key(&parts) {
        Ok(key) => notation::constraint(key.part_at(index)),
        Err(refused) => notation::refused(notation::refusal(&refused)),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PartMatches {
    token: String,
    /// `null` is an absent value. The attribute makes serde insist on the field.
    #[serde(deserialize_with = "Option::deserialize")]
    value: Option<Field>,
}

/// `binding_part.matches`: one part against one field.
pub(super) fn part_matches(input: &Map<String, Value>) -> Result<Answer, String> {
    let PartMatches { token, value } = notation::read(input)?;
    let message = notation::content(&vec![value]);
    let part = notation::part(&token);
    let matches = message
        .field(0)
        .is_some_and(|field| part.as_ref().accepts(field));
    Ok(Map::from_iter([("matches".to_owned(), matches.into())]))
}

//! Kinds about subscriptions to a message with declared routing members.
//!
//! Members say their position; positions may have gaps, and the order of the positions is the order
//! of the parts of a key.

use std::collections::BTreeMap;

use quibus::binding::{BindingKey, BindingPart};
use serde::Deserialize;
use serde_json::{Map, Number, Value};

use super::kinds::Answer;
use super::notation::{self, Key};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Member {
    name: String,
    /// `None`: the member takes no part in routing.
    position: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Build {
    members: Vec<Member>,
    conditions: Conditions,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Conditions {
    Whole(Whole),
    All(Vec<Condition>),
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Whole {
    Any,
    AllPlaceholders,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Condition {
    member: String,
    op: Op,
    /// `null` leaves the member open. The attribute makes serde insist on the field.
    #[serde(deserialize_with = "Option::deserialize")]
    value: Option<Typed>,
}

/// All of them bind the member to the value: what is contained is an element of a collection, and
/// for a flag the value is the effective one.
#[derive(Deserialize, Clone, Copy, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Op {
    Eq,
    EqReversed,
    Contains,
    NotNot,
    NotNotNot,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
struct Typed {
    decimal: Option<Text>,
    int: Option<Text>,
    bool: Option<bool>,
    r#enum: Option<String>,
    /// The number of an enum's variant; routing goes by its name.
    number: Option<Number>,
    guid: Option<String>,
    string: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Text {
    Text(String),
    Number(Number),
}

/// `subscription.build`: conditions → key.
pub(super) fn build(input: &Map<String, Value>) -> Result<Answer, String> {
    let Build {
        members,
        conditions,
    } = notation::read(input)?;
    let order = routing_order(&members);
    let key = match conditions {
        Conditions::Whole(Whole::Any) => BindingKey::any(),
        Conditions::Whole(Whole::AllPlaceholders) => open(order.len())?,
        Conditions::All(conditions) => {
            let mut bound = BTreeMap::new();
            for condition in conditions {
                let Some(text) = condition.text()? else {
                    continue;
                };
                let Some(at) = order.iter().position(|name| *name == condition.member) else {
                    return Ok(notation::refused("not_a_routing_member"));
                };
                if bound.insert(at, text).is_some() {
                    return Ok(notation::refused("duplicate_condition"));
                }
            }
            let part = |at| {
                bound
                    .remove(&at)
                    .map_or(BindingPart::Any, BindingPart::Value)
            };
            BindingKey::new((0..order.len()).map(part)).map_err(|e| e.to_string())?
        }
    };
    Ok(Map::from_iter([(
        "key".to_owned(),
        notation::written(&key),
    )]))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MemberPart {
    members: Vec<Member>,
    key: Key,
    member: String,
}

/// `subscription.member_part`: what a key asks of a member.
pub(super) fn member_part(input: &Map<String, Value>) -> Result<Answer, String> {
    let MemberPart {
        members,
        key,
        member,
    } = notation::read(input)?;
    let order = routing_order(&members);
    let at = order.iter().position(|name| *name == member);
    Ok(match notation::key(&key) {
        Ok(key) => notation::constraint(at.and_then(|at| key.part_at(at))),
        Err(refused) => notation::refused(notation::refusal(&refused)),
    })
}

fn routing_order(members: &[Member]) -> Vec<&str> {
    let placed = members
        .iter()
        .filter_map(|m| Some((m.position?, m.name.as_str())));
    let mut placed: Vec<_> = placed.collect();
    placed.sort_by_key(|(position, _)| *position);
    placed.into_iter().map(|(_, name)| name).collect()
}

fn open(parts: usize) -> Result<BindingKey, String> {
    BindingKey::new((0..parts).map(|_| BindingPart::Any)).map_err(|e| e.to_string())
}

impl Condition {
    /// The text the member is bound to, as its `Display` writes it.
    fn text(&self) -> Result<Option<String>, String> {
        let Some(value) = &self.value else {
            return Ok(None);
        };
        if matches!(self.op, Op::NotNot | Op::NotNotNot) && value.bool.is_none() {
            return Err(format!("{} is negated but no flag", self.member));
        }
        value.text().map(Some)
    }
}

impl Typed {
    fn text(&self) -> Result<String, String> {
        // A number that no variant has is an enum without a name.
        let unnamed = self.number.is_some() && self.r#enum.is_none();
        let all = [
            self.decimal.as_ref().map(Text::to_text),
            self.int.as_ref().map(Text::to_text),
            self.bool.map(|flag| flag.to_string()),
            self.r#enum.clone(),
            self.guid.clone(),
            self.string.clone(),
            unnamed.then(String::new),
        ];
        let mut given = all.into_iter().flatten();
        match (given.next(), given.next()) {
            (Some(text), None) => Ok(text),
            _ => Err("a value needs exactly one of decimal, int, bool, enum, guid, string".into()),
        }
    }
}

impl Text {
    fn to_text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
        }
    }
}

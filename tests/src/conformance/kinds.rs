//! Which kind of case asks what.

use serde_json::{Map, Value};

use super::{key_kinds, match_kinds, subscription_kinds};

/// What the real types say, field by field.
pub(super) type Answer = Map<String, Value>;

/// A question to the real types: input → answer, or why the question makes no sense.
pub(super) type Ask = fn(&Map<String, Value>) -> Result<Answer, String>;

/// The one kind that is a sequence of steps.
pub(super) const TREE: &str = "tree";

/// The question behind a simple kind.
pub(super) fn ask_of(kind: &str) -> Option<Ask> {
    Some(match kind {
        "binding_key.describe" => key_kinds::describe,
        "binding_key.split" => key_kinds::split,
        "binding_key.equals" => key_kinds::equals,
        "binding_key.part_at" => key_kinds::part_at,
        "binding_part.matches" => key_kinds::part_matches,
        "match" => match_kinds::matches,
        "match.divergent" => match_kinds::divergent,
        "subscription.build" => subscription_kinds::build,
        "subscription.member_part" => subscription_kinds::member_part,
        _ => return None,
    })
}

//! Kinds that hold a key against a message's content.

use quibus::binding::{BindingKey, RoutingKey};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::kinds::Answer;
use super::notation::{self, Content, Key};
use super::tree_under_test::TreeUnderTest;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Match {
    key: Key,
    content: Content,
}

/// `match`: the key by itself and everything that routes must agree.
pub(super) fn matches(input: &Map<String, Value>) -> Result<Answer, String> {
    judge(input, |alone, routed| match alone == routed {
        true => Ok(Map::from_iter([("matches".to_owned(), alone.into())])),
        false => Err(format!(
            "the key by itself says {alone}, the routing table {routed}"
        )),
    })
}

/// `match.divergent`: the same question to the three places where Zebus answers differently. What
/// filters messages for a local handler is, in Quibus, the key by itself again (promise 24).
pub(super) fn divergent(input: &Map<String, Value>) -> Result<Answer, String> {
    judge(input, |alone, routed| {
        Ok(Map::from_iter([
            ("single_subscription".to_owned(), alone.into()),
            ("peer_index".to_owned(), routed.into()),
            ("local_filter".to_owned(), alone.into()),
        ]))
    })
}

fn judge(
    input: &Map<String, Value>,
    answer: impl FnOnce(bool, bool) -> Result<Answer, String>,
) -> Result<Answer, String> {
    let Match { key, content } = notation::read(input)?;
    let message = notation::content(&content);
    match notation::key(&key) {
        Ok(key) => answer(key.matches(&message), is_routed(&key, &message)?),
        Err(refused) => Ok(notation::refused(notation::refusal(&refused))),
    }
}

fn is_routed(key: &BindingKey, message: &RoutingKey) -> Result<bool, String> {
    let mut tree = TreeUnderTest::new()?;
    tree.add("P", key, None)?;
    Ok(!tree.lookup(message)?.is_empty())
}

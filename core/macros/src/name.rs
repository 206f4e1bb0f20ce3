//! The alphabet of names that are written in attributes.

use syn::{Error, LitStr, Result};

/// Longest name, in bytes; the length of a type's whole name is bounded by twice this and a dot.
const MAX_LEN: usize = 128;

/// Checks a namespace: words of `A-Z a-z 0-9 _ -`, separated by single dots.
pub(crate) fn check_namespace(name: &LitStr) -> Result<()> {
    let text = name.value();
    let legal = text.len() <= MAX_LEN && text.split('.').all(is_word);
    let cure = "words of A-Z a-z 0-9 _ - separated by dots, at most 128 bytes";
    require(legal, name, "namespace", cure)
}

/// Checks a type's name: one word, because the last dot separates it from its namespace.
pub(crate) fn check_type_name(name: &LitStr) -> Result<()> {
    let text = name.value();
    let legal = text.len() <= MAX_LEN && is_word(&text);
    let cure = "one word of A-Z a-z 0-9 _ -, at most 128 bytes";
    require(legal, name, "name", cure)
}

/// Checks a lane's name.
pub(crate) fn check_lane(name: &LitStr) -> Result<()> {
    let text = name.value();
    let legal = text.len() <= MAX_LEN && is_word(&text);
    let cure = "one word of A-Z a-z 0-9 _ -, at most 128 bytes";
    require(legal, name, "lane", cure)
}

fn is_word(text: &str) -> bool {
    let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    !text.is_empty() && text.bytes().all(legal)
}

fn require(legal: bool, name: &LitStr, what: &str, cure: &str) -> Result<()> {
    if legal {
        return Ok(());
    }
    let text = name.value();
    Err(Error::new(
        name.span(),
        format!("{text:?} is not a legal {what}: use {cure}"),
    ))
}

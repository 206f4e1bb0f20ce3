//! The text form of a binding key: parts joined by dots.
//!
//! A dot or a backslash inside a value, and a value that is exactly `*` or `#`, is escaped with a
//! backslash, so that every key has one text and every text one key.

use std::fmt::{self, Write};

use super::{BindingKey, BindingPart, InvalidBindingKey, PartRef};

/// Writes one part.
pub(super) fn write_part(f: &mut impl Write, part: PartRef<'_>) -> fmt::Result {
    match part {
        PartRef::Any => f.write_char('*'),
        PartRef::Rest => f.write_char('#'),
        PartRef::Value("*") => f.write_str("\\*"),
        PartRef::Value("#") => f.write_str("\\#"),
        PartRef::Value(value) => write_value(f, value),
    }
}

/// Splits a text at its dots that are not escaped. The empty text is one empty value.
pub(super) fn split(text: &str) -> Result<Vec<BindingPart>, InvalidBindingKey> {
    let mut parts = Vec::new();
    let mut value = String::new();
    let mut plain = true;
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        match char {
            '.' => {
                // Before all of a long text is in memory as parts, at 24 bytes for each of its dots.
                if parts.len() == BindingKey::MAX_PARTS {
                    let limit = BindingKey::MAX_PARTS;
                    return Err(InvalidBindingKey::TooManyParts { limit });
                }
                parts.push(part_of(std::mem::take(&mut value), plain));
                plain = true;
            }
            '\\' => match chars.next() {
                Some(escaped @ ('.' | '*' | '#' | '\\')) => {
                    value.push(escaped);
                    plain = false;
                }
                _ => {
                    let part = parts.len() + 1;
                    return Err(InvalidBindingKey::Escape { part });
                }
            },
            other => value.push(other),
        }
    }
    parts.push(part_of(value, plain));
    Ok(parts)
}

fn write_value(f: &mut impl Write, value: &str) -> fmt::Result {
    for char in value.chars() {
        if matches!(char, '.' | '\\') {
            f.write_char('\\')?;
        }
        f.write_char(char)?;
    }
    Ok(())
}

fn part_of(value: String, plain: bool) -> BindingPart {
    match value.as_str() {
        "*" if plain => BindingPart::Any,
        "#" if plain => BindingPart::Rest,
        _ => BindingPart::Value(value),
    }
}

//! A value as it was given, before its type has read it.

use std::fmt;

/// A value as it was given.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// From the environment or a command line: text that can mean any type.
    Typed(String),
    /// A string in a file.
    Text(String),
    /// An integer in a file.
    Number(i128),
    /// `true` or `false` in a file.
    Switch(bool),
    /// An array in a file.
    List(Vec<Value>),
    /// What no setting is: a table, a date, a fraction.
    Strange(&'static str),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Typed(text) | Self::Text(text) => write!(f, "{}", quoted(text)),
            Self::Number(number) => write!(f, "{number}"),
            Self::Switch(switch) => write!(f, "{switch}"),
            Self::List(values) => {
                let texts: Vec<_> = values.iter().map(Self::to_string).collect();
                write!(f, "[{}]", texts.join(", "))
            }
            Self::Strange(kind) => write!(f, "a {kind}"),
        }
    }
}

/// A text as TOML writes it: a basic string. Whatever a terminal would obey is escaped, too.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            _ if letter.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(letter))),
            _ => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_read_back_as_it_was_and_stays_in_its_line() {
        let letters = (0..0x300).chain(0x2000..0x2070).chain(0xfff0..0x10010);
        let all: String = letters.filter_map(char::from_u32).collect();
        let mut texts: Vec<String> = all.chars().map(String::from).collect();
        texts.extend([String::new(), "C:\\new \"x\"\t\u{1b}[31m".into(), all]);
        for text in texts {
            let written = quoted(&text);
            assert!(!written.contains(char::is_control), "{written}");
            let read = toml::de::DeTable::parse(&format!("key = {written}"))
                .unwrap_or_else(|error| panic!("{written}: {error}"))
                .get_ref()
                .get("key")
                .and_then(|value| value.get_ref().as_str().map(str::to_owned));
            assert_eq!(read.as_deref(), Some(text.as_str()));
        }
    }
}

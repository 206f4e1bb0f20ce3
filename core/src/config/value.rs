//! A value as it was given, before its type has read it.

use std::fmt;

use toml_writer::{ToTomlValue, TomlStringBuilder};

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

/// A text as TOML writes it.
pub(super) fn quoted(text: &str) -> String {
    TomlStringBuilder::new(text).as_basic().to_toml_value()
}

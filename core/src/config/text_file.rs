//! From a TOML text to entries that know their lines.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::config::Config;
use super::config_error::{ConfigError, ConfigFault};
use super::origin::Origin;
use super::value::Value;

/// The largest file that is read; one with every setting has a hundredth of it.
const MAX_FILE: u64 = 256 * 1024;

/// Reads a file that somebody named.
pub(super) fn read(file: &Path) -> Result<String, ConfigError> {
    let failed = |reason: String| ConfigFault::File {
        file: file.to_owned(),
        verb: "read",
        reason,
    };
    let mut text = String::new();
    let length = File::open(file)
        .and_then(|open| open.take(MAX_FILE + 1).read_to_string(&mut text))
        .map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => failed("there is no such file; name one that is".into()),
            _ => failed(format!("{error}; name a text file that this user may read")),
        })?;
    if length as u64 > MAX_FILE {
        return Err(failed("it has more than 256 KiB; is it a configuration?".into()).into());
    }
    Ok(text)
}

/// Lays what a text says above what is there.
pub(super) fn lay(file: &Path, text: &str, config: &mut Config) -> Result<(), ConfigError> {
    let places = Places { file, text };
    let table = DeTable::parse(text).map_err(|error| ConfigFault::Syntax {
        origin: places.at(error.span().map_or(0, |span| span.start)),
        reason: reason_of(error.message()),
    })?;
    let mut faults = Vec::new();
    for (name, content) in table.get_ref() {
        let DeValue::Table(keys) = content.get_ref() else {
            faults.push(ConfigFault::Unknown {
                origin: places.of(name),
                what: "setting outside of any section".into(),
                name: name.get_ref().to_string(),
                cure: "move it below the line of its [section]".into(),
            });
            continue;
        };
        config
            .sections
            .entry(name.get_ref().to_string())
            .or_default();
        for (key, value) in keys {
            let value = given(value.get_ref());
            config.put(name.get_ref(), key.get_ref(), value, places.of(key));
        }
    }
    ConfigError::unless_empty(faults)
}

/// What the parser says, with a cure where it has none.
fn reason_of(message: &str) -> String {
    let message = message.replace('\n', ", ");
    match message.as_str() {
        "duplicate key" => "duplicate key; keep one of the two".into(),
        _ => message,
    }
}

struct Places<'t> {
    file: &'t Path,
    text: &'t str,
}

impl Places<'_> {
    fn of<T>(&self, part: &Spanned<T>) -> Origin {
        self.at(part.span().start)
    }

    fn at(&self, offset: usize) -> Origin {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Origin::File {
            file: self.file.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

fn given(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(number) => match i128::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Value::Number(number),
            Err(_) => Value::Strange("number beyond all bounds"),
        },
        DeValue::Boolean(switch) => Value::Switch(*switch),
        DeValue::Array(values) => {
            Value::List(values.iter().map(|value| given(value.get_ref())).collect())
        }
        DeValue::Float(_) => Value::Strange("fraction"),
        DeValue::Datetime(_) => Value::Strange("date"),
        DeValue::Table(_) => Value::Strange("table"),
    }
}

//! Types that can be set.

use std::path::{Path, PathBuf};
use std::time::Duration;

use bytesize::ByteSize;

use super::value::{Value, quoted};

/// A type that a setting can have.
///
/// Implement it for a type of your own to use that in a [`section!`](super::section!); for one of a
/// few words, [`choice`] does the work.
pub trait Setting: Sized {
    /// Reads it.
    ///
    /// # Errors
    /// What is wrong and how it is written rightly, as the end of a sentence: `a duration needs a
    /// unit, as in "5s"`.
    fn read(value: &Value) -> Result<Self, String>;

    /// How TOML writes it; `None` for what is not set.
    fn show(&self) -> Option<String>;

    /// Takes a relative path as seen from this folder, that of the file it stands in.
    fn anchor(&mut self, _folder: &Path) {}
}

impl Setting for String {
    fn read(value: &Value) -> Result<Self, String> {
        match value {
            Value::Typed(text) | Value::Text(text) => Ok(text.clone()),
            _ => Err("it is a text, in quotation marks".into()),
        }
    }

    fn show(&self) -> Option<String> {
        Some(quoted(self))
    }
}

impl Setting for bool {
    fn read(value: &Value) -> Result<Self, String> {
        match value {
            Value::Switch(switch) => Ok(*switch),
            Value::Typed(text) if text == "true" => Ok(true),
            Value::Typed(text) if text == "false" => Ok(false),
            _ => Err("it is true or false".into()),
        }
    }

    fn show(&self) -> Option<String> {
        Some(self.to_string())
    }
}

macro_rules! whole_numbers {
    ($($type:ty)+) => { $(
        impl Setting for $type {
            fn read(value: &Value) -> Result<Self, String> {
                let read = match value {
                    Value::Number(number) => Self::try_from(*number).ok(),
                    Value::Typed(text) => text.parse().ok(),
                    _ => None,
                };
                read.ok_or_else(|| format!("it is a whole number from 0 to {}", Self::MAX))
            }

            fn show(&self) -> Option<String> {
                Some(self.to_string())
            }
        }
    )+ };
}
whole_numbers!(u16 u32 u64 usize);

impl Setting for Duration {
    fn read(value: &Value) -> Result<Self, String> {
        const CURE: &str = "a duration has a unit, as in \"5s\", \"250ms\" or \"1m 30s\"";
        match value {
            Value::Typed(text) | Value::Text(text) => {
                humantime::parse_duration(text).map_err(|_| CURE.into())
            }
            Value::Number(number) => Err(format!("a duration has a unit, as in \"{number}s\"")),
            _ => Err(CURE.into()),
        }
    }

    fn show(&self) -> Option<String> {
        let text = humantime::format_duration(*self).to_string();
        Some(quoted(&text))
    }
}

impl Setting for ByteSize {
    fn read(value: &Value) -> Result<Self, String> {
        const CURE: &str = "a size has a unit, as in \"64MiB\", \"4KiB\" or \"100MB\"";
        match value {
            // The parser takes a bare number for bytes; a forgotten unit is likelier.
            Value::Typed(text) | Value::Text(text)
                if text.ends_with(|last: char| last.is_alphabetic()) =>
            {
                text.parse().map_err(|_| CURE.into())
            }
            Value::Number(number) => Err(format!("a size has a unit, as in \"{number}KiB\"")),
            _ => Err(CURE.into()),
        }
    }

    fn show(&self) -> Option<String> {
        // The crate's own text rounds; one that is read back must be exact.
        let units = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
        let exact = units
            .into_iter()
            .find(|(shift, _)| self.0 > 0 && self.0.trailing_zeros() >= *shift);
        let text = exact.map_or(format!("{}B", self.0), |(shift, unit)| {
            format!("{}{unit}", self.0 >> shift)
        });
        Some(quoted(&text))
    }
}

impl Setting for PathBuf {
    fn read(value: &Value) -> Result<Self, String> {
        match String::read(value)?.as_str() {
            "" => Err("it is a path, and none is empty".into()),
            path => Ok(path.into()),
        }
    }

    fn show(&self) -> Option<String> {
        Some(quoted(&self.to_string_lossy()))
    }

    fn anchor(&mut self, folder: &Path) {
        *self = folder.join(&*self);
    }
}

impl Setting for Vec<String> {
    fn read(value: &Value) -> Result<Self, String> {
        match value {
            Value::List(values) => values.iter().map(String::read).collect(),
            Value::Typed(text) => {
                let parts = text.split(',').map(str::trim);
                Ok(parts
                    .filter(|part| !part.is_empty())
                    .map(str::to_owned)
                    .collect())
            }
            _ => Err("it is a list of texts, as in [\"a\", \"b\"]".into()),
        }
    }

    fn show(&self) -> Option<String> {
        let texts: Vec<_> = self.iter().map(|text| quoted(text)).collect();
        Some(format!("[{}]", texts.join(", ")))
    }
}

impl<T: Setting> Setting for Option<T> {
    fn read(value: &Value) -> Result<Self, String> {
        T::read(value).map(Some)
    }

    fn show(&self) -> Option<String> {
        self.as_ref().and_then(T::show)
    }

    fn anchor(&mut self, folder: &Path) {
        if let Some(value) = self {
            value.anchor(folder);
        }
    }
}

/// Reads one of a few words; the error lists them.
///
/// # Errors
/// As [`Setting::read`].
pub fn choice<T: Clone>(value: &Value, words: &[(&str, T)]) -> Result<T, String> {
    let text = match value {
        Value::Typed(text) | Value::Text(text) => text.as_str(),
        _ => "",
    };
    let found = words.iter().find(|(word, _)| *word == text);
    found.map(|(_, meant)| meant.clone()).ok_or_else(|| {
        let words: Vec<_> = words.iter().map(|(word, _)| quoted(word)).collect();
        format!("it is one of {}", words.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed<T: Setting>(text: &str) -> Result<T, String> {
        T::read(&Value::Typed(text.into()))
    }

    fn written<T: Setting>(text: &str) -> Result<T, String> {
        T::read(&Value::Text(text.into()))
    }

    #[test]
    fn what_is_shown_reads_back_as_the_same() {
        for seconds in [0, 1, 90, 3_600] {
            let duration = Duration::from_secs(seconds) + Duration::from_millis(250);
            let shown = duration.show().unwrap();
            assert_eq!(written::<Duration>(shown.trim_matches('"')), Ok(duration));
        }
        for bytes in [0, 1, 1_000, 1_024, 3 << 20, (1 << 30) + 1] {
            let size = ByteSize(bytes);
            let shown = size.show().unwrap();
            assert_eq!(written::<ByteSize>(shown.trim_matches('"')), Ok(size));
        }
    }

    #[test]
    fn a_number_without_a_unit_is_told_which_unit_it_lacks() {
        let five = Value::Number(5);
        assert!(Duration::read(&five).unwrap_err().contains("\"5s\""));
        assert!(ByteSize::read(&five).unwrap_err().contains("\"5KiB\""));
        assert!(typed::<Duration>("5").is_err());
        assert!(typed::<ByteSize>("5").is_err());
    }

    #[test]
    fn the_environment_says_by_words_what_a_file_says_by_types() {
        assert_eq!(typed::<u32>("12"), Ok(12));
        assert_eq!(typed::<bool>("true"), Ok(true));
        let both = vec!["a:1".to_owned(), "b:2".to_owned()];
        assert_eq!(typed::<Vec<String>>("a:1, b:2,"), Ok(both));
        assert!(written::<u32>("12").is_err());
        assert!(written::<bool>("true").is_err());
    }

    #[test]
    fn a_number_out_of_range_is_refused_with_the_range() {
        let read = u16::read(&Value::Number(65_536));
        assert_eq!(read, Err("it is a whole number from 0 to 65535".into()));
        assert!(u16::read(&Value::Number(-1)).is_err());
    }

    #[test]
    fn a_relative_path_is_meant_from_the_folder_of_its_file() {
        let mut relative = Some(PathBuf::from("ca.pem"));
        relative.anchor(Path::new("/etc/quibus"));
        assert_eq!(relative, Some(PathBuf::from("/etc/quibus/ca.pem")));
        let mut absolute = PathBuf::from("/run/ca.pem");
        absolute.anchor(Path::new("/etc/quibus"));
        assert_eq!(absolute, PathBuf::from("/run/ca.pem"));
    }

    #[test]
    fn a_choice_lists_its_words() {
        let words = [("text", 1), ("json", 2)];
        assert_eq!(choice(&Value::Text("json".into()), &words), Ok(2));
        let error = choice(&Value::Text("xml".into()), &words).unwrap_err();
        assert_eq!(error, "it is one of \"text\", \"json\"");
    }
}

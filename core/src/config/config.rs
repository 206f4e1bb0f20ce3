//! What was given, by section and key, the winner of each.

use std::collections::BTreeMap;
use std::path::Path;

use super::config_error::{ConfigError, ConfigFault};
use super::config_loader::ConfigLoader;
use super::contexts::NamedContext;
use super::nearest::{listed, nearest};
use super::origin::Origin;
use super::section::Section;
use super::section_reader::SectionReader;
use super::value::Value;

/// The sections of Quibus itself. A service that is no directory may have the settings of one in
/// its file all the same: they are read by whoever owns them.
pub const SECTIONS: &[&str] = &["bus", "quic", "directory", "log"];

/// A configuration: what was given, not yet what it means.
///
/// ```
/// use quibus::bus::BusSettings;
/// use quibus::config::ConfigLoader;
///
/// let config = ConfigLoader::new()
///     .text("quibus.toml", "[bus]\nsend_timeout = \"2s\"\n")
///     .variables([("QUIBUS_BUS__SEND_TIMEOUT".into(), "3s".into())])
///     .load()?;
/// assert_eq!(config.section::<BusSettings>()?.send_timeout.as_secs(), 3);
/// let shown = config.show::<BusSettings>()?;
/// let timeout = shown.iter().find(|shown| shown.key == "send_timeout").unwrap();
/// assert_eq!(timeout.origin.to_string(), "QUIBUS_BUS__SEND_TIMEOUT");
/// # Ok::<(), quibus::config::ConfigError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Config {
    pub(super) sections: BTreeMap<String, Entries>,
    pub(super) context: Option<NamedContext>,
}

/// What was given in one section, by key.
pub(super) type Entries = BTreeMap<String, Entry>;

/// A value that was given.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) value: Value,
    pub(super) origin: Origin,
}

/// A setting as it holds, for people to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Its section.
    pub section: &'static str,
    /// Its key.
    pub key: &'static str,
    /// Its value as TOML writes it; `None`: it is not set.
    pub value: Option<String>,
    /// Where the value came from.
    pub origin: Origin,
}

impl Config {
    /// This file, above it the environment of this process, below it the user's context.
    ///
    /// # Errors
    /// If the file is missing or wrong, or a variable or the context is.
    pub fn load(file: impl AsRef<Path>) -> Result<Self, ConfigError> {
        ConfigLoader::of_this_process().file(file).load()
    }

    /// What a service finds that was told nothing: the file that `QUIBUS_CONFIG` names, else
    /// `quibus.toml` in the working directory if there is one, else no file; with the environment
    /// and the user's context, as [`load`](Self::load).
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn find() -> Result<Self, ConfigError> {
        ConfigLoader::of_this_process().usual_file().load()
    }

    /// What a section says.
    ///
    /// # Errors
    /// Every key that the section does not have, and every value that its key can't have.
    pub fn section<S: Section>(&self) -> Result<S, ConfigError> {
        self.read::<S>().map(|(section, _)| section)
    }

    /// Every setting of a section, as it holds.
    ///
    /// # Errors
    /// As [`section`](Self::section).
    pub fn show<S: Section>(&self) -> Result<Vec<Shown>, ConfigError> {
        self.read::<S>().map(|(_, shown)| shown)
    }

    /// Where a value came from.
    pub fn origin(&self, section: &str, key: &str) -> Origin {
        let entry = self.sections.get(section).and_then(|keys| keys.get(key));
        entry.map_or(Origin::Default, |entry| entry.origin.clone())
    }

    /// The fault of a value that its type can have but its owner can't use, with its origin.
    pub fn unfit(
        &self,
        section: &str,
        key: &str,
        value: impl ToString,
        complaint: impl Into<String>,
    ) -> ConfigFault {
        ConfigFault::Value {
            origin: self.origin(section, key),
            key: format!("{section}.{key}"),
            value: value.to_string(),
            complaint: complaint.into(),
        }
    }

    /// Refuses settings of a section that are zero where that would mean "never" or "nobody".
    ///
    /// # Errors
    /// Every one that is, with its origin.
    pub fn above_zero(&self, section: &str, are_zero: &[(&str, bool)]) -> Result<(), ConfigError> {
        let zeros = are_zero.iter().filter(|(_, is_zero)| *is_zero);
        let faults =
            zeros.map(|(key, _)| self.unfit(section, key, "zero", "it has to be more than that"));
        ConfigError::unless_empty(faults.collect())
    }

    /// The fault of a setting that has no default and was not given.
    pub fn missing(&self, section: &str, key: &str, besides: &str) -> ConfigFault {
        let variable = super::variables::variable(section, key);
        ConfigFault::Missing {
            key: format!("{section}.{key}"),
            cure: format!("write `{key} = …` under [{section}], or set {variable}{besides}"),
        }
    }

    /// The user's context, if there is one.
    pub fn context(&self) -> Option<&NamedContext> {
        self.context.as_ref()
    }

    /// Sets a value above everything that was given so far.
    pub(super) fn put(&mut self, section: &str, key: &str, value: Value, origin: Origin) {
        let entries = self.sections.entry(section.to_owned()).or_default();
        entries.insert(key.to_owned(), Entry { value, origin });
    }

    fn read<S: Section>(&self) -> Result<(S, Vec<Shown>), ConfigError> {
        let entries = self.sections.get(S::NAME);
        let mut reader = SectionReader::new(S::NAME, entries);
        let section = S::read(&mut reader);
        let SectionReader {
            mut faults, shown, ..
        } = reader;
        let keys: Vec<_> = S::keys().into_iter().map(|key| key.name).collect();
        let given = entries.into_iter().flatten();
        for (name, entry) in given.filter(|(name, _)| !keys.contains(&name.as_str())) {
            faults.push(unknown_key(S::NAME, name, entry, &keys));
        }
        ConfigError::unless_empty(faults)?;
        Ok((section, shown))
    }
}

impl Entry {
    /// The folder from which a relative path in it is meant.
    pub(super) fn folder(&self) -> Option<&Path> {
        match &self.origin {
            Origin::File { file, .. } => file.parent(),
            _ => None,
        }
    }
}

fn unknown_key(section: &str, name: &str, entry: &Entry, keys: &[&str]) -> ConfigFault {
    let cure = match nearest(name, keys.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("there are {}", listed(keys.iter().copied())),
    };
    ConfigFault::Unknown {
        origin: entry.origin.clone(),
        what: format!("key of [{section}]"),
        name: name.to_owned(),
        cure,
    }
}

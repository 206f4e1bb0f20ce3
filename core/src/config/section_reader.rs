//! Hands the given values of one section to their types.

use super::config::{Entries, Shown};
use super::config_error::ConfigFault;
use super::origin::Origin;
use super::setting::Setting;

/// Hands the given values of one section to their types, and collects what is wrong with them.
#[derive(Debug)]
pub struct SectionReader<'c> {
    section: &'static str,
    entries: Option<&'c Entries>,
    pub(super) faults: Vec<ConfigFault>,
    pub(super) shown: Vec<Shown>,
}

impl<'c> SectionReader<'c> {
    pub(super) fn new(section: &'static str, entries: Option<&'c Entries>) -> Self {
        Self {
            section,
            entries,
            faults: Vec::new(),
            shown: Vec::new(),
        }
    }

    /// The value of a key, or its default where none was given or the given one is unfit.
    pub fn take<T: Setting>(&mut self, key: &'static str, default: T) -> T {
        let entry = self.entries.and_then(|entries| entries.get(key));
        let mut origin = Origin::Default;
        let mut value = default;
        if let Some(entry) = entry {
            match T::read(&entry.value) {
                Ok(mut read) => {
                    if let Some(folder) = entry.folder() {
                        read.anchor(folder);
                    }
                    value = read;
                    origin = entry.origin.clone();
                }
                Err(complaint) => self.faults.push(ConfigFault::Value {
                    origin: entry.origin.clone(),
                    key: format!("{}.{key}", self.section),
                    value: entry.value.to_string(),
                    complaint,
                }),
            }
        }
        self.shown.push(Shown {
            section: self.section,
            key,
            value: value.show(),
            origin,
        });
        value
    }
}

//! Sections as text: everything that can be set, and what is set.

use super::section::{Key, Section};

/// Where the comments of the reference begin, if the setting before is short enough.
const COMMENTS: usize = 44;

/// A section of the reference file: a commented line for each key, with its default or, where
/// there is none, how a value looks.
pub fn reference<S: Section>() -> String {
    let heading = format!("[{}]", S::NAME);
    let mut text = line(&heading, S::ABOUT.trim());
    for key in S::keys() {
        let (value, about) = (example(&key), key.about.trim());
        let about = match key.default {
            Some(_) => about.to_owned(),
            None => format!("{about} No default."),
        };
        text += &line(&format!("# {} = {value}", key.name), &about);
    }
    text
}

/// A section as it is, without what is not set.
pub(super) fn written<S: Section>(section: &S) -> String {
    let mut text = format!("[{}]\n", S::NAME);
    for (key, value) in S::keys().into_iter().zip(section.values()) {
        if let Some(value) = value {
            text += &format!("{} = {value}\n", key.name);
        }
    }
    text
}

fn example(key: &Key) -> String {
    let example = key.example.map(str::to_owned);
    key.default.clone().or(example).unwrap_or_default()
}

fn line(setting: &str, about: &str) -> String {
    format!("{setting:<COMMENTS$} # {about}\n")
}

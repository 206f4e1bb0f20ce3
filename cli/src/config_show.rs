//! `quibus config show`: the settings as a service started here would find them.

use std::path::PathBuf;

use quibus::bus::BusSettings;
use quibus::config::{Config, ConfigError, Shown};
use quibus_quic::QuicSettings;
use serde_json::json;

use crate::complaint::Complaint;
use crate::output_form::OutputForm;
use crate::printed::Printed;

/// Shows the settings as a service started here would find them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigShow {
    /// The file, if not the usual one.
    pub file: Option<PathBuf>,
    /// Whether to say where each value comes from.
    pub origin: bool,
    /// The form of the output.
    pub output: OutputForm,
}

impl ConfigShow {
    /// Reads and shows them.
    ///
    /// # Errors
    /// Everything that is wrong with them, at once.
    pub fn perform(&self) -> Result<Printed, Complaint> {
        let read = || -> Result<Vec<Shown>, ConfigError> {
            let config = match &self.file {
                Some(file) => Config::load(file)?,
                None => Config::find()?,
            };
            let mut shown = config.show::<BusSettings>()?;
            shown.extend(config.show::<QuicSettings>()?);
            Ok(shown)
        };
        let shown = read().map_err(|cause| {
            let help = "correct what is named, or write the setting as a comment";
            Complaint::new("the configuration cannot be used", help).because(&cause)
        })?;
        Ok(Printed::done(self.render(&shown)))
    }

    fn render(&self, shown: &[Shown]) -> String {
        match self.output {
            OutputForm::Text => self.text(shown),
            OutputForm::Json => {
                let items = shown.iter().map(|setting| {
                    json!({
                        "section": setting.section,
                        "key": setting.key,
                        "value": setting.value,
                        "origin": setting.origin.to_string(),
                    })
                });
                let settings = json!({
                    "kind": "SettingList",
                    "apiVersion": "quibus/v1",
                    "items": items.collect::<Vec<_>>(),
                });
                format!("{settings}\n")
            }
        }
    }

    /// As a file of settings that says the same.
    fn text(&self, shown: &[Shown]) -> String {
        let line = |setting: &Shown| match &setting.value {
            Some(value) => format!("{} = {value}", setting.key),
            None => format!("# {} is not set", setting.key),
        };
        let widest = shown.iter().map(|setting| line(setting).chars().count());
        let widest = widest.max().unwrap_or_default();
        let mut text = String::new();
        let mut section = "";
        for setting in shown {
            if setting.section != section {
                let gap = if section.is_empty() { "" } else { "\n" };
                section = setting.section;
                text.push_str(&format!("{gap}[{section}]\n"));
            }
            match self.origin {
                true => {
                    let (line, origin) = (line(setting), &setting.origin);
                    text.push_str(&format!("{line:<widest$}  # {origin}\n"));
                }
                false => text.push_str(&format!("{}\n", line(setting))),
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use quibus::config::ConfigLoader;

    use super::*;

    fn shown() -> Vec<Shown> {
        let config = ConfigLoader::new()
            .text("quibus.toml", "[bus]\nsend_timeout = \"2s\"\n")
            .variables([("QUIBUS_BUS__INSTANCE".into(), "7".into())])
            .load()
            .unwrap();
        let mut shown = config.show::<BusSettings>().unwrap();
        shown.truncate(4);
        shown
    }

    fn show(origin: bool, output: OutputForm) -> String {
        let show = ConfigShow {
            file: None,
            origin,
            output,
        };
        show.render(&shown())
    }

    #[test]
    fn settings_are_shown_as_a_file_that_says_the_same() {
        insta::assert_snapshot!(show(false, OutputForm::Text), @r#"
        [bus]
        directories = []
        instance = "7"
        registration_timeout = "10s"
        send_timeout = "2s"
        "#);
        let text = show(false, OutputForm::Text);
        let again = ConfigLoader::new().text("again.toml", &text).load();
        assert_eq!(
            again.unwrap().section::<BusSettings>().unwrap().instance,
            "7"
        );
    }

    #[test]
    fn each_value_says_where_it_comes_from() {
        insta::assert_snapshot!(show(true, OutputForm::Text), @r#"
        [bus]
        directories = []              # default
        instance = "7"                # QUIBUS_BUS__INSTANCE
        registration_timeout = "10s"  # default
        send_timeout = "2s"           # quibus.toml:2:1
        "#);
        insta::assert_snapshot!(show(true, OutputForm::Json), @r#"{"apiVersion":"quibus/v1","items":[{"key":"directories","origin":"default","section":"bus","value":"[]"},{"key":"instance","origin":"QUIBUS_BUS__INSTANCE","section":"bus","value":"\"7\""},{"key":"registration_timeout","origin":"default","section":"bus","value":"\"10s\""},{"key":"send_timeout","origin":"quibus.toml:2:1","section":"bus","value":"\"2s\""}],"kind":"SettingList"}"#);
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let show = ConfigShow {
            file: Some("/nowhere/quibus.toml".into()),
            origin: true,
            output: OutputForm::Text,
        };
        let text = show.perform().unwrap_err().render(OutputForm::Text);
        assert!(text.contains("/nowhere/quibus.toml"), "{text}");
    }
}

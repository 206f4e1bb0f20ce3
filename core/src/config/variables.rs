//! Settings in the environment.

use super::config::Config;
use super::config_error::ConfigFault;
use super::config_loader::FILE_VARIABLE;
use super::contexts;
use super::data_folder;
use super::nearest::{listed, nearest};
use super::origin::Origin;
use super::value::Value;

const PREFIX: &str = "QUIBUS_";

/// The variable of a setting.
pub(super) fn variable(section: &str, key: &str) -> String {
    format!("{PREFIX}{section}__{key}").to_uppercase()
}

/// Lays what the environment says above what is there.
pub(super) fn lay(
    variables: &[(String, String)],
    sections: &[&str],
    config: &mut Config,
    faults: &mut Vec<ConfigFault>,
) {
    for (name, text) in variables {
        let Some(rest) = name.strip_prefix(PREFIX) else {
            continue;
        };
        let lower = rest.to_lowercase();
        match lower.split_once("__") {
            Some((section, key)) if sections.contains(&section) => {
                let origin = Origin::Variable(name.clone());
                config.put(section, key, Value::Typed(text.clone()), origin);
            }
            Some((section, _)) => faults.push(strange_section(name, section, sections)),
            None => faults.extend(strange(name, &lower, sections)),
        }
    }
}

fn strange_section(name: &str, section: &str, sections: &[&str]) -> ConfigFault {
    ConfigFault::Unknown {
        origin: Origin::Variable(name.to_owned()),
        what: "section".into(),
        name: section.to_owned(),
        cure: match nearest(section, sections.iter().copied()) {
            Some(meant) => {
                let (_, key) = name.split_once("__").unwrap_or_default();
                format!("did you mean {}?", variable(meant, key))
            }
            None => format!("there are {}", listed(sections.iter().copied())),
        },
    }
}

/// A variable without `__`: ours if it names a file or a context, a mistake if it begins like a
/// setting, and somebody else's otherwise.
fn strange(name: &str, lower: &str, sections: &[&str]) -> Option<ConfigFault> {
    let others = [
        FILE_VARIABLE,
        contexts::CONTEXT_VARIABLE,
        data_folder::HOME_VARIABLE,
    ];
    if others.contains(&name) {
        return None;
    }
    let (section, key) = lower.split_once('_')?;
    let section = sections.iter().find(|known| **known == section)?;
    Some(ConfigFault::Unknown {
        origin: Origin::Variable(name.to_owned()),
        what: "variable".into(),
        name: name.to_owned(),
        cure: format!(
            "two underscores stand between section and key: {}",
            variable(section, key)
        ),
    })
}

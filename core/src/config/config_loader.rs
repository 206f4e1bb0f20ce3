//! Lays a configuration from below.

use std::env;
use std::path::{Path, PathBuf};

use super::config::{Config, Entry, SECTIONS};
use super::config_error::{ConfigError, ConfigFault};
use super::contexts::{Contexts, NamedContext};
use super::nearest::{listed, nearest};
use super::origin::Origin;
use super::text_file;
use super::value::Value;
use super::variables;

/// The variable that names the file.
pub(super) const FILE_VARIABLE: &str = "QUIBUS_CONFIG";
/// The file that is read without being named.
const USUAL_FILE: &str = "quibus.toml";

/// Lays a [`Config`] from below: the context, files in their order, the environment, flags, code;
/// in whatever order they are given here.
#[derive(Debug, Default)]
pub struct ConfigLoader {
    own_sections: Vec<String>,
    context: Option<NamedContext>,
    files: Vec<Source>,
    variables: Vec<(String, String)>,
    flags: Vec<Single>,
    faults: Vec<ConfigFault>,
}

#[derive(Debug)]
enum Source {
    File(PathBuf),
    /// The usual file, which may be missing.
    Usual,
    Text(PathBuf, String),
}

/// One setting that was given by itself.
#[derive(Debug)]
struct Single {
    origin: Origin,
    path: String,
    text: String,
}

impl ConfigLoader {
    /// Nothing: every setting has its default.
    pub fn new() -> Self {
        Self::default()
    }

    /// The environment of this process and the context that it or the user's choice names.
    pub fn of_this_process() -> Self {
        // What is no text can't be meant for us: our variables are looked up by their names.
        let variables = env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        let loader = Self::new().variables(variables);
        match Contexts::of_user().and_then(|contexts| contexts.chosen()) {
            Ok(Some(context)) => loader.context(context),
            Ok(None) => loader,
            Err(error) => loader.fault(error),
        }
    }

    /// Knows one more section: a service's own.
    pub fn own_section(mut self, name: impl Into<String>) -> Self {
        self.own_sections.push(name.into());
        self
    }

    /// Takes where directories are, and whom to trust, from a context.
    pub fn context(mut self, context: NamedContext) -> Self {
        self.context = Some(context);
        self
    }

    /// Reads a file, which must exist.
    pub fn file(mut self, file: impl AsRef<Path>) -> Self {
        self.files.push(Source::File(file.as_ref().to_owned()));
        self
    }

    /// Reads the file that the variable `QUIBUS_CONFIG` names; without that variable,
    /// `quibus.toml` in the working directory if it is there.
    pub fn usual_file(mut self) -> Self {
        self.files.push(Source::Usual);
        self
    }

    /// Reads a text as if it stood in this file.
    pub fn text(mut self, file: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        self.files.push(Source::Text(file.into(), text.into()));
        self
    }

    /// Takes environment variables: `QUIBUS_<SECTION>__<KEY>`; others are not looked at, unless
    /// they are a setting's but for a missing underscore.
    pub fn variables(mut self, variables: impl IntoIterator<Item = (String, String)>) -> Self {
        self.variables.extend(variables);
        self
    }

    /// Takes a setting, `"quic.listen"`, that a flag of the command line has given.
    pub fn flag(self, flag: impl Into<String>, path: &str, text: impl Into<String>) -> Self {
        self.single(Origin::Flag(flag.into()), path, text)
    }

    /// Takes a setting that the program has decided, above everything else.
    pub fn code(self, path: &str, text: impl Into<String>) -> Self {
        self.single(Origin::Code, path, text)
    }

    /// Reads everything.
    ///
    /// # Errors
    /// What can't be read, and every section that nobody knows. Keys and values are looked at when
    /// their section is read.
    pub fn load(mut self) -> Result<Config, ConfigError> {
        let mut config = Config::default();
        let mut faults = std::mem::take(&mut self.faults);
        if let Some(context) = self.context.take() {
            context.lay(&mut config);
            config.context = Some(context);
        }
        for source in std::mem::take(&mut self.files) {
            if let Err(error) = self.lay(source, &mut config) {
                faults.extend(error.faults().iter().cloned());
            }
        }
        variables::lay(&self.variables, &self.known(), &mut config, &mut faults);
        // Stable: what was given later as flag or by code wins among its like.
        self.flags
            .sort_by_key(|single| single.origin == Origin::Code);
        for single in &self.flags {
            match single.path.split_once('.') {
                Some((section, key)) => {
                    let value = Value::Typed(single.text.clone());
                    config.put(section, key, value, single.origin.clone());
                }
                None => faults.push(ConfigFault::Unknown {
                    origin: single.origin.clone(),
                    what: "setting".into(),
                    name: single.path.clone(),
                    cure: "write it as section.key, such as bus.send_timeout".into(),
                }),
            }
        }
        faults.extend(self.unknown_sections(&config));
        ConfigError::unless_empty(faults)?;
        Ok(config)
    }

    fn single(mut self, origin: Origin, path: &str, text: impl Into<String>) -> Self {
        self.flags.push(Single {
            origin,
            path: path.into(),
            text: text.into(),
        });
        self
    }

    fn fault(mut self, error: ConfigError) -> Self {
        self.faults.extend(error.faults().iter().cloned());
        self
    }

    fn lay(&self, source: Source, config: &mut Config) -> Result<(), ConfigError> {
        let file = match source {
            Source::Text(file, text) => return text_file::lay(&file, &text, config),
            Source::File(file) => file,
            Source::Usual => {
                let named = self
                    .variables
                    .iter()
                    .find(|(name, _)| name == FILE_VARIABLE);
                match named {
                    Some((_, file)) => file.into(),
                    None if Path::new(USUAL_FILE).exists() => USUAL_FILE.into(),
                    None => return Ok(()),
                }
            }
        };
        text_file::lay(&file, &text_file::read(&file)?, config)
    }

    fn known(&self) -> Vec<&str> {
        let own = self.own_sections.iter().map(String::as_str);
        SECTIONS.iter().copied().chain(own).collect()
    }

    /// A section without a key sets nothing, so it can't do harm.
    fn unknown_sections(&self, config: &Config) -> Vec<ConfigFault> {
        let known = self.known();
        let given = config.sections.iter();
        let strange = given.filter(|(name, _)| !known.contains(&name.as_str()));
        let firsts = strange.filter_map(|(name, keys)| Some((name, keys.values().next()?)));
        let fault = |(name, first): (&String, &Entry)| ConfigFault::Unknown {
            origin: first.origin.clone(),
            what: "section".into(),
            name: name.clone(),
            cure: match nearest(name, known.iter().copied()) {
                Some(meant) => format!("did you mean [{meant}]?"),
                None => format!("there are {}", listed(known.iter().copied())),
            },
        };
        firsts.map(fault).collect()
    }
}

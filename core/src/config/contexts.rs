//! The environments that a user has at hand.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use super::config::Config;
use super::config_error::{ConfigError, ConfigFault};
use super::context::Context;
use super::data_folder;
use super::nearest::{listed, nearest};
use super::origin::Origin;
use super::value::Value;

/// The variable that names the context to use.
pub(super) const CONTEXT_VARIABLE: &str = "QUIBUS_CONTEXT";
/// The file with the name of the context that is used without being named.
const SELECTED_FILE: &str = "selected";
const ENDING: &str = "toml";

/// The folder with a user's contexts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contexts {
    folder: PathBuf,
}

/// A context with its name and its file.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedContext {
    /// Its name, `dev`.
    pub name: String,
    /// Its file.
    pub file: PathBuf,
    /// What the file says, paths as seen from its folder.
    pub context: Context,
}

impl Contexts {
    /// Those of this user: `contexts` in the folder that `QUIBUS_HOME` names, else in
    /// `~/.local/share/quibus` or its like on other systems. The folder need not exist.
    ///
    /// # Errors
    /// If this user has no home.
    pub fn of_user() -> Result<Self, ConfigError> {
        Ok(Self::at(data_folder::of_user()?.join("contexts")))
    }

    /// Those in this folder.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        let folder = folder.into();
        // So that paths in a context hold wherever the process goes.
        let folder = std::path::absolute(&folder).unwrap_or(folder);
        Self { folder }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The file of a context, whether it exists or not.
    ///
    /// # Errors
    /// If no context can have this name.
    pub fn file(&self, name: &str) -> Result<PathBuf, ConfigError> {
        let is_fit = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
        if name.is_empty() || name.len() > 64 || name.starts_with('.') || !name.chars().all(is_fit)
        {
            let cure = "a name has up to 64 letters, digits, `-`, `_` and dots inside";
            return Err(unknown(Origin::Code, name, cure.into()));
        }
        Ok(self.folder.join(format!("{name}.{ENDING}")))
    }

    /// The names, in their order; none if the folder does not exist.
    ///
    /// # Errors
    /// If the folder can't be read.
    pub fn names(&self) -> Result<Vec<String>, ConfigError> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(&self.folder, "read", &error)),
        };
        let files = entries.flatten().map(|entry| entry.path());
        let contexts = files.filter(|file| file.extension().is_some_and(|ending| ending == ENDING));
        let name = |file: PathBuf| Some(file.file_stem()?.to_str()?.to_owned());
        let mut names: Vec<_> = contexts.filter_map(name).collect();
        names.sort();
        Ok(names)
    }

    /// Reads a context.
    ///
    /// # Errors
    /// If there is none of this name, or its file is wrong.
    pub fn load(&self, name: &str) -> Result<NamedContext, ConfigError> {
        self.load_for(name, Origin::Code)
    }

    /// Writes a context, over one that is there. Its paths are taken as seen from the folder.
    ///
    /// # Errors
    /// If the folder can't be written, or no context can have this name.
    pub fn save(&self, name: &str, context: &Context) -> Result<PathBuf, ConfigError> {
        let file = self.file(name)?;
        self.write(&file, &context.to_text())?;
        Ok(file)
    }

    /// Makes a context the one that is used without being named.
    ///
    /// # Errors
    /// If there is none of this name, or the folder can't be written.
    pub fn select(&self, name: &str) -> Result<(), ConfigError> {
        self.load(name)?;
        self.write(&self.folder.join(SELECTED_FILE), &format!("{name}\n"))
    }

    /// The name of the context that is used without being named.
    ///
    /// # Errors
    /// If it can't be read.
    pub fn selected(&self) -> Result<Option<String>, ConfigError> {
        let file = self.folder.join(SELECTED_FILE);
        match fs::read_to_string(&file) {
            Ok(name) => Ok(Some(name.trim().to_owned()).filter(|name| !name.is_empty())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(&file, "read", &error)),
        }
    }

    /// The context to use: the one that the variable `QUIBUS_CONTEXT` names, else the selected
    /// one. An empty variable means none.
    ///
    /// # Errors
    /// If it does not exist, or its file is wrong.
    pub fn chosen(&self) -> Result<Option<NamedContext>, ConfigError> {
        match env::var(CONTEXT_VARIABLE) {
            Ok(name) if name.is_empty() => Ok(None),
            Ok(name) => {
                let origin = Origin::Variable(CONTEXT_VARIABLE.into());
                self.load_for(&name, origin).map(Some)
            }
            Err(_) => match self.selected()? {
                Some(name) => {
                    let file = self.folder.join(SELECTED_FILE);
                    self.load_for(&name, Origin::Context(file)).map(Some)
                }
                None => Ok(None),
            },
        }
    }

    fn load_for(&self, name: &str, origin: Origin) -> Result<NamedContext, ConfigError> {
        let file = self.file(name)?;
        if !file.exists() {
            let names = self.names()?;
            let known = || names.iter().map(String::as_str);
            let cure = match (nearest(name, known()), names.is_empty()) {
                (Some(meant), _) => format!("did you mean `{meant}`?"),
                (None, true) => "there are none; `quibus up` makes the context `dev`".into(),
                (None, false) => format!("there are {}", listed(known())),
            };
            return Err(unknown(origin, name, cure));
        }
        Ok(NamedContext {
            name: name.to_owned(),
            context: Context::load(&file)?,
            file,
        })
    }

    /// The old text or the new, never a half: services may be starting while it is written.
    fn write(&self, file: &Path, text: &str) -> Result<(), ConfigError> {
        let beside = file.with_extension(format!("{}.new", std::process::id()));
        fs::create_dir_all(&self.folder)
            .and_then(|()| fs::write(&beside, text))
            .and_then(|()| fs::rename(&beside, file))
            .map_err(|error| failed(file, "written", &error))
    }
}

impl NamedContext {
    /// Lays what a context says about settings.
    pub(super) fn lay(&self, config: &mut Config) {
        let origin = || Origin::Context(self.file.clone());
        let directories = self.context.directories.iter();
        let directories = directories.map(|address| Value::Text(address.clone()));
        let directories = Value::List(directories.collect());
        config.put("bus", "directories", directories, origin());
        if let Some(ca) = self.context.ca.to_str() {
            config.put("quic", "ca", Value::Typed(ca.to_owned()), origin());
        }
    }
}

fn unknown(origin: Origin, name: &str, cure: String) -> ConfigError {
    ConfigFault::Unknown {
        origin,
        what: "context".into(),
        name: name.to_owned(),
        cure,
    }
    .into()
}

fn failed(file: &Path, verb: &'static str, error: &io::Error) -> ConfigError {
    ConfigFault::File {
        file: file.to_owned(),
        verb,
        reason: error.to_string(),
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder that vanishes with the test.
    struct Folder(PathBuf);

    impl Folder {
        fn new() -> (Self, Contexts) {
            let name = format!(
                "quibus-contexts-{}",
                uuid::Uuid::from_u128(fastrand::u128(..))
            );
            let folder = env::temp_dir().join(name);
            (Self(folder.clone()), Contexts::at(folder.join("contexts")))
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn dev() -> Context {
        let mut dev = Context::new("dev", vec!["127.0.0.1:7465".into()], "dev/ca.pem");
        dev.authority = Some("dev".into());
        dev
    }

    #[test]
    fn what_was_saved_is_loaded_with_its_paths_as_seen_from_the_folder() {
        let (_kept, contexts) = Folder::new();
        assert_eq!(contexts.names().unwrap(), [""; 0]);
        contexts.save("dev", &dev()).unwrap();
        let loaded = contexts.load("dev").unwrap();
        assert_eq!(contexts.names().unwrap(), ["dev"]);
        assert_eq!(loaded.context.environment, "dev");
        assert_eq!(loaded.context.ca, contexts.folder().join("dev/ca.pem"));
        assert_eq!(
            loaded.context.authority,
            Some(contexts.folder().join("dev"))
        );
        assert_eq!(loaded.context.tool_key, None);
    }

    #[test]
    fn a_selected_context_says_where_the_directories_are() {
        let (_kept, contexts) = Folder::new();
        assert_eq!(contexts.selected(), Ok(None));
        contexts.save("dev", &dev()).unwrap();
        contexts.select("dev").unwrap();
        assert_eq!(contexts.selected(), Ok(Some("dev".into())));
        let mut config = Config::default();
        contexts.load("dev").unwrap().lay(&mut config);
        let origin = config.origin("bus", "directories");
        assert_eq!(origin, Origin::Context(contexts.file("dev").unwrap()));
    }

    #[test]
    fn a_name_that_is_not_there_finds_the_nearest() {
        let (_kept, contexts) = Folder::new();
        let text = |name: &str| contexts.load(name).unwrap_err().to_string();
        assert!(text("dev").contains("`quibus up` makes"), "{}", text("dev"));
        contexts.save("dev", &dev()).unwrap();
        assert!(
            text("devv").ends_with("did you mean `dev`?"),
            "{}",
            text("devv")
        );
        assert!(contexts.select("devv").is_err());
    }

    #[test]
    fn a_name_that_leads_out_of_the_folder_is_none() {
        let (_kept, contexts) = Folder::new();
        for name in ["", "..", "../dev", "a/b", ".hidden", "ä"] {
            assert!(contexts.save(name, &dev()).is_err(), "{name}");
        }
    }

    #[test]
    fn a_file_that_lacks_what_a_context_needs_is_refused() {
        let (_kept, contexts) = Folder::new();
        let file = contexts.save("dev", &dev()).unwrap();
        fs::write(&file, "[context]\nenvironment = \"dev\"\nca = \"ca.pem\"\n").unwrap();
        let text = contexts.load("dev").unwrap_err().to_string();
        assert!(text.contains("context.directories is not set"), "{text}");
        fs::write(&file, "[contexts]\n").unwrap();
        let text = contexts.load("dev").unwrap_err().to_string();
        assert!(text.contains("unknown section `contexts`"), "{text}");
    }
}

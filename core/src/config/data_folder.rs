//! Where a user's own data is kept.

use std::env;
use std::path::PathBuf;

use super::config_error::{ConfigError, ConfigFault};

/// The variable that puts it elsewhere.
pub(super) const HOME_VARIABLE: &str = "QUIBUS_HOME";

/// The user's folder for Quibus: what `QUIBUS_HOME` says, else where the system keeps data of
/// users (`~/.local/share/quibus`, `~/Library/Application Support/quibus`,
/// `%LOCALAPPDATA%\quibus`). The folder need not exist.
pub(super) fn of_user() -> Result<PathBuf, ConfigError> {
    if let Some(folder) = given(HOME_VARIABLE) {
        return Ok(folder);
    }
    let home = || env::home_dir().filter(|home| !home.as_os_str().is_empty());
    let data = if cfg!(windows) {
        given("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        home().map(|home| home.join("Library/Application Support"))
    } else {
        given("XDG_DATA_HOME").or_else(|| home().map(|home| home.join(".local/share")))
    };
    let folder = data.map(|data| data.join("quibus"));
    folder.ok_or_else(|| {
        let key = "the user's data folder".into();
        let cure = format!("set {HOME_VARIABLE} to a folder, since this user has no home");
        ConfigFault::Missing { key, cure }.into()
    })
}

/// A folder that a variable names; an empty one names none.
fn given(variable: &str) -> Option<PathBuf> {
    let value = env::var_os(variable).filter(|value| !value.is_empty());
    value.map(PathBuf::from)
}

//! Settings from files, environment and flags, each with its origin.
//!
//! A [`Config`] is laid from below: defaults, the [`Context`] of the user, a TOML file,
//! `QUIBUS_<SECTION>__<KEY>` in the environment, flags, code. What lies higher wins, and each
//! value remembers where it came from ([`Origin`]). A [`ConfigLoader`] puts one together.
//!
//! Who uses a setting owns its [`Section`]: a struct made by [`section!`](section!), from
//! whose fields follow the keys, their defaults, their errors and the lines of the reference file
//! ([`reference()`]). So `[bus]` is here, `[quic]` is the transport's, and a service may have a
//! section of its own. A value is read by its type, a [`Setting`]: durations and sizes are text
//! with a unit.
//!
//! Everything that nobody asked for is an error that names the nearest thing that exists: a typing
//! error must not become a default.
//!
//! [`Contexts`] are what a user has at hand: an environment with its directories and certificates
//! under a name, written once (`quibus up` writes `dev`), then meant by all commands.

mod config;
mod config_error;
mod config_loader;
mod context;
mod contexts;
mod data_folder;
mod nearest;
mod origin;
mod reference;
mod section;
mod section_reader;
mod setting;
#[cfg(test)]
mod tests;
mod text_file;
mod value;
mod variables;

pub use config::{Config, SECTIONS, Shown};
pub use config_error::{ConfigError, ConfigFault};
pub use config_loader::ConfigLoader;
pub use context::Context;
pub use contexts::{Contexts, NamedContext};
pub use nearest::nearest;
pub use origin::Origin;
pub use reference::reference;
pub use section::{Key, Section, section};
pub use section_reader::SectionReader;
pub use setting::{Setting, choice};
pub use value::Value;

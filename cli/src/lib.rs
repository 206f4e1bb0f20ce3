//! The `quibus` command line tool.
//!
//! It works in two stages: [`Typed`] is what somebody typed, checked for its form; [`Request`] is
//! what it means where it was typed. Data goes to stdout, all talk to stderr, and how it went is
//! an [`ExitStatus`] that scripts can rely on. What goes wrong is a [`Complaint`]: what was
//! tried, why it failed, what to do.
//!
//! | module | what it does |
//! | --- | --- |
//! | [`certs`] | a CA, certificates, and what they say |
//! | [`up`] | a development bus in the foreground |
//! | [`watching`] | who is there, who wants what, who would get a message |
//! | [`messaging`] | commands and events of types that the tool has not compiled |
//! | [`bench`](mod@bench) | what the bus costs here, beside raw QUIC |
//! | [`doctor`] | what keeps a bus from working here |
//! | [`config_show`] | the settings that a service would find here |
//! | [`completions`], [`man_pages`] | for shells and for `man` |
//! | [`demo`] | a directory, services and real traffic between them, in one process |
//! | [`version`] | which version this is |

pub mod bench;
pub mod certs;
mod complaint;
pub mod completions;
pub mod config_show;
pub mod demo;
pub mod doctor;
#[cfg(test)]
mod documents;
mod exit_status;
mod human_table;
mod logging;
pub mod man_pages;
pub mod messaging;
mod output_form;
mod printed;
mod request;
#[cfg(test)]
mod scene;
mod typed;
pub mod up;
pub mod version;
pub mod watching;
mod whereabouts;

pub use complaint::Complaint;
pub use exit_status::ExitStatus;
pub use human_table::HumanTable;
pub use logging::log_to_stderr;
pub use output_form::OutputForm;
pub use printed::Printed;
pub use request::{Request, Surroundings};
pub use typed::{Typed, TypedCommand};
pub use whereabouts::{Papers, TypedPlace, Whereabouts};

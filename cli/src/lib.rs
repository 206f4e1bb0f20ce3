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
//! | [`demo`] | a directory, services and real traffic between them, in one process |
//! | [`version`] | which version this is |

pub mod certs;
mod complaint;
pub mod demo;
mod exit_status;
mod human_table;
mod logging;
mod output_form;
mod printed;
mod request;
mod typed;
pub mod version;

pub use complaint::Complaint;
pub use exit_status::ExitStatus;
pub use human_table::HumanTable;
pub use logging::log_to_stderr;
pub use output_form::OutputForm;
pub use printed::Printed;
pub use request::{Request, Surroundings};
pub use typed::{Typed, TypedCommand};

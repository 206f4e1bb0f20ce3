//! `quibus doctor`: what keeps a bus from working here, and what to do about it.
//!
//! A [`Finding`] is one thing that was looked at: it is well, it deserves a [`Gravity::Warning`],
//! or it is a [`Gravity::Problem`], and then it says the cure. [`Doctor`] looks at everything in
//! turn and goes on after what is wrong; the [`Diagnosis`] holds all findings and prints them.

mod certificates;
mod diagnosis;
mod finding;
mod machine;
mod network;
mod run;
#[cfg(test)]
mod scenes;
mod typed_doctor;

pub use diagnosis::Diagnosis;
pub use finding::{Finding, Gravity};
pub use run::Doctor;
pub use typed_doctor::TypedDoctor;

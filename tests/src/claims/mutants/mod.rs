//! The claim that known mistakes are noticed: each is put back into the code, and a named test has
//! to fail.
//!
//! A *mutant* is a file of `tests/mutants/`: what the mistake is, which text of which file it
//! changes, which test catches it and what that test then says. It names text and not lines, so it
//! outlives most changes of the code around it; where the text is gone or stands twice, the mutant
//! has *rotted*, which fails the claim like a mutant that survives.
//!
//! `mutant` reads one, `plan` makes the changed files of it, `workbench` is a copy of the tree
//! to change, `cargo_test` builds and runs a test there, `judgement` says what that shows.

mod cargo_test;
mod judgement;
mod mutant;
mod mutants_claim;
mod plan;
mod workbench;

pub use mutants_claim::Mutants;

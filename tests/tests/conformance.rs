//! Runs the behaviour vectors below `vectors/` and, if set, below the folder `QUIBUS_VECTORS`.
//!
//! `cargo test -p quibus-tests --test conformance`; the last line is `N passed, N failed`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use quibus_tests::conformance::{Deviations, Report};

fn main() -> ExitCode {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors");
    let mut report = Report::default();
    match Deviations::load(&own.join("deviations.toml")) {
        Ok(deviations) => {
            let further = std::env::var_os("QUIBUS_VECTORS").map(|given| find(given.into()));
            for folder in std::iter::once(own).chain(further) {
                report.run_folder(&folder, &deviations);
            }
        }
        Err(problem) => report.add_failure(problem),
    }
    print!("{report}");
    match report.failed() {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// Cargo starts a test in its package's folder; whoever types a relative path means the workspace.
fn find(given: PathBuf) -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let below_workspace = workspace.join(&given);
    match below_workspace.exists() {
        true => below_workspace,
        false => given,
    }
}

//! The seed of a run's chances.

use std::env;

use super::claim::{Options, Untried};

const VARIABLE: &str = "QUIBUS_SEED";

/// The seed that `QUIBUS_SEED` names, or any, for the claim of this name; the command that repeats
/// the run is printed.
///
/// # Errors
/// If `QUIBUS_SEED` is no number.
pub(super) fn seed(claim: &str, options: &Options) -> Result<u64, Untried> {
    let seed = match env::var(VARIABLE) {
        Ok(seed) => seed
            .parse()
            .map_err(|e| format!("{VARIABLE} is {seed:?} and no number: {e}"))?,
        Err(_) => fastrand::u64(..),
    };
    println!("{}", again(claim, options, seed));
    Ok(seed)
}

fn again(claim: &str, options: &Options, seed: u64) -> String {
    let long = if options.long { " --long" } else { "" };
    format!("again: {VARIABLE}={seed} prove {claim}{long}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_repeated_as_it_was() {
        let line = |long| again("drain", &Options { long }, 7);
        assert_eq!(line(false), "again: QUIBUS_SEED=7 prove drain");
        assert_eq!(line(true), "again: QUIBUS_SEED=7 prove drain --long");
    }
}

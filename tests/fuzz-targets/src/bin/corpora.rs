//! Writes the inputs that fuzzers begin from; `corpora identities` makes new certificates.

use std::error::Error;

use quibus_fuzz_targets::{Corpus, TARGETS, renew_identities};

fn main() -> Result<(), Box<dyn Error>> {
    match std::env::args().nth(1).as_deref() {
        Some("identities") => {
            renew_identities()?;
            println!("There are new certificates; run this again without `identities`.");
        }
        Some(other) => return Err(format!("{other} is not known: `identities`, or nothing").into()),
        None => {
            for target in TARGETS {
                let count = Corpus::of(target.name).replace_samples((target.samples)())?;
                println!("{count:5} inputs to begin from for {}", target.name);
            }
        }
    }
    Ok(())
}

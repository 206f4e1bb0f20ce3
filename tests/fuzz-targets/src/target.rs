//! What a fuzzer calls.

use quibus_quic::fuzzing::handshake_samples;
use quibus_quic_crypto::fuzzing::{packet_decrypt, packet_samples};

use crate::decoders::{attack_family, samples_of_family};
use crate::handshakes;

/// What a fuzzer calls, with inputs to begin from.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// The name of its binary and of its corpus.
    pub name: &'static str,
    /// Takes any bytes; panics if what they reach breaks a promise.
    pub run: fn(&[u8]),
    /// Valid inputs, the same in each run.
    pub samples: fn() -> Vec<Vec<u8>>,
}

/// Every target, in the order of their names.
pub static TARGETS: &[Target] = &[
    Target {
        name: "certificates",
        run: |input| attack_family("certificates", input),
        samples: || samples_of_family("certificates"),
    },
    Target {
        name: "directory",
        run: |input| attack_family("directory", input),
        samples: || samples_of_family("directory"),
    },
    Target {
        name: "frames",
        run: |input| attack_family("frames", input),
        samples: || samples_of_family("frames"),
    },
    Target {
        name: "handshake_authenticated",
        run: handshakes::authenticated,
        samples: handshake_samples,
    },
    Target {
        name: "handshake_unauthenticated",
        run: handshakes::unauthenticated,
        samples: handshake_samples,
    },
    Target {
        name: "messages",
        run: |input| attack_family("messages", input),
        samples: || samples_of_family("messages"),
    },
    Target {
        name: "names",
        run: |input| attack_family("names", input),
        samples: || samples_of_family("names"),
    },
    Target {
        name: "packet_decrypt",
        run: packet_decrypt,
        samples: packet_samples,
    },
];

/// Runs the target of this name.
///
/// # Panics
///
/// If there is none, or if the input breaks a promise.
pub fn run(name: &str, input: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name);
    let target = target.expect("a fuzzer names a target of this package");
    (target.run)(input);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::corpus::Corpus;

    #[test]
    fn every_input_that_is_checked_in_is_borne() {
        for target in TARGETS {
            let corpus = Corpus::of(target.name);
            let inputs = corpus.inputs().unwrap();
            assert!(!inputs.is_empty(), "{} has no corpus", target.name);
            for (file, input) in inputs {
                println!("{}: {file}", target.name);
                (target.run)(&input);
            }
        }
    }

    #[test]
    fn the_samples_that_are_checked_in_are_what_the_encoders_write() {
        for target in TARGETS {
            let written = Corpus::of(target.name).samples().unwrap();
            let made: BTreeSet<_> = (target.samples)().into_iter().collect();
            let cure = "write them anew: cargo run -p quibus-fuzz-targets --bin corpora";
            assert!(written == made, "{}: {cure}", target.name);
        }
    }

    #[test]
    fn every_target_has_a_binary_of_its_name_for_libfuzzer() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz");
        let manifest = std::fs::read_to_string(format!("{folder}/Cargo.toml")).unwrap();
        for target in TARGETS {
            let name = target.name;
            let body = std::fs::read_to_string(format!("{folder}/fuzz_targets/{name}.rs")).unwrap();
            assert!(body.contains(&format!("run(\"{name}\", input)")), "{name}");
            assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
        }
        let binaries = manifest.matches("[[bin]]").count();
        assert_eq!(binaries, TARGETS.len());
    }
}

//! Some crates and some words belong to few folders.

use super::path_scan::{Mention, mentions};
use super::source_tree::SourceTree;
use super::violation::Violation;

/// A crate and the folders that may depend on it.
pub struct OwnedCrate {
    /// The crate's name as Cargo spells it.
    pub name: &'static str,
    /// Folders whose packages may name it.
    pub folders: &'static [&'static str],
    /// Whether the library part of those packages may name it too, or their binaries only.
    pub in_libraries: bool,
}

impl OwnedCrate {
    /// Whether a file, or a package's manifest, is in one of the crate's folders.
    pub fn is_home_of(&self, file: &str) -> bool {
        self.folders.iter().any(|folder| file.starts_with(folder))
    }
}

/// Crates with a home. What is not listed may be used anywhere.
pub const OWNED: &[OwnedCrate] = &[
    OwnedCrate {
        name: "quinn",
        folders: &["transport-quic/"],
        in_libraries: true,
    },
    OwnedCrate {
        name: "rustls",
        folders: &["transport-quic/", "certs/"],
        in_libraries: true,
    },
    OwnedCrate {
        name: "graviola",
        folders: &["transport-quic/crypto/"],
        in_libraries: true,
    },
    OwnedCrate {
        name: "rustls_graviola",
        folders: &["transport-quic/crypto/"],
        in_libraries: true,
    },
    OwnedCrate {
        name: "rustls_pure",
        folders: &["transport-quic/crypto/"],
        in_libraries: true,
    },
    OwnedCrate {
        name: "ring",
        folders: &["transport-quic/crypto/"],
        in_libraries: true,
    },
    OwnedCrate {
        name: "rcgen",
        // Tests of the transport and of its cryptography show certificates that no CA of ours
        // would issue, and the example of the latter stands without any crate of ours but that one.
        folders: &[
            "certs/",
            "tests/",
            "transport-quic/tests/",
            "transport-quic/Cargo.toml",
            "transport-quic/crypto/examples/",
            "transport-quic/crypto/tests/",
            "transport-quic/crypto/Cargo.toml",
        ],
        in_libraries: true,
    },
    OwnedCrate {
        name: "quibus_quic",
        // The directory's program is over QUIC; its library runs on any transport.
        folders: &[
            "transport-quic/",
            "cli/",
            "examples/",
            "tests/",
            "directory/src/bin/",
            "directory/tests/",
            "directory/Cargo.toml",
        ],
        in_libraries: true,
    },
    OwnedCrate {
        name: "quibus_certs",
        folders: &[
            "transport-quic/",
            "certs/",
            "cli/",
            "examples/",
            "tests/",
            "directory/src/bin/",
            "directory/tests/",
            "directory/Cargo.toml",
        ],
        in_libraries: true,
    },
    OwnedCrate {
        name: "openraft",
        folders: &["directory/"],
        in_libraries: true,
    },
    OwnedCrate {
        name: "redb",
        folders: &["directory/"],
        in_libraries: true,
    },
    OwnedCrate {
        name: "clap",
        folders: &["cli/", "directory/", "examples/", "tests/"],
        in_libraries: false,
    },
];

/// Packages that are programs through and through.
const PROGRAMS: &[&str] = &["cli/", "examples/", "tests/"];

/// Mentions of owned crates outside their homes; printing to stdout and ending the process
/// outside programs and tests.
pub fn check(tree: &SourceTree) -> Vec<Violation> {
    tree.rust()
        .flat_map(|(file, source)| check_file(file, source))
        .collect()
}

fn check_file(file: &str, source: &str) -> Vec<Violation> {
    let mut violations = Vec::new();
    for mention in mentions(source) {
        if let Some(complaint) = complaint(file, &mention) {
            violations.push(Violation::new(file, mention.line, complaint));
        }
    }
    violations
}

fn complaint(file: &str, mention: &Mention) -> Option<String> {
    let path: Vec<&str> = mention.path.iter().map(String::as_str).collect();
    if let [first, _, ..] = path.as_slice()
        && let Some(owned) = OWNED.iter().find(|owned| owned.name == *first)
        && !(owned.is_home_of(file) && (owned.in_libraries || is_program(file)))
    {
        let homes = owned.folders.join(", ");
        let part = if owned.in_libraries {
            ""
        } else {
            " (programs only)"
        };
        return Some(format!("`{first}` belongs to {homes}{part}"));
    }
    if is_program(file) || mention.inside.iter().any(|module| module == "tests") {
        return None;
    }
    match path.as_slice() {
        [.., word @ ("print" | "println")] if mention.calls_macro => {
            Some(format!("`{word}!` is for programs; a library traces"))
        }
        [.., "process", "exit"] => Some("only a program may end the process".into()),
        _ => None,
    }
}

/// Whether a file is part of a program or a test rather than of a library.
fn is_program(file: &str) -> bool {
    PROGRAMS.iter().any(|folder| file.starts_with(folder))
        || file.ends_with("src/main.rs")
        || file.ends_with("build.rs")
        || ["/src/bin/", "/benches/", "/tests/", "/examples/"]
            .iter()
            .any(|p| file.contains(p))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(file: &str, source: &str) -> Vec<String> {
        let tree = SourceTree::from([(file, source)]);
        check(&tree)
            .into_iter()
            .map(|violation| violation.complaint)
            .collect()
    }

    #[test]
    fn an_owned_crate_is_fine_at_home_and_caught_elsewhere() {
        for (home, stranger, source) in [
            (
                "transport-quic/src/x.rs",
                "core/src/x.rs",
                "use quinn::Endpoint;",
            ),
            (
                "certs/src/x.rs",
                "directory/src/x.rs",
                "fn f() { rustls::g() }",
            ),
            (
                "transport-quic/crypto/src/x.rs",
                "certs/src/x.rs",
                "use rustls_graviola::kx;",
            ),
            (
                "tests/src/x.rs",
                "transport-quic/src/x.rs",
                "use rcgen::{CertificateParams};",
            ),
            ("directory/src/x.rs", "cli/src/x.rs", "use openraft::Raft;"),
            (
                "directory/src/bin/quibus-directory/x.rs",
                "directory/src/server/x.rs",
                "use quibus_quic::Quic;",
            ),
            (
                "transport-quic/src/x.rs",
                "core/src/bus/x.rs",
                "use quibus_certs::Credentials;",
            ),
            ("cli/src/args.rs", "core/src/x.rs", "use clap::Parser;"),
        ] {
            assert_eq!(complaints(home, source), [""; 0], "{source}");
            assert_eq!(complaints(stranger, source).len(), 1, "{source}");
        }
    }

    #[test]
    fn a_library_beside_a_binary_does_not_parse_command_lines() {
        assert_eq!(
            complaints("directory/src/main.rs", "use clap::Parser;"),
            [""; 0]
        );
        assert_eq!(
            complaints("directory/src/server.rs", "use clap::Parser;").len(),
            1
        );
    }

    #[test]
    fn a_library_that_prints_or_ends_the_process_is_caught() {
        for source in [
            "fn f() { println!(\"x\") }",
            "fn f() { print!(\"x\") }",
            "fn f() { std::process::exit(1) }",
            "use std::process::{self, exit};",
        ] {
            assert_eq!(complaints("core/src/bus/x.rs", source).len(), 1, "{source}");
            assert_eq!(complaints("cli/src/main.rs", source), [""; 0], "{source}");
        }
    }

    #[test]
    fn a_unit_test_may_print() {
        let source = "mod tests { fn seed() { println!(\"seed 7\") } }";
        assert_eq!(complaints("core/src/bus/x.rs", source), [""; 0]);
    }

    #[test]
    fn a_word_that_only_looks_alike_is_fine() {
        let source = "use rustls_pki_types::CertificateDer; fn f(println: u8) { eprintln!() }";
        assert_eq!(complaints("core/src/bus/x.rs", source), [""; 0]);
    }
}

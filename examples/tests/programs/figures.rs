//! How many lines of code the programs have.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::readme;

/// What a newcomer should have to type on each side of a hello.
const MOST_HELLO_LINES: usize = 12;

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Lines that are neither blank nor comments.
fn code_lines(source: &str) -> usize {
    let lines = source.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with("//"))
        .count()
}

fn lines_of(file: &str) -> usize {
    let path = folder().join(file);
    let source = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    code_lines(&source)
}

#[test]
fn hello_takes_at_most_twelve_lines_on_each_side() {
    for program in ["src/bin/hello_service.rs", "src/bin/hello_caller.rs"] {
        let lines = lines_of(program);
        assert!(lines <= MOST_HELLO_LINES, "{program}: {lines} lines");
    }
    assert!(lines_of("src/greet.rs") <= 6);
}

/// How many crates cargo would build for the transport, and so for a service on it.
fn crates(features: &[&str]) -> usize {
    let listed = Command::new(env!("CARGO"))
        .args(["tree", "--package", "quibus-quic"])
        .args(features)
        .args(["--edges", "normal,build", "--prefix", "none", "--no-dedupe"])
        .args(["--target", "x86_64-unknown-linux-gnu", "--offline"])
        .current_dir(folder())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&listed.stderr);
    assert!(listed.status.success(), "{said}");
    let listing = String::from_utf8(listed.stdout).unwrap();
    let lines = listing.lines().filter(|line| !line.is_empty());
    lines.collect::<BTreeSet<_>>().len()
}

#[test]
fn a_service_builds_as_many_crates_as_the_readme_says() {
    let counted = [crates(&[]), crates(&["--no-default-features"])];
    let rows = readme::table("crates of a service");
    let said: Vec<_> = rows.iter().map(|row| row[1].as_str()).collect();
    assert_eq!(said, counted.map(|count| count.to_string()));
    // The cache that counts attempts to link brings twelve.
    assert!(counted[1] <= 110, "{} crates", counted[1]);
}

#[test]
fn the_readme_counts_the_lines_right_and_none_has_more_than_three_quarters_of_its_counterpart() {
    let rows = readme::table("example");
    assert!(rows.len() >= 4, "{rows:?}");
    for row in rows {
        let [example, files, lines, _, theirs] = &row[..] else {
            panic!("{row:?}");
        };
        let counted: usize = files
            .split(' ')
            .map(|file| lines_of(&format!("src/{}", file.trim_matches('`'))))
            .sum();
        assert_eq!(*lines, counted.to_string(), "{example}");
        if let Ok(theirs) = theirs.parse::<usize>() {
            assert!(
                4 * counted <= 3 * theirs,
                "{example}: {counted} lines, {theirs} there"
            );
        }
    }
}

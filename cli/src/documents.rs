//! Commands in documents are commands of this tool.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser;
use clap::error::ErrorKind;

use crate::typed::Typed;

/// How the tool is called, where it is not installed yet.
const FROM_SOURCE: &[&str] = &[
    "cargo run -p quibus-cli -- ",
    "cargo run --release -p quibus-cli -- ",
];

/// The commands of this tool in the shell blocks of a document, without what they are piped into.
fn commands(markdown: &str) -> Vec<String> {
    let mut commands = Vec::new();
    let mut lines = markdown.lines();
    while let Some(line) = lines.next() {
        if line != "```sh" {
            continue;
        }
        let body: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
        let body = body.join("\n").replace("\\\n", " ");
        let parts = body.lines().flat_map(|line| line.split(['|', '&']));
        commands.extend(parts.filter_map(|part| {
            let part = part.split(" #").next().unwrap_or(part).trim();
            let from_source = FROM_SOURCE.iter().find_map(|way| part.strip_prefix(way));
            let words = from_source.or_else(|| part.strip_prefix("quibus "))?;
            // What stands in quotes is a shell's to split, and is tried by the tests of its verb.
            (!words.contains(['\'', '"'])).then(|| format!("quibus {words}"))
        }));
    }
    commands
}

fn markdown(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let files = entries.map(|entry| entry.unwrap().path());
    files
        .filter(|file| file.extension().is_some_and(|ending| ending == "md"))
        .collect()
}

#[test]
fn every_command_in_a_document_is_understood() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut count = 0;
    for folder in [".", "docs", "cli", "examples", "directory"] {
        for file in markdown(&root.join(folder)) {
            for command in commands(&fs::read_to_string(&file).unwrap()) {
                count += 1;
                let typed = Typed::try_parse_from(command.split_whitespace());
                let shows = [ErrorKind::DisplayHelp, ErrorKind::DisplayVersion];
                if let Err(error) = typed
                    && !shows.contains(&error.kind())
                {
                    panic!("{}: {command}: {error}", file.display());
                }
            }
        }
    }
    assert!(count > 20, "{count}");
}

#[test]
fn commands_are_found_behind_pipes_and_before_comments() {
    let text = "```sh\nquibus peers -o json | jq .\nA=b || quibus up  # and\nquibus certs \\\n  check\n\
                cargo run -p quibus-cli -- demo\n```\n```text\nquibus nonsense\n```\n";
    let expected = [
        "quibus peers -o json",
        "quibus up",
        "quibus certs    check",
        "quibus demo",
    ];
    assert_eq!(commands(text), expected);
}

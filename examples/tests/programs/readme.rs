//! The commands and outputs that the README shows.

const README: &str = include_str!("../../README.md");

/// The text block behind the shell block that ends with this command of the examples.
pub fn shown_for(words: &str) -> Vec<String> {
    let command = format!("cargo run -p quibus-examples --bin {words}\n```\n");
    let (_, behind) = README
        .split_once(&command)
        .unwrap_or_else(|| panic!("README.md shows no block that ends with: {command}"));
    let (between, block) = behind
        .split_once("```text\n")
        .unwrap_or_else(|| panic!("README.md shows no output of {words}"));
    assert!(
        !between.contains("```"),
        "another block comes before the output of {words}"
    );
    let (text, _) = block.split_once("```").unwrap();
    text.lines().map(str::to_owned).collect()
}

/// The rows of the table whose head has this title, as cells.
pub fn table(title: &str) -> Vec<Vec<String>> {
    let head = README
        .lines()
        .position(|line| line.starts_with(&format!("| {title} |")));
    let head = head.unwrap_or_else(|| panic!("README.md has no table with the title {title}"));
    let rows = README
        .lines()
        .skip(head + 2)
        .take_while(|line| line.starts_with('|'));
    let cells = |row: &str| {
        row.trim_matches('|')
            .split('|')
            .map(|cell| cell.trim().to_owned())
            .collect()
    };
    rows.map(cells).collect()
}

//! Rust in Markdown is a file of this tree, or a part of one, word for word.
//!
//! A document quotes a file by naming it in a comment before the block:
//!
//! ````text
//! <!-- examples/src/bin/hello.rs -->
//! ```rust
//! …the file, without the `//!` lines it opens with…
//! ```
//! <!-- part of examples/src/guide/messages.rs -->
//! ```rust
//! …lines that follow each other in the file, all of them moved to the left alike…
//! ```
//! ````
//!
//! What compiles cannot drift from what is read, so a block that names no file is refused.

use super::source_tree::SourceTree;
use super::violation::Violation;

/// Rust blocks in Markdown that quote no file, a file that does not exist, or not word for word.
pub fn check(tree: &SourceTree) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (file, text) in tree.markdown() {
        for block in rust_blocks(text) {
            if let Some(complaint) = complaint(tree, &block) {
                violations.push(Violation::new(file, block.line, complaint));
            }
        }
    }
    violations
}

struct Block {
    /// Line of the opening fence.
    line: usize,
    /// The file named before it.
    quotes: Option<Quoted>,
    text: String,
}

struct Quoted {
    file: String,
    /// Whether some lines of it are enough.
    in_part: bool,
}

fn complaint(tree: &SourceTree, block: &Block) -> Option<String> {
    let Some(quoted) = &block.quotes else {
        return Some("a block of Rust names its file: `<!-- path/of/file.rs -->` above it".into());
    };
    let Quoted { file, in_part } = quoted;
    let Some(source) = tree.get(file) else {
        return Some(format!("the quoted file `{file}` does not exist"));
    };
    if *in_part {
        return (!holds(source, block.text.trim_matches('\n')))
            .then(|| format!("`{file}` has no such lines one after the other"));
    }
    let wanted = without_opening(source);
    if wanted.trim() == block.text.trim() {
        return None;
    }
    let lines = wanted.trim().lines().zip(block.text.trim().lines());
    let same = lines.take_while(|(a, b)| a == b).count();
    Some(format!(
        "this is not `{file}` as it stands: line {} of the block differs",
        same + 1
    ))
}

fn rust_blocks(markdown: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut named = None;
    let mut lines = (1..).zip(markdown.lines());
    while let Some((line, text)) = lines.next() {
        let text = text.trim();
        let Some(info) = text.strip_prefix("```") else {
            // The name holds for the next block only if nothing but blank lines is between.
            if !text.is_empty() {
                named = name(text);
            }
            continue;
        };
        let ticks = "`".repeat(3 + info.chars().take_while(|c| *c == '`').count());
        let body = lines.by_ref().map(|(_, text)| text);
        let body: Vec<&str> = body.take_while(|text| text.trim() != ticks).collect();
        let quotes = named.take();
        if info.starts_with("rust") {
            blocks.push(Block {
                line,
                quotes,
                text: body.join("\n"),
            });
        }
    }
    blocks
}

fn name(line: &str) -> Option<Quoted> {
    let inner = line.strip_prefix("<!--")?.strip_suffix("-->")?.trim();
    let part = inner.strip_prefix("part of ");
    let file = part.unwrap_or(inner).to_owned();
    file.ends_with(".rs").then_some(Quoted {
        in_part: part.is_some(),
        file,
    })
}

/// Whether these lines follow each other in a file, all moved to the left alike.
fn holds(source: &str, wanted: &str) -> bool {
    let wanted: Vec<&str> = wanted.lines().map(str::trim_end).collect();
    let lines: Vec<&str> = source.lines().map(str::trim_end).collect();
    let indent = |line: &str| line.len() - line.trim_start().len();
    let at = |window: &[&str]| {
        let moved = indent(window[0]).checked_sub(indent(wanted[0]));
        moved.is_some_and(|moved| {
            let mut pairs = window.iter().zip(&wanted);
            pairs.all(|(line, wanted)| match wanted.is_empty() {
                true => line.is_empty(),
                false => line.strip_prefix(&" ".repeat(moved)) == Some(wanted),
            })
        })
    };
    !wanted.is_empty() && lines.windows(wanted.len()).any(at)
}

/// A file's text after the `//!` lines it opens with.
fn without_opening(source: &str) -> String {
    let lines = source.lines().skip_while(|line| line.starts_with("//!"));
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const HELLO: &str = "//! Says hello.\n//! Twice.\n\nfn main() {\n    hello();\n}\n";

    fn complaints(markdown: &str) -> Vec<String> {
        let tree = SourceTree::from([("README.md", markdown), ("examples/hello.rs", HELLO)]);
        check(&tree)
            .into_iter()
            .map(|violation| violation.complaint)
            .collect()
    }

    #[test]
    fn a_block_that_is_the_file_without_its_opening_passes() {
        let markdown =
            "# X\n\n<!-- examples/hello.rs -->\n```rust\nfn main() {\n    hello();\n}\n```\n";
        assert_eq!(complaints(markdown), [""; 0]);
    }

    #[test]
    fn a_block_that_differs_is_caught_with_the_line() {
        let markdown = "<!-- examples/hello.rs -->\n```rust\nfn main() {\n    goodbye();\n}\n```\n";
        let expected = "this is not `examples/hello.rs` as it stands: line 2 of the block differs";
        assert_eq!(complaints(markdown), [expected]);
    }

    #[test]
    fn a_block_that_lacks_the_files_end_is_caught() {
        let markdown = "<!-- examples/hello.rs -->\n```rust\nfn main() {\n```\n";
        assert_eq!(complaints(markdown).len(), 1);
    }

    #[test]
    fn a_block_without_a_name_or_with_one_too_far_above_is_caught() {
        assert_eq!(complaints("```rust\nfn main() {}\n```\n").len(), 1);
        let far = "<!-- examples/hello.rs -->\nText.\n```rust\nfn main() {}\n```\n";
        assert!(complaints(far)[0].contains("names its file"));
    }

    #[test]
    fn a_part_is_lines_that_follow_each_other_moved_alike() {
        let part = |text: &str| {
            complaints(&format!(
                "<!-- part of examples/hello.rs -->\n```rust\n{text}```\n"
            ))
        };
        assert_eq!(part("fn main() {\n    hello();\n"), [""; 0]);
        assert_eq!(part("hello();\n"), [""; 0]);
        for wrong in [
            "goodbye();\n",
            "fn main() {\n}\n",
            "fn main() {\nhello();\n",
            "",
        ] {
            assert_eq!(part(wrong).len(), 1, "{wrong:?}");
        }
    }

    #[test]
    fn a_quoted_file_that_does_not_exist_is_caught() {
        let found = complaints("<!-- examples/gone.rs -->\n```rust\nfn main() {}\n```\n");
        assert_eq!(found, ["the quoted file `examples/gone.rs` does not exist"]);
    }

    #[test]
    fn other_languages_and_fences_inside_fences_quote_nothing() {
        assert_eq!(complaints("```sh\ncargo test\n```\n"), [""; 0]);
        assert_eq!(complaints("````text\n```rust\nx\n```\n````\n"), [""; 0]);
    }
}

//! All rules of the layout over the real tree.

use std::path::Path;

use super::super::claim::{Claim, Options, Untried, Verdict};
use super::source_tree::SourceTree;
use super::violation::Violation;
use super::{exclusive, file_shape, floors, manifests, promises, quotes};

/// The claim that the tree is laid out as `ARCHITECTURE.md` says.
pub struct Layout;

type Rule = (&'static str, fn(&SourceTree) -> Vec<Violation>);

const RULES: &[Rule] = &[
    (
        "core's modules import from lower floors only",
        floors::check,
    ),
    (
        "files and functions are small, open with //!, hold no unsafe",
        file_shape::check,
    ),
    ("crates and words with a home stay there", exclusive::check),
    (
        "dependencies and lints are where they belong",
        manifests::check,
    ),
    ("Rust in Markdown is a file of this tree", quotes::check),
    ("promises that the code names are made", promises::check),
];

impl Claim for Layout {
    fn name(&self) -> &'static str {
        "layout"
    }

    fn summary(&self) -> &'static str {
        "the tree is laid out as ARCHITECTURE.md says"
    }

    fn run(&self, _: &Options) -> Result<Verdict, Untried> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let tree = SourceTree::read(&root).map_err(|e| format!("reading the sources: {e}"))?;
        let mut broken = 0;
        for (rule, check) in RULES {
            let violations = check(&tree);
            println!("{:>4} against: {rule}", violations.len());
            violations
                .iter()
                .for_each(|violation| println!("     {violation}"));
            broken += violations.len();
        }
        let figure = format!(
            "{broken} violations in {} Rust files with {} functions",
            tree.rust().count(),
            file_shape::count_functions(&tree),
        );
        Ok(Verdict {
            holds: broken == 0,
            figure,
        })
    }
}

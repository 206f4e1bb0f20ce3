//! A promise that the code names is one that is made.

use super::source_tree::SourceTree;
use super::violation::Violation;

/// Where promises are made, each a line that begins with its number.
const PROMISES: &str = "docs/promises.md";

/// Promises that a comment names and nobody has made, and numbers that are out of order.
pub fn check(tree: &SourceTree) -> Vec<Violation> {
    let promises = tree.markdown().find(|(file, _)| *file == PROMISES);
    let Some((_, text)) = promises else {
        return vec![Violation::new(PROMISES, 1, "there are no promises")];
    };
    let mut violations = Vec::new();
    let mut made = 0;
    for (line, text) in (1..).zip(text.lines()) {
        let Some(number) = numbered(text) else {
            continue;
        };
        made += 1;
        if number != made {
            let complaint = format!("promise {number} stands in the place of {made}");
            violations.push(Violation::new(PROMISES, line, complaint));
        }
    }
    for (file, text) in tree.rust() {
        for (line, text) in (1..).zip(text.lines()) {
            let named = named(text).filter(|number| !(1..=made).contains(number));
            violations.extend(named.map(|number| {
                let complaint = format!("nobody has made promise {number}: see {PROMISES}");
                Violation::new(file, line, complaint)
            }));
        }
    }
    violations
}

/// The number of a line that makes a promise.
fn numbered(line: &str) -> Option<usize> {
    let (number, _) = line.split_once(". ")?;
    number.parse().ok()
}

/// The numbers after the word in a comment.
fn named(line: &str) -> impl Iterator<Item = usize> {
    let comment = line.split_once("//").map_or("", |(_, comment)| comment);
    comment.split("promise ").skip(1).filter_map(|rest| {
        let digits = rest.split(|c: char| !c.is_ascii_digit()).next();
        digits.and_then(|digits| digits.parse().ok())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(promises: &str, code: &str) -> usize {
        let tree = SourceTree::from([(PROMISES, promises), ("core/src/a.rs", code)]);
        check(&tree).len()
    }

    #[test]
    fn a_promise_is_named_by_the_number_it_was_made_under() {
        let made = "# P\n\n1. One.\n2. Two.\n";
        assert_eq!(complaints(made, "/// Kept (promise 2).\nfn a() {}\n"), 0);
        assert_eq!(complaints(made, "// As promise 1 has it.\n"), 0);
        assert_eq!(complaints(made, "// (promise 3)\n"), 1);
        assert_eq!(complaints("1. One.\n3. Three.\n", ""), 1);
        assert_eq!(complaints("# None\n", "// (promise 1)\n"), 1);
    }
}

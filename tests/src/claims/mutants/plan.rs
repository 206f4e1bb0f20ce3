//! From a mutant to the files that make its mistake: pure, so that rot is found without a build.

use std::collections::BTreeMap;

use super::mutant::{Edit, Mutant};

/// The files that a mutant changes, whole, by their path from the root.
pub type Changed = BTreeMap<String, String>;

/// Makes the mistake of a mutant. `read` gives a file of the unchanged tree.
///
/// # Errors
/// If it has rotted: which edit of it, and why.
pub fn plan(mutant: &Mutant, read: impl Fn(&str) -> Option<String>) -> Result<Changed, String> {
    let mut changed = Changed::new();
    for edit in &mutant.edits {
        let before = match changed.remove(&edit.file) {
            Some(text) => text,
            None => {
                read(&edit.file).ok_or_else(|| format!("{} does not exist any more", edit.file))?
            }
        };
        changed.insert(edit.file.clone(), apply(edit, &before)?);
    }
    Ok(changed)
}

fn apply(edit: &Edit, text: &str) -> Result<String, String> {
    let Edit {
        file,
        find,
        replace,
    } = edit;
    if find.is_empty() || find == replace {
        return Err(format!("an edit of {file} changes nothing"));
    }
    match text.matches(find.as_str()).count() {
        1 => Ok(text.replacen(find.as_str(), replace, 1)),
        0 => Err(format!(
            "{file} no longer holds the text to replace:\n{find}"
        )),
        count => Err(format!(
            "{file} holds the text to replace {count} times; name more of it:\n{find}"
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::mutant::Test;
    use super::*;

    const TEXT: &str = "a += 1;\nb += 1;\nb += 1;\n";

    fn mutant(edits: &[(&str, &str)]) -> Mutant {
        let edits = edits.iter().map(|(find, replace)| Edit {
            file: "x.rs".into(),
            find: (*find).into(),
            replace: (*replace).into(),
        });
        Mutant {
            name: "m".into(),
            mistake: "a mistake".into(),
            test: Test {
                package: "p".into(),
                target: "lib".into(),
                name: "t".into(),
                cfg: None,
            },
            says: "red".into(),
            hangs: false,
            long: false,
            edits: edits.collect(),
        }
    }

    fn planned(edits: &[(&str, &str)]) -> Result<Changed, String> {
        plan(&mutant(edits), |file| {
            (file == "x.rs").then(|| TEXT.to_owned())
        })
    }

    #[test]
    fn edits_of_one_file_follow_each_other_and_leave_the_rest_alone() {
        let changed = planned(&[("a += 1;\n", ""), ("b += 1;\nb", "c += 1;\nb")]).unwrap();
        assert_eq!(changed["x.rs"], "c += 1;\nb += 1;\n");
        assert_eq!(changed.len(), 1);
    }

    #[test]
    fn rot_is_named_whatever_it_is() {
        let gone = planned(&[("d += 1;", "")]).unwrap_err();
        assert!(gone.contains("x.rs no longer holds") && gone.contains("d += 1;"));
        assert!(planned(&[("b += 1;", "")]).unwrap_err().contains("2 times"));
        assert!(
            planned(&[("a += 1;", "a += 1;")])
                .unwrap_err()
                .contains("nothing")
        );
        // What an earlier edit took away is not there for a later one.
        assert!(planned(&[("a += 1;\n", ""), ("a += 1;", "x")]).is_err());
        let moved = plan(&mutant(&[("a", "b")]), |_| None).unwrap_err();
        assert!(moved.contains("does not exist"));
    }

    #[test]
    fn no_mutant_of_this_tree_has_rotted() {
        let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = tests.join("..");
        for mutant in Mutant::read_all(&tests.join("mutants")).unwrap() {
            let read = |file: &str| std::fs::read_to_string(root.join(file)).ok();
            if let Err(rot) = plan(&mutant, read) {
                panic!("tests/mutants/{}.toml has rotted: {rot}", mutant.name);
            }
        }
    }
}

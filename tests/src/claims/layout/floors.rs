//! Inside `core`, a file imports from lower floors only.

use std::collections::BTreeMap;

use super::path_scan::{Mention, mentions};
use super::source_tree::SourceTree;
use super::violation::Violation;

/// The floor of each module of `core`, lowest first. Modules of one floor do not know each other.
pub const FLOORS: &[(&str, u32)] = &[
    ("id", 0),
    ("wire", 0),
    ("config", 0),
    ("binding", 1),
    ("message", 2),
    ("routing", 3),
    ("session", 4),
    ("directory", 5),
    ("transport", 6),
    ("peers", 7),
    ("dispatch", 8),
    ("bus", 9),
    ("fuzzing", 10),
    ("testing", 10),
];

/// What is not a floor but a view of all of them. Only users of the crate import from it, and unit
/// tests, which read like a user's program.
const VIEWS: &[&str] = &["lib", "prelude"];

/// What unit tests may use besides: the network in memory, and the suite that checks a transport.
const FOR_TESTS: &[&str] = &["testing", "transport_suite"];

const SOURCES: &str = "core/src/";
const TOUR: &str = "core/src/lib.rs";

/// Imports that go up or sideways, modules without a floor, and disagreement with the table in
/// `core/src/lib.rs`.
pub fn check(tree: &SourceTree) -> Vec<Violation> {
    let exports = exports(tree.get(TOUR).unwrap_or_default());
    let mut violations = check_tour(tree.get(TOUR).unwrap_or_default());
    for (file, source) in tree.rust().filter(|(file, _)| file.starts_with(SOURCES)) {
        let module = module_of(file);
        let Some(top) = module.first().filter(|top| !VIEWS.contains(&top.as_str())) else {
            continue;
        };
        let Some(floor) = floor_of(top) else {
            let complaint = format!("module `{top}` has no floor; give it one in FLOORS");
            violations.push(Violation::new(file, 1, complaint));
            continue;
        };
        for mention in mentions(source) {
            let Some(target) = target(&mention, &module, &exports) else {
                continue;
            };
            let is_test = module
                .iter()
                .chain(&mention.inside)
                .any(|name| name == "tests");
            let for_users = [VIEWS, FOR_TESTS].concat().contains(&target.as_str());
            let as_a_user = is_test && for_users;
            let below = floor_of(&target).is_some_and(|other| other < floor);
            if target == *top || below || as_a_user {
                continue;
            }
            let other = floor_of(&target).map_or("none".to_owned(), |other| other.to_string());
            let complaint = format!(
                "`{}` is of `{target}` (floor {other}); `{top}` (floor {floor}) imports from lower floors only",
                mention.path.join("::"),
            );
            violations.push(Violation::new(file, mention.line, complaint));
        }
    }
    violations
}

fn floor_of(module: &str) -> Option<u32> {
    FLOORS
        .iter()
        .find(|(name, _)| *name == module)
        .map(|(_, floor)| *floor)
}

/// The modules a file stands in, outermost first: `core/src/id/peer_id.rs` is `[id, peer_id]`.
fn module_of(file: &str) -> Vec<String> {
    let path = file.trim_start_matches(SOURCES).trim_end_matches(".rs");
    let path = path.trim_end_matches("/mod");
    path.split('/').map(str::to_owned).collect()
}

/// The top module that a path leads to, if it leads through the root of the crate.
fn target(
    mention: &Mention,
    module: &[String],
    exports: &BTreeMap<String, String>,
) -> Option<String> {
    let supers = mention
        .path
        .iter()
        .take_while(|part| *part == "super")
        .count();
    let depth = module.len() + mention.inside.len();
    let after_root = match mention.path.first()?.as_str() {
        // `extern crate self as quibus` lets derived code name this crate.
        "crate" | "quibus" => mention.path.get(1)?,
        "super" if supers == depth => mention.path.get(supers)?,
        _ => return None,
    };
    Some(exports.get(after_root).unwrap_or(after_root).clone())
}

/// What `lib.rs` exports, and from which module.
fn exports(tour: &str) -> BTreeMap<String, String> {
    let known = mentions(tour)
        .into_iter()
        .filter_map(|mention| match mention.path.as_slice() {
            [module, .., name] if floor_of(module).is_some() => {
                Some((name.clone(), module.clone()))
            }
            _ => None,
        });
    known.collect()
}

/// The table of floors in the tour, row by row, and that it has one for every module.
fn check_tour(tour: &str) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut in_table = Vec::new();
    for (line, text) in (1..).zip(tour.lines()) {
        let mut cells = text.trim_start_matches("//!").split('|').map(str::trim);
        let (Some(""), Some(floor), Some(names)) = (cells.next(), cells.next(), cells.next())
        else {
            continue;
        };
        let Ok(floor) = floor.parse::<u32>() else {
            continue;
        };
        for name in names.split('`').skip(1).step_by(2) {
            in_table.push(name.to_owned());
            if floor_of(name) != Some(floor) {
                let complaint =
                    format!("the table puts `{name}` on floor {floor}, FLOORS does not");
                violations.push(Violation::new(TOUR, line, complaint));
            }
        }
    }
    for (line, text) in (1..).zip(tour.lines()) {
        let module = text.trim_start_matches("pub ").strip_prefix("mod ");
        let Some(name) = module.and_then(|rest| rest.strip_suffix(';')) else {
            continue;
        };
        if !VIEWS.contains(&name) && !in_table.contains(&name.to_owned()) {
            let complaint = format!("the table of floors has no row for `{name}`");
            violations.push(Violation::new(TOUR, line, complaint));
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD_TOUR: &str = "//! | 2 | [`message`] | m |\n//! | 0 | [`id`], [`wire`] | i |\n\
        pub mod id;\npub mod message;\npub mod prelude;\npub use id::{PeerId, Revision};\n\
        pub use message::Command;\n";

    fn complaints(file: &str, source: &str) -> Vec<String> {
        let tree = SourceTree::from([(TOUR, GOOD_TOUR), (file, source)]);
        check(&tree).iter().map(Violation::to_string).collect()
    }

    #[test]
    fn imports_from_below_and_from_the_own_module_are_fine() {
        let source = "use crate::id::PeerId; use crate::message::x; use super::y;\
            use crate::PeerId; mod tests { use super::*; use super::super::y; }";
        assert_eq!(complaints("core/src/message/envelope.rs", source), [""; 0]);
    }

    #[test]
    fn an_import_from_above_is_caught_with_its_line() {
        let found = complaints("core/src/id/name.rs", "//! x\n\nuse crate::bus::Bus;\n");
        assert_eq!(found.len(), 1);
        assert!(
            found[0].starts_with("core/src/id/name.rs:3: `crate::bus::Bus`"),
            "{found:?}"
        );
    }

    #[test]
    fn every_spelling_of_an_import_from_above_is_caught() {
        for source in [
            "use crate::{wire, routing::Table};",
            "fn f() { crate::routing::g() }",
            "use super::super::routing::Table;",
            "mod tests { use super::super::super::routing::Table; }",
            "macro_rules! m { () => { $crate::routing::g() } }",
            "fn f() { tokio::select! { x = crate::routing::g() => {} } }",
            "fn f(x: quibus::routing::Table) {}",
        ] {
            let found = complaints("core/src/message/envelope.rs", source);
            assert_eq!(found.len(), 1, "{source}: {found:?}");
            assert!(found[0].contains("`routing` (floor 3)"), "{found:?}");
        }
    }

    #[test]
    fn an_import_through_the_root_counts_as_one_from_where_it_is_exported() {
        let found = complaints("core/src/id/name.rs", "use crate::Command;");
        assert_eq!(found.len(), 1);
        assert!(found[0].contains("`message` (floor 2)"), "{found:?}");
    }

    #[test]
    fn neighbours_on_one_floor_and_the_prelude_are_not_below() {
        assert_eq!(
            complaints("core/src/id/name.rs", "use crate::wire::Reader;").len(),
            1
        );
        assert_eq!(
            complaints("core/src/id/name.rs", "use crate::prelude::*;").len(),
            1
        );
    }

    #[test]
    fn a_unit_test_may_use_what_users_and_tests_are_given_but_nothing_else_from_above() {
        let found = complaints(
            "core/src/id/name.rs",
            "mod tests { use crate::prelude::*; }",
        );
        assert_eq!(found, [""; 0]);
        let network = "use crate::testing::MemoryNetwork;";
        assert_eq!(complaints("core/src/bus/tests/x.rs", network), [""; 0]);
        assert_eq!(complaints("core/src/bus/x.rs", network).len(), 1);
        let above = "mod tests { use crate::bus::Bus; }";
        assert_eq!(complaints("core/src/id/name.rs", above).len(), 1);
    }

    #[test]
    fn a_module_without_a_floor_is_caught() {
        let found = complaints("core/src/shared/x.rs", "//! x\n");
        assert!(found[0].contains("`shared` has no floor"), "{found:?}");
        assert_eq!(
            complaints("core/src/id/name.rs", "use crate::shared::x;").len(),
            1
        );
    }

    #[test]
    fn a_tour_that_disagrees_or_leaves_a_module_out_is_caught() {
        let wrong = SourceTree::from([(TOUR, "//! | 1 | [`id`] | i |\npub mod id;\n")]);
        assert!(check(&wrong)[0].complaint.contains("floor 1"));
        let missing = SourceTree::from([(TOUR, "//! | 0 | [`id`] | i |\nmod id;\nmod bus;\n")]);
        assert!(check(&missing)[0].complaint.contains("no row for `bus`"));
    }
}

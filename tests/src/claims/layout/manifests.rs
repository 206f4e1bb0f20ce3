//! Manifests: dependencies stay where they belong, and lints are the workspace's.

use toml::{Table, Value};

use super::exclusive::OWNED;
use super::source_tree::SourceTree;
use super::violation::Violation;

/// Crates that only the program of a package may use: its library is built without them.
const FOR_PROGRAMS: &[(&str, &[&str])] = &[(
    "directory/Cargo.toml",
    &["clap", "quibus-certs", "quibus-quic"],
)];

/// Packages that depend on a crate they do not own, or whose library drags in what is for their
/// program; packages or a workspace that do without the common lints.
pub fn check(tree: &SourceTree) -> Vec<Violation> {
    tree.manifests()
        .flat_map(|(file, text)| check_manifest(file, text))
        .collect()
}

fn check_manifest(file: &str, text: &str) -> Vec<Violation> {
    let manifest = match text.parse::<Table>() {
        Ok(manifest) => manifest,
        Err(e) => {
            return vec![Violation::new(
                file,
                1,
                format!("not a manifest: {}", e.message()),
            )];
        }
    };
    let mut complaints = Vec::new();
    if let Some(workspace) = table(&manifest, "workspace").filter(|_| file == "Cargo.toml") {
        for (lint, level) in [("unsafe_code", "forbid"), ("missing_docs", "deny")] {
            let rust = table(workspace, "lints").and_then(|lints| table(lints, "rust"));
            let found = rust.and_then(|rust| rust.get(lint)).and_then(Value::as_str);
            if found != Some(level) {
                complaints.push(format!("the workspace's lint `{lint}` must be \"{level}\""));
            }
        }
    }
    if manifest.contains_key("package") && !manifest.contains_key("workspace") {
        let shared = table(&manifest, "lints").and_then(|lints| lints.get("workspace"));
        if shared.and_then(Value::as_bool) != Some(true) {
            complaints.push("a package takes the workspace's lints".into());
        }
    }
    for name in dependencies(&manifest) {
        let owned = OWNED
            .iter()
            .find(|owned| owned.name == name.replace('-', "_"));
        if let Some(owned) = owned.filter(|owned| !owned.is_home_of(file)) {
            complaints.push(format!("`{name}` belongs to {}", owned.folders.join(", ")));
        }
    }
    complaints.extend(dragged_in(file, &manifest));
    complaints
        .into_iter()
        .map(|complaint| Violation::new(file, 1, complaint))
        .collect()
}

/// What a package's library needs although it is for the package's program.
fn dragged_in(file: &str, manifest: &Table) -> Vec<String> {
    let theirs = FOR_PROGRAMS.iter().filter(|(package, _)| *package == file);
    let names = theirs.flat_map(|(_, names)| names.iter());
    let needed = names.filter(|name| {
        let dependency = table(manifest, "dependencies").and_then(|all| all.get(**name));
        let optional = dependency.and_then(|details| details.get("optional"));
        dependency.is_some() && optional.and_then(Value::as_bool) != Some(true)
    });
    needed
        .map(|name| format!("`{name}` is for the program alone; make it optional"))
        .collect()
}

/// Every crate a package depends on, by the name it was published under.
fn dependencies(manifest: &Table) -> Vec<String> {
    let targets = table(manifest, "target")
        .into_iter()
        .flat_map(|targets| targets.values());
    let places = targets.filter_map(Value::as_table).chain([manifest]);
    let mut names = Vec::new();
    for place in places {
        for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
            for (name, details) in table(place, kind).into_iter().flatten() {
                let published = details
                    .get("package")
                    .and_then(Value::as_str)
                    .unwrap_or(name);
                names.push(published.to_owned());
            }
        }
    }
    names
}

fn table<'t>(parent: &'t Table, key: &str) -> Option<&'t Table> {
    parent.get(key).and_then(Value::as_table)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINTS: &str = "[package]\nname = \"x\"\n[lints]\nworkspace = true\n";

    fn complaints(file: &str, text: &str) -> Vec<String> {
        let tree = SourceTree::from([(file, text)]);
        check(&tree)
            .into_iter()
            .map(|violation| violation.complaint)
            .collect()
    }

    #[test]
    fn an_owned_crate_is_fine_at_home_and_caught_elsewhere_in_every_kind_of_dependency() {
        for dependency in [
            "[dependencies]\nquinn = \"0.11\"\n",
            "[dev-dependencies]\nquinn.workspace = true\n",
            "[build-dependencies]\nquinn = { version = \"0.11\" }\n",
            "[target.'cfg(unix)'.dependencies]\nquinn = \"0.11\"\n",
            "[dependencies]\nrenamed = { package = \"quinn\", version = \"0.11\" }\n",
        ] {
            let manifest = format!("{LINTS}{dependency}");
            assert_eq!(complaints("transport-quic/Cargo.toml", &manifest), [""; 0]);
            let found = complaints("core/Cargo.toml", &manifest);
            assert_eq!(
                found,
                ["`quinn` belongs to transport-quic/"],
                "{dependency}"
            );
        }
    }

    #[test]
    fn what_is_for_a_program_is_optional_for_its_library() {
        let manifest = |details: &str| format!("{LINTS}[dependencies]\nquibus-quic = {details}\n");
        let optional = manifest("{ workspace = true, optional = true }");
        assert_eq!(complaints("directory/Cargo.toml", &optional), [""; 0]);
        let found = complaints("directory/Cargo.toml", &manifest("{ workspace = true }"));
        let expected = "`quibus-quic` is for the program alone; make it optional";
        assert_eq!(found, [expected]);
        let developing = format!("{LINTS}[dev-dependencies]\nquibus-quic.workspace = true\n");
        assert_eq!(complaints("directory/Cargo.toml", &developing), [""; 0]);
    }

    #[test]
    fn a_package_with_lints_of_its_own_is_caught() {
        let found = complaints("core/Cargo.toml", "[package]\nname = \"x\"\n");
        assert_eq!(found, ["a package takes the workspace's lints"]);
    }

    #[test]
    fn a_workspace_that_allows_unsafe_code_is_caught() {
        let weak = "[workspace.lints.rust]\nunsafe_code = \"warn\"\nmissing_docs = \"deny\"\n";
        let found = complaints("Cargo.toml", weak);
        assert_eq!(
            found,
            ["the workspace's lint `unsafe_code` must be \"forbid\""]
        );
    }

    #[test]
    fn what_is_no_manifest_is_caught() {
        assert!(complaints("core/Cargo.toml", "[package")[0].starts_with("not a manifest"));
    }
}

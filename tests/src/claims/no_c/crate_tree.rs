//! What Cargo would build, looked at for crates that bring C with them.

/// Crates that compile C or assembler, run a tool that does, or bind what was compiled that way.
pub const BANNED: &[&str] = &[
    "aws-lc-fips-sys",
    "aws-lc-rs",
    "aws-lc-sys",
    "bindgen",
    "boring-sys",
    "cc",
    "cmake",
    "nasm-rs",
    "openssl-sys",
    "pkg-config",
    "protobuf-src",
    "ring",
    "vcpkg",
];

/// The banned crates in a listing of `cargo tree --prefix none`, sorted, each once.
pub fn banned_in(listing: &str) -> Vec<String> {
    let names = listing.lines().filter_map(|line| line.split(' ').next());
    let mut found: Vec<String> = names
        .filter(|name| BANNED.contains(name))
        .map(str::to_owned)
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// How many crates a listing names, each counted once.
pub(super) fn crates_in(listing: &str) -> usize {
    let lines = listing.lines().map(|line| line.trim_end_matches(" (*)"));
    let mut lines: Vec<_> = lines.filter(|line| !line.is_empty()).collect();
    lines.sort_unstable();
    lines.dedup();
    lines.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::workspace;

    #[test]
    fn a_banned_crate_is_found_once_and_by_its_whole_name() {
        let listing = "quibus v0.1.0 (/q)\nring v0.17.14\ncc v1.2.0 (*)\nring v0.17.14 (*)\n\
                       ring-buffer v1.0.0\n\naccc v1.0.0\n";
        assert_eq!(banned_in(listing), ["cc", "ring"]);
        assert_eq!(
            banned_in("quibus v0.1.0 (/q)\nring-buffer v1.0.0\n"),
            [""; 0]
        );
    }

    #[test]
    fn cargo_deny_bans_the_same_crates() {
        let file = workspace::root().join("deny.toml");
        let text = std::fs::read_to_string(file).unwrap();
        let deny: toml::Table = text.parse().unwrap();
        let banned = deny["bans"]["deny"].as_array().unwrap();
        let banned: Vec<_> = banned.iter().filter_map(|name| name.as_str()).collect();
        assert_eq!(banned, BANNED);
    }

    #[test]
    fn a_crate_that_is_listed_twice_counts_once() {
        assert_eq!(crates_in("a v1\nb v2\na v1 (*)\n\na v2\n"), 3);
    }
}

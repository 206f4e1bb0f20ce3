//! Which paths a source file mentions, wherever they stand: imports, expressions, macros.

use std::str::FromStr;

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};

/// A path mentioned in a source file, such as `crate::wire::Reader` or `println`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// The path's parts. `super`, `self` and `crate` stand as they were written.
    pub path: Vec<String>,
    /// The line of its first part, counted from 1.
    pub line: usize,
    /// The modules written out in this file around it, outermost first.
    pub inside: Vec<String>,
    /// Whether a `!` follows: a macro call.
    pub calls_macro: bool,
}

/// All paths in a file. A group such as `use a::{b, c::d}` counts as `a::b` and `a::c::d`. A text
/// that is no sequence of Rust tokens has none; [`file_shape`](super::file_shape) reports it.
pub fn mentions(source: &str) -> Vec<Mention> {
    let mut scan = Scan::default();
    if let Ok(tokens) = TokenStream::from_str(source) {
        scan.stream(tokens, &[]);
    }
    scan.found
}

#[derive(Default)]
struct Scan {
    found: Vec<Mention>,
    inside: Vec<String>,
}

impl Scan {
    /// Scans tokens whose paths, where a group continues one, begin with `prefix`.
    fn stream(&mut self, tokens: TokenStream, prefix: &[String]) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut rest = tokens.as_slice();
        while let Some((first, after)) = rest.split_first() {
            rest = match first {
                TokenTree::Ident(word) if word == "mod" => self.module(after),
                // In `use a::{b as c}`, `c` is a name of this file's own.
                TokenTree::Ident(word) if word == "as" && !prefix.is_empty() => {
                    after.get(1..).unwrap_or_default()
                }
                TokenTree::Ident(word) => self.path(word, after, prefix),
                TokenTree::Group(group) => {
                    self.stream(group.stream(), &[]);
                    after
                }
                _ => after,
            };
        }
    }

    /// After the word `mod`: a name and, if the module is written out here, its body.
    fn module<'t>(&mut self, rest: &'t [TokenTree]) -> &'t [TokenTree] {
        let [TokenTree::Ident(name), TokenTree::Group(body), after @ ..] = rest else {
            return rest;
        };
        self.inside.push(name.to_string());
        self.stream(body.stream(), &[]);
        self.inside.pop();
        after
    }

    /// From a word on: follows `::` as far as it goes.
    fn path<'t>(
        &mut self,
        first: &Ident,
        mut rest: &'t [TokenTree],
        prefix: &[String],
    ) -> &'t [TokenTree] {
        let line = first.span().start().line;
        let mut path = prefix.to_vec();
        path.push(first.to_string());
        loop {
            match rest {
                [
                    TokenTree::Punct(a),
                    TokenTree::Punct(b),
                    TokenTree::Ident(next),
                    after @ ..,
                ] if a.as_char() == ':' && b.as_char() == ':' => {
                    path.push(next.to_string());
                    rest = after;
                }
                [
                    TokenTree::Punct(a),
                    TokenTree::Punct(b),
                    TokenTree::Group(group),
                    after @ ..,
                ] if a.as_char() == ':'
                    && b.as_char() == ':'
                    && group.delimiter() == Delimiter::Brace =>
                {
                    self.stream(group.stream(), &path);
                    return after;
                }
                _ => break,
            }
        }
        let calls_macro = matches!(rest, [TokenTree::Punct(mark), ..] if mark.as_char() == '!');
        let inside = self.inside.clone();
        self.found.push(Mention {
            path,
            line,
            inside,
            calls_macro,
        });
        rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(source: &str) -> Vec<String> {
        mentions(source)
            .into_iter()
            .map(|mention| mention.path.join("::"))
            .collect()
    }

    #[test]
    fn imports_calls_and_macro_arguments_are_all_seen() {
        let seen = paths("use a::b; fn f() { c::d(); select! { x = e::f() => g } }");
        for path in ["a::b", "c::d", "e::f"] {
            assert!(seen.contains(&path.to_owned()), "{seen:?}");
        }
    }

    #[test]
    fn a_group_in_an_import_counts_once_for_each_of_its_paths() {
        let seen = paths("use a::{b as x, c::{d, e}};");
        assert_eq!(seen, ["use", "a::b", "a::c::d", "a::c::e"]);
    }

    #[test]
    fn modules_written_out_are_known_to_what_is_inside() {
        let found = mentions("mod m { mod n { use super::x; } } use y;");
        let inside = |path: &str| {
            let mention = found.iter().find(|mention| mention.path.join("::") == path);
            mention.unwrap().inside.clone()
        };
        assert_eq!(inside("super::x"), ["m", "n"]);
        assert!(inside("y").is_empty());
    }

    #[test]
    fn comments_and_strings_mention_nothing() {
        let seen = paths("// a::b\n/* c::d */ const X: &str = \"e::f\";");
        assert_eq!(seen, ["const", "X", "str"]);
    }

    #[test]
    fn lines_count_from_one_and_a_macro_call_is_known_by_its_mark() {
        let found = mentions("\nfn f() {\n    println!(\"x\");\n}\n");
        let call = found
            .iter()
            .find(|mention| mention.path == ["println"])
            .unwrap();
        assert_eq!((call.line, call.calls_macro), (3, true));
    }
}

//! Files and functions stay small, say what they are for, and contain nothing unsafe.

use std::str::FromStr;

use proc_macro2::TokenStream;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use super::path_scan::mentions;
use super::source_tree::SourceTree;
use super::violation::Violation;

/// Most lines of a Rust file, tests included.
pub const MAX_FILE: usize = 500;
/// Most lines of a function, from its signature to its closing brace.
pub const MAX_FUNCTION: usize = 70;

/// Files that are too long, do not open with `//!`, do not parse, hold too long a function or the
/// word `unsafe`.
pub fn check(tree: &SourceTree) -> Vec<Violation> {
    tree.rust()
        .flat_map(|(file, source)| check_file(file, source))
        .collect()
}

/// How many functions the Rust files of a tree hold.
pub fn count_functions(tree: &SourceTree) -> usize {
    tree.rust()
        .map(|(_, source)| functions(source).map_or(0, |found| found.len()))
        .sum()
}

fn check_file(file: &str, source: &str) -> Vec<Violation> {
    let mut violations = Vec::new();
    let lines = source.lines().count();
    if lines > MAX_FILE {
        let complaint = format!("{lines} lines, more than {MAX_FILE}; split it by state");
        violations.push(Violation::new(file, MAX_FILE + 1, complaint));
    }
    if !source.starts_with("//!") {
        let complaint = "a file opens with `//!` and what it is for";
        violations.push(Violation::new(file, 1, complaint));
    }
    for word in mentions(source)
        .iter()
        .filter(|mention| mention.path == ["unsafe"])
    {
        violations.push(Violation::new(
            file,
            word.line,
            "`unsafe` has no place here",
        ));
    }
    match functions(source) {
        Ok(functions) => {
            for Function { name, line, lines } in functions {
                if lines > MAX_FUNCTION {
                    let complaint =
                        format!("`{name}` has {lines} lines, more than {MAX_FUNCTION}; split it");
                    violations.push(Violation::new(file, line, complaint));
                }
            }
        }
        Err(complaint) => violations.push(Violation::new(file, 1, complaint)),
    }
    violations
}

struct Function {
    name: String,
    line: usize,
    lines: usize,
}

/// The functions with a body, wherever they are written out. Fails on what is not Rust.
fn functions(source: &str) -> Result<Vec<Function>, String> {
    let tokens = TokenStream::from_str(source).map_err(|e| format!("not Rust: {e}"))?;
    let file = syn::parse2::<syn::File>(tokens).map_err(|e| format!("not Rust: {e}"))?;
    let mut collected = Functions(Vec::new());
    collected.visit_file(&file);
    Ok(collected.0)
}

struct Functions(Vec<Function>);

impl Functions {
    fn take(&mut self, signature: &syn::Signature, body: &syn::Block) {
        let line = signature.span().start().line;
        let lines = body.brace_token.span.close().end().line + 1 - line;
        self.0.push(Function {
            name: signature.ident.to_string(),
            line,
            lines,
        });
    }
}

impl<'ast> Visit<'ast> for Functions {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.take(&function.sig, &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.take(&function.sig, &function.block);
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast syn::TraitItemFn) {
        if let Some(body) = &function.default {
            self.take(&function.sig, body);
        }
        visit::visit_trait_item_fn(self, function);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(source: &str) -> Vec<String> {
        let tree = SourceTree::from([("core/src/x.rs", source)]);
        check(&tree)
            .into_iter()
            .map(|violation| violation.complaint)
            .collect()
    }

    /// A function of this many lines.
    fn function(lines: usize) -> String {
        format!("fn long() {{\n{}}}\n", "    f();\n".repeat(lines - 2))
    }

    #[test]
    fn a_file_of_500_lines_passes_and_one_of_501_does_not() {
        let fitting = format!("//! x\n{}", "// x\n".repeat(MAX_FILE - 1));
        assert_eq!(complaints(&fitting), [""; 0]);
        assert!(complaints(&format!("{fitting}// x\n"))[0].starts_with("501 lines"));
    }

    #[test]
    fn a_file_that_does_not_say_what_it_is_for_is_caught() {
        assert!(complaints("use std::fmt;\n")[0].contains("opens with `//!`"));
    }

    #[test]
    fn a_function_of_70_lines_passes_and_one_of_71_does_not() {
        assert_eq!(complaints(&format!("//! x\n{}", function(70))), [""; 0]);
        let found = complaints(&format!("//! x\n{}", function(71)));
        assert!(found[0].starts_with("`long` has 71 lines"), "{found:?}");
    }

    #[test]
    fn long_functions_are_found_in_impls_traits_and_modules() {
        let long = function(71);
        for around in ["impl X", "trait X", "mod x"] {
            let found = complaints(&format!("//! x\n{around} {{ {long} }}\n"));
            assert_eq!(found.len(), 1, "{around}: {found:?}");
        }
    }

    #[test]
    fn unsafe_code_is_caught_but_not_the_word_in_a_comment() {
        assert_eq!(complaints("//! nothing unsafe\n// unsafe\n"), [""; 0]);
        let found = complaints("//! x\nfn f() { unsafe { g() } }\n");
        assert_eq!(found, ["`unsafe` has no place here"]);
    }

    #[test]
    fn what_is_not_rust_is_caught() {
        assert!(complaints("//! x\nfn f( {\n")[0].starts_with("not Rust"));
    }
}

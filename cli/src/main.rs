//! The `quibus` command line tool.
fn main() {}

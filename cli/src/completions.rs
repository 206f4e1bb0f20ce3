//! `quibus completions`: what a shell wants to know to complete a command line.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::typed::Typed;

/// The script for a shell.
pub fn script(shell: Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Typed::command(), "quibus", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;

    #[test]
    fn every_shell_is_told_every_verb() {
        let mut tool = Typed::command();
        tool.build();
        for shell in Shell::value_variants() {
            let script = script(*shell);
            for verb in tool.get_subcommands() {
                assert!(
                    script.contains(verb.get_name()),
                    "{shell}: {}",
                    verb.get_name()
                );
            }
        }
    }
}

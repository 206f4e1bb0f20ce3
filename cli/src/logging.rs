//! What goes on inside, for those who ask.

use std::{env, io};

use tracing_subscriber::EnvFilter;

use crate::complaint::Complaint;
use crate::exit_status::ExitStatus;

/// The variable that asks for it, as in most Rust programs.
const VARIABLE: &str = "RUST_LOG";

/// Logs to stderr what `RUST_LOG` asks for, for instance `debug` or `quibus=trace`; nothing if it is
/// not set. Fails if it is set to something that means nothing.
pub fn log_to_stderr() -> Result<(), Complaint> {
    let Ok(wanted) = env::var(VARIABLE) else {
        return Ok(());
    };
    let filter = filter(&wanted)?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .init();
    Ok(())
}

fn filter(wanted: &str) -> Result<EnvFilter, Complaint> {
    EnvFilter::builder().parse(wanted).map_err(|cause| {
        let help = "write a level such as `debug`, or `quibus=trace,quinn=info`";
        Complaint::new(format!("{VARIABLE} is set to \"{wanted}\""), help)
            .because(&cause)
            .ending(ExitStatus::Usage)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output_form::OutputForm;

    #[test]
    fn levels_alone_and_by_module_are_understood() {
        for wanted in ["debug", "quibus=trace,quinn=info", ""] {
            assert!(filter(wanted).is_ok(), "{wanted}");
        }
    }

    #[test]
    fn what_means_nothing_is_refused_and_quoted() {
        let complaint = filter("quibus=loud").unwrap_err();
        let text = complaint.render(OutputForm::Text);
        assert!(
            text.contains("RUST_LOG is set to \"quibus=loud\""),
            "{text}"
        );
    }
}

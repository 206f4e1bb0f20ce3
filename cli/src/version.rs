//! `quibus version`.

use serde_json::json;

use crate::output_form::OutputForm;

/// What `quibus version` prints to stdout.
pub fn render(form: OutputForm) -> String {
    let version = env!("CARGO_PKG_VERSION");
    match form {
        OutputForm::Text => format!("quibus {version}\n"),
        OutputForm::Json => {
            let version =
                json!({ "kind": "Version", "apiVersion": "quibus/v1", "version": version });
            format!("{version}\n")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_say_the_version_of_this_package() {
        for form in [OutputForm::Text, OutputForm::Json] {
            assert!(render(form).contains(env!("CARGO_PKG_VERSION")), "{form:?}");
        }
    }
}

//! The errors of a command in the making.

use super::draft::Draft;
use super::schema::Schema;
use super::type_schema::ErrorSchema;

/// The errors that a command's handler may refuse it with, in the making; filled by what
/// `derive(HandlerError)` writes.
#[derive(Debug)]
pub struct ErrorsDraft<'a> {
    draft: &'a mut Draft,
    errors: Vec<ErrorSchema>,
}

impl<'a> ErrorsDraft<'a> {
    pub(super) fn new(draft: &'a mut Draft) -> Self {
        Self {
            draft,
            errors: Vec::new(),
        }
    }

    /// A variant that carries nothing, or nothing that is described.
    pub fn variant(&mut self, code: u32, variant: &str) {
        self.push(code, variant, None);
    }

    /// A variant that carries a `T`.
    pub fn carrying<T: Schema>(&mut self, code: u32, variant: &str) {
        let details = T::add_to(self.draft);
        self.push(code, variant, Some(details));
    }

    fn push(&mut self, code: u32, variant: &str, details: Option<String>) {
        self.errors.push(ErrorSchema {
            code,
            variant: variant.trim_start_matches("r#").into(),
            details: details.map(|name| name.trim_start_matches('.').into()),
        });
    }

    pub(super) fn finish(self) -> Vec<ErrorSchema> {
        self.errors
    }
}

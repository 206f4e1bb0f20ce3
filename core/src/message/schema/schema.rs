//! What a type looks like on the wire.

use super::draft::Draft;
use super::fields::Fields;

/// What a protobuf message looks like on the wire; written by `derive(Command)`, `derive(Event)`
/// and, for what is nested in them and for replies, by `derive(Schema)`.
///
/// ```
/// #[derive(Clone, PartialEq, prost::Message, quibus::Schema)]
/// struct Line {
///     #[prost(string, tag = "1")]
///     sku: String,
///     #[prost(uint32, tag = "2")]
///     quantity: u32,
/// }
///
/// #[derive(Clone, PartialEq, prost::Message, quibus::Command)]
/// #[quibus(namespace = "Shop")]
/// struct PlaceOrder {
///     #[prost(message, repeated, tag = "1")]
///     lines: Vec<Line>,
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say what it looks like on the wire",
    label = "no schema of this",
    note = "derive `quibus::Schema` beside `prost::Message`",
    note = "or write `#[quibus(opaque)]` on the command, event or error that contains it: tools \
            then show and take its messages as bytes"
)]
pub trait Schema: 'static {
    /// Adds it to a draft, unless it is there already, and says its full name.
    #[doc(hidden)]
    fn add_to(draft: &mut Draft) -> String;
}

/// The variants of an enumeration; written by `derive(Schema)` on an enum that derives
/// `prost::Enumeration`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say which variants it has",
    label = "no schema of this enumeration",
    note = "derive `quibus::Schema` beside `prost::Enumeration`",
    note = "or write `#[quibus(opaque)]` on the command, event or error that contains it: tools \
            then show and take its messages as bytes"
)]
pub trait EnumSchema: 'static {
    /// Adds it to a draft, unless it is there already, and says its full name.
    #[doc(hidden)]
    fn add_to(draft: &mut Draft) -> String;
}

/// The choices of a oneof; written by `derive(Schema)` on an enum that derives `prost::Oneof`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say which choices it has",
    label = "no schema of this oneof",
    note = "derive `quibus::Schema` beside `prost::Oneof`",
    note = "or write `#[quibus(opaque)]` on the command, event or error that contains it: tools \
            then show and take its messages as bytes"
)]
pub trait OneofSchema: 'static {
    /// Adds its choices to the fields of a message.
    #[doc(hidden)]
    fn add_to(fields: &mut Fields<'_>);
}

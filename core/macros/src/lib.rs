//! The derive macros of quibus: `Command`, `Event`, `HandlerError` and `Schema`.
//!
//! A derive reads its attributes (`message_attributes`, `route_field`, `prost_field`), then writes
//! the implementations a person would have written (`message`, `route`, `handler_error`, `schema`).
//! Whatever is wrong with an attribute is reported at that attribute, all at once, with what is
//! allowed there: these errors are part of the public interface and tested as such.
//!
//! All paths written are absolute (`::quibus::…`); the crate `quibus` names itself so that its own
//! contracts can use the same derives.

mod handler_error;
mod kind;
mod message;
mod message_attributes;
mod name;
mod prost_field;
mod route;
mod route_field;
mod schema;

use kind::Kind;
use proc_macro::TokenStream;
use syn::{DeriveInput, Error, parse_macro_input};

/// Makes a type a command: a message with one recipient and one outcome.
///
/// On the type, `#[quibus(…)]` takes
///
/// | attribute | meaning | without it |
/// | --- | --- | --- |
/// | `namespace = "Shop"` | first half of the type's stable name | an error |
/// | `name = "PlaceOrder"` | second half | the Rust name |
/// | `reply = OrderPlaced` | what its handler answers | `()` |
/// | `error = OrderError` | what its handler may refuse with; derives `HandlerError` | no typed error |
/// | `codec = path::Codec` | how it and its reply become bytes | `quibus::Prost` |
/// | `transient` | never kept for a peer that is away | may be kept |
/// | `unsequenced` | neither waits nor is sent again: fails at once without a link or room, is lost with its link, and its sender hears of it | sequenced: waits, and arrives once |
/// | `lane = "bulk"` | the ordered channel it travels in | `default` |
/// | `deliver = "any"` | any one of several handling peers takes it | `"one"`: there must be one |
/// | `opaque` | not described to tools, which then show and take its bytes | described |
/// | `route_fn = "routing"` | renames the function `route()` | `route` |
///
/// and on a field `#[quibus(route = 1)]`: its value is part `1` of the routing key. Beside the
/// implementations the derive writes a struct `PlaceOrderRoute` with a setter for each routing
/// field, and `PlaceOrder::route()` that begins one; fields that are not set match anything.
#[proc_macro_derive(Command, attributes(quibus))]
pub fn derive_command(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    message::expand(&input, Kind::Command)
        .unwrap_or_else(Error::into_compile_error)
        .into()
}

/// Makes a type an event: a message for every peer that wants it.
///
/// The attributes are those of [`Command`](derive@Command) without `reply`, `error`,
/// `deliver` and `unsequenced`.
#[proc_macro_derive(Event, attributes(quibus))]
pub fn derive_event(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    message::expand(&input, Kind::Event)
        .unwrap_or_else(Error::into_compile_error)
        .into()
}

/// Makes an enum the typed error of a command.
///
/// A variant with `#[quibus(code = 404)]` travels: its code, its text and the one value it may
/// carry. A variant without a code reaches the caller as text only. On the enum,
/// `#[quibus(codec = path::Codec)]` says how the carried values become bytes (`quibus::Prost`
/// without it), and `#[quibus(opaque)]` that tools are not told what they look like. The enum also needs `Debug` and `Display`; `thiserror` gives the latter.
#[proc_macro_derive(HandlerError, attributes(quibus))]
pub fn derive_handler_error(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    handler_error::expand(&input)
        .unwrap_or_else(Error::into_compile_error)
        .into()
}

/// Says what a type looks like on the wire, for tools that have not compiled it.
///
/// `Command` and `Event` say it of a message; this derive is for what is inside one: nested
/// messages (beside `prost::Message`), enumerations (beside `prost::Enumeration`, whose first
/// variant has to be 0), oneofs (beside `prost::Oneof`), replies, and what errors carry. Everything
/// is read from the `#[prost(…)]` attributes.
#[proc_macro_derive(Schema)]
pub fn derive_schema(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    schema::expand(&input)
        .unwrap_or_else(Error::into_compile_error)
        .into()
}

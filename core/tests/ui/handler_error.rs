//! Wrong errors of a handler.

use quibus::HandlerError;

#[derive(Debug, thiserror::Error, HandlerError)]
enum Codes {
    #[error("a")]
    #[quibus(code = 404)]
    A,
    #[error("b")]
    #[quibus(code = 404)]
    B,
    #[error("c")]
    #[quibus(code = 0)]
    C,
    #[error("d")]
    #[quibus(code = 5)]
    D(String, u8),
    #[error("e")]
    #[quibus(status = 5)]
    E,
    #[error("f")]
    #[quibus(code = 5_000_000_000)]
    F,
}

#[derive(Debug, thiserror::Error, HandlerError)]
#[error("a struct")]
struct NoEnum;

struct Cause;

#[derive(Debug, thiserror::Error, HandlerError)]
enum Carrying {
    #[error("carries what its codec cannot encode")]
    #[quibus(code = 7)]
    Value(std::time::Duration),
}

fn main() {}

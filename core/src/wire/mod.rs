//! Bytes with limits.
//!
//! Every length that came from outside is compared with what is left and with a cap before
//! anything is allocated for it, varints have one spelling, and what is left over at the end of a
//! body is an error. Nothing here panics, whatever the input (promise 4).

mod close_reason;
mod read;
mod write;

pub use close_reason::CloseReason;
pub use read::{Reader, WireError};
pub use write::{put_bytes, put_str, put_varint, varint_len};

//! A message as it was typed.

use std::fs;
use std::io::{self, Read};

use super::hex;
use super::typed_messaging::TypedMessage;
use crate::complaint::Complaint;
use crate::exit_status::ExitStatus;

/// Longest text or file that is read, in bytes: as JSON a message may be longer than encoded.
const MOST: u64 = 64 << 20;

/// A message as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payload {
    /// JSON text.
    Json(String),
    /// The encoded message.
    Raw(Vec<u8>),
}

impl Payload {
    /// Reads it from the command line, from stdin or from a file.
    ///
    /// # Errors
    /// If it cannot be read, or is neither text nor hexadecimal digits where it should be.
    pub fn read(typed: &TypedMessage) -> Result<Self, Complaint> {
        let from = typed.payload.as_str();
        let read = match from.strip_prefix('@') {
            Some(file) => fs::File::open(file).and_then(all),
            None if from == "-" => all(io::stdin().lock()),
            None if typed.raw => {
                let bytes = match from {
                    // Nothing was typed.
                    "{}" => Some(Vec::new()),
                    digits => hex::bytes_of(digits),
                };
                return bytes.map(Self::Raw).ok_or_else(|| no_digits(from));
            }
            None => return Ok(Self::Json(from.into())),
        };
        let bytes = read.map_err(|cause| {
            let from = if from == "-" { "stdin" } else { &from[1..] };
            let tried = format!("the message cannot be read from {}", from.escape_debug());
            let help = "write it as JSON, as - for stdin, or as @FILE";
            Complaint::new(tried, help).because(&cause)
        })?;
        if typed.raw {
            return Ok(Self::Raw(bytes));
        }
        let text = String::from_utf8(bytes).map_err(|cause| {
            let help = "with --raw it is sent as it is";
            Complaint::new("what was read is no text", help)
                .because(&cause)
                .ending(ExitStatus::Usage)
        })?;
        Ok(Self::Json(text))
    }
}

fn all(from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(MOST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST {
        let text = format!("it has more than {MOST} bytes");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, text));
    }
    Ok(bytes)
}

fn no_digits(text: &str) -> Complaint {
    let tried = format!("\"{}\" is no encoded message", text.escape_debug());
    let help = "after --raw write hexadecimal digits, two for each byte, or @FILE for a file";
    Complaint::new(tried, help).ending(ExitStatus::Usage)
}

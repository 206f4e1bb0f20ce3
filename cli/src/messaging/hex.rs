//! Bytes as people type and read them.

use std::fmt::Write;

/// The bytes of hexadecimal digits; blanks between them do no harm. `None`: something else is in
/// it, or a digit is missing.
pub(super) fn bytes_of(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_digit(16).map(|digit| digit as u8))
        .collect();
    let digits = digits?;
    let pairs = digits.chunks_exact(2);
    pairs
        .remainder()
        .is_empty()
        .then(|| pairs.map(|pair| pair[0] << 4 | pair[1]).collect())
}

/// The hexadecimal digits of bytes.
pub(super) fn digits_of(bytes: &[u8]) -> String {
    let mut digits = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_read_as_they_are_written_and_anything_else_is_refused() {
        let bytes: Vec<u8> = (0..=255).collect();
        assert_eq!(bytes_of(&digits_of(&bytes)), Some(bytes));
        assert_eq!(bytes_of("0A 01\n41"), Some(vec![10, 1, 65]));
        assert_eq!(bytes_of(""), Some(vec![]));
        for wrong in ["0", "0a1", "0x41", "é1"] {
            assert_eq!(bytes_of(wrong), None, "{wrong}");
        }
    }
}

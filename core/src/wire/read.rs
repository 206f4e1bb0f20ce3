//! Reading: a cursor over a slice that checks before it takes.

/// Why bytes from outside could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// The input ends inside a field.
    #[error("the input ends inside {0}")]
    Truncated(&'static str),
    /// A varint is longer than 10 bytes, above 64 bits, or not in its shortest spelling.
    #[error("{0} is not a varint in its shortest spelling")]
    Varint(&'static str),
    /// A length or a number is above its limit.
    #[error("{what} is {value}, at most {limit} is allowed")]
    TooLarge {
        /// The field.
        what: &'static str,
        /// What was read.
        value: u64,
        /// What is allowed.
        limit: u64,
    },
    /// A value that has no meaning here.
    #[error("{what} has the meaningless value {value}")]
    Meaningless {
        /// The field.
        what: &'static str,
        /// What was read.
        value: u64,
    },
    /// Text that is not UTF-8, or a name outside its alphabet.
    #[error("{0} is not legal text")]
    Text(&'static str),
    /// Bytes remain where the format ends.
    #[error("{0} bytes follow the end")]
    Trailing(usize),
}

/// A cursor over bytes that came from outside.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Starts at the beginning of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// How many bytes are left.
    pub fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// Takes one byte.
    pub fn byte(&mut self, what: &'static str) -> Result<u8, WireError> {
        let (first, rest) = self.rest.split_first().ok_or(WireError::Truncated(what))?;
        self.rest = rest;
        Ok(*first)
    }

    /// Takes eight bytes, the least significant first.
    pub fn u64_le(&mut self, what: &'static str) -> Result<u64, WireError> {
        let (first, rest) = self
            .rest
            .split_first_chunk()
            .ok_or(WireError::Truncated(what))?;
        self.rest = rest;
        Ok(u64::from_le_bytes(*first))
    }

    /// Takes a varint: seven bits a byte, the least significant first, in its shortest spelling.
    #[inline]
    pub fn varint(&mut self, what: &'static str) -> Result<u64, WireError> {
        if let Some((&first, rest)) = self.rest.split_first()
            && first < 0x80
        {
            self.rest = rest;
            return Ok(u64::from(first));
        }
        // Two bytes: what most lengths have.
        if let [first, second @ 1..0x80, rest @ ..] = self.rest {
            self.rest = rest;
            return Ok(u64::from(first & 0x7f) | u64::from(*second) << 7);
        }
        self.long_varint(what)
    }

    /// Takes a varint of at most `limit`.
    pub fn varint_to(&mut self, what: &'static str, limit: u64) -> Result<u64, WireError> {
        match self.varint(what)? {
            value if value <= limit => Ok(value),
            value => Err(WireError::TooLarge { what, value, limit }),
        }
    }

    /// Takes `len` bytes.
    pub fn take(&mut self, what: &'static str, len: usize) -> Result<&'a [u8], WireError> {
        let (first, rest) = self
            .rest
            .split_at_checked(len)
            .ok_or(WireError::Truncated(what))?;
        self.rest = rest;
        Ok(first)
    }

    /// Takes a varint length of at most `limit` and as many bytes.
    pub fn bytes(&mut self, what: &'static str, limit: usize) -> Result<&'a [u8], WireError> {
        let len = self.varint_to(what, limit as u64)?;
        self.take(what, len as usize)
    }

    /// Takes length-prefixed UTF-8 text of at most `limit` bytes.
    pub fn text(&mut self, what: &'static str, limit: usize) -> Result<&'a str, WireError> {
        std::str::from_utf8(self.bytes(what, limit)?).map_err(|_| WireError::Text(what))
    }

    /// Takes all that is left.
    pub fn rest(self) -> &'a [u8] {
        self.rest
    }

    /// Ends the reading; anything left is an error.
    pub fn finish(self) -> Result<(), WireError> {
        match self.rest.len() {
            0 => Ok(()),
            left => Err(WireError::Trailing(left)),
        }
    }

    #[cold]
    fn long_varint(&mut self, what: &'static str) -> Result<u64, WireError> {
        let mut value = 0_u64;
        for (index, &byte) in self.rest.iter().enumerate().take(10) {
            let bits = u64::from(byte & 0x7f);
            if index == 9 && bits > 1 {
                return Err(WireError::Varint(what));
            }
            value |= bits << (7 * index);
            if byte < 0x80 {
                if byte == 0 && index > 0 {
                    return Err(WireError::Varint(what));
                }
                self.rest = &self.rest[index + 1..];
                return Ok(value);
            }
        }
        let whole = self.rest.len() >= 10;
        Err(if whole {
            WireError::Varint(what)
        } else {
            WireError::Truncated(what)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::put_varint;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_varint_in_a_longer_spelling_is_refused() {
        assert_eq!(
            Reader::new(&[0x80, 0x00]).varint("n"),
            Err(WireError::Varint("n"))
        );
        assert_eq!(
            Reader::new(&[0xff; 11]).varint("n"),
            Err(WireError::Varint("n"))
        );
        assert_eq!(
            Reader::new(&[0xff; 3]).varint("n"),
            Err(WireError::Truncated("n"))
        );
    }

    #[test]
    fn a_length_beyond_the_input_or_the_limit_is_refused_before_anything_is_taken() {
        let mut reader = Reader::new(&[200, 1, 7]);
        let limit = WireError::TooLarge {
            what: "b",
            value: 200,
            limit: 100,
        };
        assert_eq!(reader.clone().bytes("b", 100), Err(limit));
        assert_eq!(reader.bytes("b", 300), Err(WireError::Truncated("b")));
    }

    proptest! {
        #[test]
        fn every_number_survives_its_varint(value: u64) {
            let mut bytes = Vec::new();
            put_varint(&mut bytes, value);
            prop_assert_eq!(bytes.len(), super::super::varint_len(value));
            let mut reader = Reader::new(&bytes);
            prop_assert_eq!(reader.varint("n"), Ok(value));
            prop_assert_eq!(reader.finish(), Ok(()));
        }

        #[test]
        fn no_input_makes_the_reader_panic(bytes: Vec<u8>) {
            let mut reader = Reader::new(&bytes);
            while reader.varint("n").is_ok() && reader.bytes("b", 64).is_ok() {}
        }
    }
}

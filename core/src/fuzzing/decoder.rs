//! A decoder as an attacker sees it.

use super::format::Format;

/// A decoder as an attacker sees it: something that takes bytes.
#[derive(Debug, Clone, Copy)]
pub struct Decoder {
    /// `family/name`.
    pub name: &'static str,
    /// Decodes, drops what was read, and says whether the bytes were accepted.
    pub decode: fn(&[u8]) -> bool,
    /// Decodes and, if the bytes were accepted, panics unless what was read survives its own
    /// encoding and a byte behind the end is refused.
    pub verify: fn(&[u8]),
    /// Valid inputs, the same in each run.
    pub samples: fn() -> Vec<Vec<u8>>,
    /// Inputs that make the decoder hold as much memory as possible for each byte of them.
    pub densest: fn() -> Vec<Vec<u8>>,
}

impl Decoder {
    /// The decoder of a format.
    pub fn of<F: Format>() -> Self {
        Self {
            name: F::NAME,
            decode: |bytes| F::decode(bytes).is_some(),
            verify: verify::<F>,
            samples: F::samples,
            densest: F::densest,
        }
    }
}

fn verify<F: Format>(bytes: &[u8]) {
    let Some(value) = F::decode(bytes) else {
        return;
    };
    let written = F::encode(&value);
    let again = F::decode(&written);
    assert_eq!(
        again.as_ref(),
        Some(&value),
        "{}: what was read from {bytes:02x?} does not survive its encoding",
        F::NAME
    );
    if !F::is_open(&value) {
        let longer = [bytes, &[0]].concat();
        assert!(
            F::decode(&longer).is_none(),
            "{}: a byte behind {bytes:02x?} was not refused",
            F::NAME
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One byte, read wrongly on purpose.
    struct Faulty<const LOSES: bool, const TRAILS: bool>;

    impl<const LOSES: bool, const TRAILS: bool> Format for Faulty<LOSES, TRAILS> {
        type Value = u8;
        const NAME: &'static str = "test/faulty";

        fn decode(bytes: &[u8]) -> Option<u8> {
            match bytes {
                [value] => Some(*value),
                [value, _] if TRAILS => Some(*value),
                _ => None,
            }
        }

        fn encode(value: &u8) -> Vec<u8> {
            vec![value.wrapping_add(LOSES.into())]
        }

        fn samples() -> Vec<Vec<u8>> {
            vec![vec![7]]
        }
    }

    #[test]
    fn a_decoder_without_fault_is_fine_with_what_it_takes_and_with_what_it_refuses() {
        let decoder = Decoder::of::<Faulty<false, false>>();
        for bytes in [&[][..], &[7], &[7, 0]] {
            (decoder.verify)(bytes);
        }
        assert!((decoder.decode)(&[7]) && !(decoder.decode)(&[]));
    }

    #[test]
    #[should_panic(expected = "does not survive")]
    fn a_value_that_its_encoder_loses_is_caught() {
        (Decoder::of::<Faulty<true, false>>().verify)(&[7]);
    }

    #[test]
    #[should_panic(expected = "was not refused")]
    fn a_byte_behind_the_end_that_is_taken_is_caught() {
        (Decoder::of::<Faulty<false, true>>().verify)(&[7]);
    }
}

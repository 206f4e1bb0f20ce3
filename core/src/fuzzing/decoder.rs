//! A decoder as an attacker sees it.

use bytes::Bytes;

use super::format::Format;

/// A decoder as an attacker sees it: something that takes bytes.
#[derive(Debug, Clone, Copy)]
pub struct Decoder {
    /// `family/name`.
    pub name: &'static str,
    /// Bytes that may be held at the peak for each byte of an input, beside 64 KiB.
    pub factor: u64,
    /// Decodes, drops what was read, and says whether the bytes were accepted.
    pub decode: fn(&Bytes) -> bool,
    /// Decodes and, if the bytes were accepted, panics unless what was read survives its own
    /// encoding and a byte behind the end is refused.
    pub verify: fn(&Bytes),
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
            factor: F::FACTOR,
            decode: |bytes| F::decode(bytes).is_some(),
            verify: verify::<F>,
            samples: F::samples,
            densest: F::densest,
        }
    }
}

fn verify<F: Format>(bytes: &Bytes) {
    let Some(value) = F::decode(bytes) else {
        return;
    };
    let written = F::encode(&value).into();
    let again = F::decode(&written);
    assert_eq!(
        again.as_ref(),
        Some(&value),
        "{}: what was read from {bytes:02x?} does not survive its encoding",
        F::NAME
    );
    if !F::is_open(&value) {
        let longer = [bytes, &[0][..]].concat().into();
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

        fn decode(bytes: &Bytes) -> Option<u8> {
            match &bytes[..] {
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
            (decoder.verify)(&Bytes::from_static(bytes));
        }
        assert!((decoder.decode)(&Bytes::from_static(&[7])));
        assert!(!(decoder.decode)(&Bytes::new()));
    }

    #[test]
    #[should_panic(expected = "does not survive")]
    fn a_value_that_its_encoder_loses_is_caught() {
        (Decoder::of::<Faulty<true, false>>().verify)(&Bytes::from_static(&[7]));
    }

    #[test]
    #[should_panic(expected = "was not refused")]
    fn a_byte_behind_the_end_that_is_taken_is_caught() {
        (Decoder::of::<Faulty<false, true>>().verify)(&Bytes::from_static(&[7]));
    }
}

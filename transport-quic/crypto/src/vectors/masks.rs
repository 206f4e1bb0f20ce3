//! Masking and unmasking packet numbers (RFC 9001 §5.4).

use rustls::quic::{HeaderProtectionKey, Version};

use super::every_suite::every_suite;

const SAMPLE: [u8; 16] = *b"sixteen bytes of";

/// First bytes that are not masked: the forms of header, each with every length of number.
fn first_bytes() -> impl Iterator<Item = u8> {
    let forms = [0x40, 0x5c, 0xc0, 0xe0, 0xfc];
    forms
        .into_iter()
        .flat_map(|form| (0..4).map(move |length| form | length))
}

fn every_mask(prove: impl Fn(&str, Box<dyn HeaderProtectionKey>)) {
    for (provider, name, suite) in every_suite() {
        let keys = suite.keys(b"somebody", rustls::Side::Client, Version::V1);
        prove(&format!("{provider} {name:?}"), keys.local.header);
    }
}

#[test]
fn unmasking_undoes_masking_and_touches_no_more_than_the_number() {
    every_mask(|who, mask| {
        for first in first_bytes() {
            let length = usize::from(first & 0x03) + 1;
            let (mut masked, mut number) = (first, [0xaa; 4]);
            mask.encrypt_in_place(&SAMPLE, &mut masked, &mut number)
                .unwrap();
            assert!(number[..length] != [0xaa; 4][..length], "{who} {first:#x}");
            assert_eq!(number[length..], [0xaa; 4][length..], "{who} {first:#x}");
            // RFC 9001 §5.4.1: four bits of a long header's first byte, five of a short one's.
            let hidden = if first & 0x80 == 0 { 0x1f } else { 0x0f };
            assert_eq!(masked & !hidden, first & !hidden, "{who} {first:#x}");
            mask.decrypt_in_place(&SAMPLE, &mut masked, &mut number)
                .unwrap();
            assert_eq!((masked, number), (first, [0xaa; 4]), "{who} {first:#x}");
        }
    });
}

#[test]
fn every_bit_that_may_be_masked_is_by_some_sample() {
    every_mask(|who, mask| {
        for (first, hidden) in [(0x43, 0x1f), (0xc3, 0x0f)] {
            let mut flipped = (0, [0; 4]);
            for byte in 0..=255 {
                let (mut masked, mut number) = (first, [0; 4]);
                mask.encrypt_in_place(&[byte; 16], &mut masked, &mut number)
                    .unwrap();
                flipped.0 |= masked ^ first;
                flipped.1.iter_mut().zip(number).for_each(|(f, n)| *f |= n);
            }
            assert_eq!(flipped, (hidden, [0xff; 4]), "{who}");
        }
    });
}

#[test]
fn a_sample_of_another_length_is_refused_and_nothing_is_changed() {
    every_mask(|who, mask| {
        assert_eq!(mask.sample_len(), 16);
        let long = [SAMPLE, SAMPLE].concat();
        for length in (0..16).chain([17, 32]) {
            let (mut first, mut number) = (0xc3, [0xaa; 4]);
            let masked = mask.encrypt_in_place(&long[..length], &mut first, &mut number);
            assert!(masked.is_err(), "{who} {length}");
            let unmasked = mask.decrypt_in_place(&long[..length], &mut first, &mut number);
            assert!(unmasked.is_err(), "{who} {length}");
            assert_eq!((first, number), (0xc3, [0xaa; 4]), "{who} {length}");
        }
    });
}

#[test]
fn a_number_that_is_too_long_is_refused_and_nothing_is_changed() {
    every_mask(|who, mask| {
        for length in [5, 8, 16] {
            let (mut first, mut number) = (0xc3, vec![0xaa; length]);
            let masked = mask.encrypt_in_place(&SAMPLE, &mut first, &mut number);
            assert!(masked.is_err(), "{who} {length}");
            let unmasked = mask.decrypt_in_place(&SAMPLE, &mut first, &mut number);
            assert!(unmasked.is_err(), "{who} {length}");
            assert_eq!((first, number), (0xc3, vec![0xaa; length]), "{who}");
        }
    });
}

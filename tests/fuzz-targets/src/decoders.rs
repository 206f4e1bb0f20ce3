//! Every parser of bytes from outside, by family.

use std::sync::LazyLock;

use bytes::Bytes;
use quibus::fuzzing::Decoder;

use crate::certificates;

static DECODERS: LazyLock<Vec<Decoder>> =
    LazyLock::new(|| [quibus::fuzzing::decoders(), certificates::decoders()].concat());

/// Every parser of bytes from outside.
pub fn decoders() -> &'static [Decoder] {
    &DECODERS
}

/// Tries the decoder that the first byte names by its place in the family with the others.
pub(crate) fn attack_family(family: &str, input: &[u8]) {
    if let Some((place, bytes)) = input.split_first()
        && let Some(decoder) = members(family).nth((*place).into())
    {
        (decoder.verify)(&Bytes::copy_from_slice(bytes));
    }
}

/// The samples of all decoders of a family, each behind its decoder's place.
pub(crate) fn samples_of_family(family: &str) -> Vec<Vec<u8>> {
    let numbered = (0..=u8::MAX).zip(members(family));
    let samples = numbered.flat_map(|(place, decoder)| {
        let samples = (decoder.samples)().into_iter();
        samples.map(move |sample| [&[place], &sample[..]].concat())
    });
    samples.collect()
}

fn members(family: &str) -> impl Iterator<Item = &'static Decoder> {
    decoders().iter().filter(move |decoder| {
        let name = decoder.name.split_once('/');
        name.is_some_and(|(of, _)| of == family)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TARGETS;

    #[test]
    fn every_decoder_takes_its_samples_and_no_two_have_one_name() {
        for (index, decoder) in decoders().iter().enumerate() {
            let samples = (decoder.samples)();
            assert!(!samples.is_empty(), "{} has no samples", decoder.name);
            for sample in samples.into_iter().map(Bytes::from) {
                assert!((decoder.decode)(&sample), "{}: {sample:02x?}", decoder.name);
                (decoder.verify)(&sample);
            }
            let others = &decoders()[index + 1..];
            assert!(others.iter().all(|other| other.name != decoder.name));
        }
    }

    #[test]
    fn every_decoder_belongs_to_a_target() {
        for decoder in decoders() {
            let (family, _) = decoder.name.split_once('/').unwrap();
            assert!(
                TARGETS.iter().any(|target| target.name == family),
                "{family}"
            );
        }
    }
}

//! One decoder under many inputs.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use fastrand::Rng;
use quibus_fuzz_targets::Decoder;

use super::mutation::hostile;

/// Of so many hostile inputs one is made from what is known to cost most: those are long.
const DENSE_EVERY: usize = 2_000;

/// So many inputs that break the promise are enough: a panic prints, and takes its time.
const ENOUGH: usize = 5;

/// What every decoder may hold, whatever the input.
const FREE: u64 = 64 << 10;

/// What became of the inputs of one decoder.
#[derive(Debug, Clone)]
pub(super) struct Findings {
    pub(super) decoder: &'static str,
    pub(super) inputs: usize,
    pub(super) accepted: usize,
    /// The input that came nearest to what is allowed.
    pub(super) costliest: Cost,
    /// The first input that broke the promise.
    pub(super) fault: Option<Fault>,
    pub(super) faults: usize,
}

/// What one input made its decoder hold.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cost {
    pub(super) input: usize,
    pub(super) peak: u64,
    pub(super) allowed: u64,
}

impl Cost {
    /// How much of the allowed it is.
    pub(super) fn share(self) -> f64 {
        self.peak as f64 / self.allowed.max(1) as f64
    }
}

/// How the promise was broken.
#[derive(Debug, Clone)]
pub(super) struct Fault {
    pub(super) input: Bytes,
    pub(super) complaint: String,
}

/// Gives a decoder its valid inputs, its costliest ones, and `count` hostile ones.
pub(super) fn attack(decoder: &Decoder, count: usize, seed: u64) -> Findings {
    let (samples, densest) = ((decoder.samples)(), (decoder.densest)());
    let shared = |inputs: &[Vec<u8>]| inputs.iter().cloned().map(Bytes::from).collect::<Vec<_>>();
    let mut findings = Findings {
        decoder: decoder.name,
        inputs: 0,
        accepted: 0,
        costliest: Cost::default(),
        fault: None,
        faults: 0,
    };
    // What is made once per process is not the input's cost.
    for sample in &shared(&samples) {
        let _ = catch_unwind(AssertUnwindSafe(|| (decoder.decode)(sample)));
    }
    for input in &[shared(&samples), shared(&densest)].concat() {
        findings.take(decoder, input);
    }
    let mut rng = Rng::with_seed(seed);
    for number in 0..count {
        if findings.faults >= ENOUGH {
            break;
        }
        let dense = !densest.is_empty() && number % DENSE_EVERY == 0;
        let input = hostile(if dense { &densest } else { &samples }, &mut rng);
        findings.take(decoder, &input.into());
    }
    findings
}

impl Findings {
    fn take(&mut self, decoder: &Decoder, input: &Bytes) {
        self.inputs += 1;
        let mut accepted = Ok(false);
        let counted = allocation_counter::measure(|| {
            accepted = catch_unwind(AssertUnwindSafe(|| (decoder.decode)(input)));
        });
        let cost = Cost {
            input: input.len(),
            peak: counted.bytes_max,
            allowed: decoder.factor * input.len() as u64 + FREE,
        };
        if cost.share() > self.costliest.share() {
            self.costliest = cost;
        }
        if cost.share() > 1.0 {
            let Cost { peak, allowed, .. } = cost;
            self.broken(
                input,
                format!("it held {peak} bytes, allowed are {allowed}"),
            );
        }
        match accepted {
            Err(_) => self.broken(input, "it panicked".into()),
            Ok(false) => {}
            Ok(true) => {
                self.accepted += 1;
                // Trailing bytes, and whether what was read survives its own encoding.
                let verified = catch_unwind(AssertUnwindSafe(|| (decoder.verify)(input)));
                if let Err(panic) = verified {
                    let text = panic.downcast_ref::<String>();
                    let text = text.map_or("it does not bear its own check", String::as_str);
                    self.broken(input, text.into());
                }
            }
        }
    }

    fn broken(&mut self, input: &Bytes, complaint: String) {
        self.faults += 1;
        self.fault.get_or_insert_with(|| Fault {
            input: input.clone(),
            complaint,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FINE: Decoder = Decoder {
        name: "test/fine",
        factor: 16,
        decode: |bytes| bytes.first() == Some(&7),
        verify: |_| {},
        samples: || vec![vec![7, 1, 2]],
        densest: Vec::new,
    };

    fn complaint(decoder: &Decoder) -> String {
        let findings = attack(decoder, 20_000, 7);
        assert!(findings.faults >= 1 && findings.inputs <= 20_000 + 2);
        findings.fault.expect("nothing was found").complaint
    }

    #[test]
    fn a_decoder_without_fault_is_found_to_have_none() {
        let findings = attack(&FINE, 20_000, 7);
        assert!(findings.fault.is_none(), "{:?}", findings.fault);
        assert!(findings.accepted > 1_000 && findings.accepted < findings.inputs);
    }

    #[test]
    fn a_decoder_that_reserves_what_an_input_claims_is_caught() {
        let trusting = Decoder {
            decode: |bytes| {
                let claim = bytes
                    .first_chunk()
                    .map_or(0, |claim| u32::from_le_bytes(*claim));
                let reserved: Vec<u8> = Vec::with_capacity(claim as usize % (32 << 20));
                reserved.capacity() > 0
            },
            ..FINE
        };
        assert!(complaint(&trusting).contains("it held"));
    }

    #[test]
    fn a_list_that_holds_more_than_sixteen_bytes_for_a_byte_is_caught() {
        let growing = Decoder {
            decode: |bytes| {
                bytes
                    .iter()
                    .map(|byte| [*byte; 24])
                    .collect::<Vec<_>>()
                    .len()
                    > 1
            },
            densest: || vec![vec![0; 100_000]],
            ..FINE
        };
        assert!(complaint(&growing).contains("allowed are"));
    }

    #[test]
    fn a_decoder_that_panics_is_caught() {
        let indexing = Decoder {
            decode: |bytes| bytes[usize::from(bytes[0] & 3)] == 7,
            ..FINE
        };
        assert_eq!(complaint(&indexing), "it panicked");
    }

    #[test]
    fn a_decoder_that_fails_its_own_check_is_caught() {
        let trailing = Decoder {
            verify: |bytes| assert!(bytes.len() < 4, "{} bytes follow the end", bytes.len() - 3),
            ..FINE
        };
        assert!(complaint(&trailing).contains("follow the end"));
    }
}

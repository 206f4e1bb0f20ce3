//! The target `certificates` under libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| quibus_fuzz_targets::run("certificates", input));

//! The target `packet_decrypt` under libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| quibus_fuzz_targets::run("packet_decrypt", input));

//! The target `messages` under libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| quibus_fuzz_targets::run("messages", input));

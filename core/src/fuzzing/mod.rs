//! Every parser of bytes from outside, under one type: what fuzzers and the claim `decoder-limits`
//! attack.
//!
//! Most of them are private to their floors, and stay so: this module, behind the feature
//! `fuzzing`, is the one door. A [`Decoder`] can be tried with bytes, checked against what its
//! encoder writes, and asked for valid inputs to begin from. A new parser of bytes that others
//! send gets a [`Format`] here; a number in [`decoders`] is part of the corpora, so it is added at
//! the end.

mod debts;
mod decoder;
mod directory;
mod flat_messages;
mod format;
mod frames;
mod lanes;
mod messages;
mod names;
mod samples;
mod types;
mod unsequenced;

pub use decoder::Decoder;
pub use format::Format;

/// All decoders of this crate, each with its family; corpora name them by their place.
pub fn decoders() -> Vec<Decoder> {
    [
        frames::decoders(),
        names::decoders(),
        directory::decoders(),
        flat_messages::decoders(),
        messages::decoders(),
        types::decoders(),
        debts::decoders(),
    ]
    .concat()
}

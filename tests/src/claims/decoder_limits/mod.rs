//! The claim that no input makes a decoder panic or allocate much (promise 4).
//!
//! Every parser of bytes that others send is given hostile inputs: valid ones with lies in them,
//! and those that are known to cost most. What it holds at the peak is counted by the allocator.
//!
//! | module | what it settles |
//! | --- | --- |
//! | `decoder_limits_claim` | the claim itself, its table and its verdict |
//! | `attack` | one decoder under many inputs, and what was found |
//! | `mutation` | how a valid input becomes a hostile one |

mod attack;
mod decoder_limits_claim;
mod mutation;

pub use decoder_limits_claim::DecoderLimits;

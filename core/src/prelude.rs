//! What a service imports: `use quibus::prelude::*;`.
//!
//! Neither `Message` nor `Result` is in here: both would hide what most programs mean by them.

pub use crate::bus::{Bus, SendError};
pub use crate::dispatch::{Deadline, HandlerExt, Sender, State};
pub use crate::id::MessageId;
pub use crate::message::{Body, Headers};
pub use crate::{Command, Event};

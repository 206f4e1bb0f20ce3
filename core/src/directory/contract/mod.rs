//! The messages between a peer and a directory server.
//!
//! All of them are commands in the namespace `Quibus.Directory` and travel in the lane
//! `infrastructure`; a peer speaks for itself only, so none of them says who asks (promise 30).
//!
//! | who asks | command | answer |
//! | --- | --- | --- |
//! | peer | [`Register`] | [`Registered`]: its incarnation |
//! | peer | [`Attach`] | [`Attached`]: what it will get next, a snapshot or changes |
//! | peer | [`UpdateSubscriptions`] | [`Updated`] |
//! | peer | [`Drain`], [`Unregister`] | [`Drained`], [`Unregistered`] |
//! | peer | [`Describe`], [`Supply`] | [`Wanted`], [`Supplied`]: which descriptions of types are lacking; they are kept |
//! | peer | [`Heartbeat`], every second | [`Alive`] |
//! | operator, administrator | [`Look`], in the bootstrap lane | [`Seen`]: a part of a snapshot, or changes |
//! | peer, operator, administrator | [`ListTypes`], [`GetType`] | [`ListedTypes`], [`GotType`] |
//! | server | [`SnapshotPart`], [`Changes`] | [`Applied`]: also the barrier of promise 26, and who holds something (28) |
//! | server | [`Probe`], when a second process claims the name | [`Present`] |
//!
//! Lists travel as bytes in a form of their own, inside flat protobuf messages, so that no input
//! makes the reader allocate much more than its length; see each message's `read`.

mod attach;
#[cfg(test)]
mod conventions;
mod describe;
mod heartbeat;
mod known_types;
mod leave;
mod look;
mod probe;
mod register;
mod request_error;
mod revision_parts;
mod update_subscriptions;
mod watch;
mod watch_error;

pub use attach::{Attach, Attached, Attachment, WatchMode};
pub use describe::{Describe, Supplied, Supply, Wanted};
pub use heartbeat::{Alive, Heartbeat};
pub use known_types::{GetType, GotType, KnownType, ListTypes, ListedTypes, TypesAssembly};
pub use leave::{Drain, Drained, Unregister, Unregistered};
pub use look::{Look, Seen};
pub use probe::{Present, Probe};
pub use register::{Register, RegisterError, Registered, Registration};
pub use request_error::RequestError;
pub use revision_parts::RevisionParts;
pub use update_subscriptions::{UpdateSubscriptions, Updated};
pub use watch::{Applied, Changes, SnapshotPart};
pub use watch_error::WatchError;

//! Buses that talk to each other over a network in memory, without a directory: each is told by
//! hand who is there.

mod beside_large;
mod between_runs;
mod bodies;
mod body_faults;
mod body_rig;
mod broken_tasks;
mod codecs;
mod commands;
mod events;
mod exchange;
mod for_ever;
mod handed_out;
#[cfg(quibus_shuttle)]
mod interleavings;
mod lanes;
mod late;
mod layers;
mod log_hook;
mod memory;
mod missed;
mod opening;
mod outer_panics;
mod owed;
mod owed_at_a_stop;
mod owed_by_many;
mod raw;
mod rig;
mod room;
mod routes;
mod runtimes;
mod several;
mod slots;
mod sources;
mod stops;
mod strangers;
mod twins;
mod unlocked;
mod unpolled;
mod unsequenced;
mod unsubscribed;
mod wakers;
mod watchers;

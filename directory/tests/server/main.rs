//! One directory server and several buses in one process, over a network in memory and mostly in
//! virtual time.

mod messages;
mod town;

mod meeting;

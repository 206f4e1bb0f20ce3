//! Only who waits for an outcome hears that something was lost.

use quibus::prelude::*;

#[derive(Clone, PartialEq, prost::Message, Event)]
#[quibus(namespace = "Shop", unsequenced)]
struct Opened {}

fn main() {}

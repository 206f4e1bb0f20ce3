//! What handlers need to be given before the start.

use std::any::{TypeId, type_name};

use super::States;

/// What the extractors of handlers need to be given before the start.
#[derive(Debug, Default)]
pub struct Needs {
    states: Vec<Need>,
}

#[derive(Debug, PartialEq, Eq)]
struct Need {
    id: TypeId,
    name: &'static str,
}

impl Needs {
    /// Nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks for a state of this type.
    pub fn state<T: 'static>(&mut self) {
        let need = Need {
            id: TypeId::of::<T>(),
            name: type_name::<T>(),
        };
        if !self.states.contains(&need) {
            self.states.push(need);
        }
    }

    /// The names of the types that were asked for and are not there.
    pub fn missing<'a>(&'a self, states: &'a States) -> impl Iterator<Item = &'static str> + 'a {
        self.states
            .iter()
            .filter(|need| !states.contains(need.id))
            .map(|need| need.name)
    }
}

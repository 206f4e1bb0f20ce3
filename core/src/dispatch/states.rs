//! What was given to the bus for its handlers.

use std::any::{Any, TypeId, type_name};
use std::fmt;

/// What was given to the bus for its handlers: at most one value of a type.
///
/// Nothing is added after the start, so handlers read it without a lock.
#[derive(Default)]
pub struct States {
    /// Searched from the front: there are a few, and comparing a few ids is quicker than hashing
    /// one.
    entries: Vec<Entry>,
}

struct Entry {
    id: TypeId,
    name: &'static str,
    value: Box<dyn Any + Send + Sync>,
}

impl States {
    /// No state at all.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value, unless there is one of its type.
    pub fn insert<T: Any + Send + Sync>(&mut self, value: T) -> Result<(), DuplicateState> {
        let id = TypeId::of::<T>();
        let name = type_name::<T>();
        if self.contains(id) {
            return Err(DuplicateState { name });
        }
        let value = Box::new(value);
        self.entries.push(Entry { id, name, value });
        Ok(())
    }

    /// The value of this type.
    pub fn get<T: Any>(&self) -> Option<&T> {
        let id = TypeId::of::<T>();
        let entry = self.entries.iter().find(|entry| entry.id == id)?;
        entry.value.downcast_ref()
    }

    /// Whether there is a value of this type.
    pub fn contains(&self, id: TypeId) -> bool {
        self.entries.iter().any(|entry| entry.id == id)
    }
}

impl fmt::Debug for States {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.entries.iter().map(|entry| entry.name);
        f.debug_set().entries(names).finish()
    }
}

/// Two states of one type: a handler could not say which it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("two states of the type {name} were given: wrap one of them in a type of its own")]
pub struct DuplicateState {
    /// The type.
    pub name: &'static str,
}

#[cfg(test)]
mod tests {
    use super::super::Needs;
    use super::*;

    #[test]
    fn a_state_is_found_by_its_type_and_only_one_of_a_type_is_taken() {
        let mut states = States::new();
        states.insert(7_u32).unwrap();
        states.insert("text").unwrap();
        assert_eq!(states.get::<u32>(), Some(&7));
        assert_eq!(states.get::<&str>(), Some(&"text"));
        assert_eq!(states.get::<u64>(), None);
        assert_eq!(states.insert(8_u32), Err(DuplicateState { name: "u32" }));
        assert_eq!(states.get::<u32>(), Some(&7));
    }

    #[test]
    fn what_is_missing_is_named_once() {
        let mut states = States::new();
        states.insert(7_u32).unwrap();
        let mut needs = Needs::new();
        needs.state::<u32>();
        needs.state::<u64>();
        needs.state::<u64>();
        assert_eq!(needs.missing(&states).collect::<Vec<_>>(), ["u64"]);
    }
}

//! The names of a process's lanes.

use std::sync::{Arc, PoisonError, RwLock};

use super::lane_id::LaneId;

/// The names of a process's lanes, in the order of their numbers (promise 17: at most 12).
#[derive(Debug)]
pub(crate) struct LaneNames {
    names: RwLock<Vec<&'static str>>,
    /// Those of unsequenced lanes, which are counted apart.
    unsequenced: RwLock<Vec<&'static str>>,
}

impl LaneNames {
    pub(crate) fn new() -> Arc<Self> {
        let own = [
            "control",
            "bootstrap",
            "infrastructure",
            "infrastructure outcomes",
            "outcomes",
        ];
        let names = own.into_iter().chain(["default"]).collect();
        Arc::new(Self {
            names: RwLock::new(names),
            unsequenced: RwLock::default(),
        })
    }

    pub(crate) fn name(&self, lane: LaneId) -> &'static str {
        let names = self.names.read().unwrap_or_else(PoisonError::into_inner);
        names.get(lane.index()).copied().unwrap_or("")
    }

    /// How many names there are, the bus's own among them.
    pub(crate) fn len(&self) -> usize {
        let names = self.names.read().unwrap_or_else(PoisonError::into_inner);
        names.len()
    }

    /// The lane of this name. `None`: there are 12 already.
    pub(crate) fn lane(&self, name: &'static str) -> Option<LaneId> {
        if name == "default" {
            return Some(LaneId::DEFAULT);
        }
        LaneId::at(place(&self.names, name, LaneId::COUNT)?)
    }

    /// The unsequenced lane of this name. `None`: there are two already.
    pub(crate) fn unsequenced(&self, name: &'static str) -> Option<LaneId> {
        let at = place(&self.unsequenced, name, LaneId::MOST_UNSEQUENCED)?;
        LaneId::unsequenced_at(at)
    }
}

/// The place of a name among `most`, entered if it is new.
fn place(names: &RwLock<Vec<&'static str>>, name: &'static str, most: usize) -> Option<usize> {
    let find = |names: &[&str]| names.iter().position(|known| *known == name);
    let known = find(&names.read().unwrap_or_else(PoisonError::into_inner));
    if known.is_some() {
        return known;
    }
    let mut names = names.write().unwrap_or_else(PoisonError::into_inner);
    if let Some(at) = find(&names) {
        return Some(at);
    }
    let at = (names.len() < most).then_some(names.len())?;
    names.push(name);
    Some(at)
}

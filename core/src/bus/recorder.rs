//! What a bus has published, for tests of the services on it.

use std::any::TypeId;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::BytesMut;

use crate::message::{Codec, Event};

/// The events that a bus was given to publish, whoever wanted them, as they travel.
#[derive(Debug, Default)]
pub struct Recorder {
    events: Mutex<Vec<(TypeId, BytesMut)>>,
}

impl Recorder {
    /// Most events that are kept.
    pub const MAX: usize = 65_536;

    /// One that cannot be encoded is the publisher's to hear of.
    pub(super) fn record<E: Event>(&self, event: &E) {
        let mut encoded = BytesMut::with_capacity(E::Codec::encoded_len(event));
        if E::Codec::encode(event, &mut encoded).is_err() {
            return;
        }
        let mut events = self.lock();
        if events.len() <= Self::MAX {
            events.push((TypeId::of::<E>(), encoded));
        }
    }

    /// Those of one type, in the order of their publishing.
    ///
    /// # Panics
    /// If there were more events than are kept.
    pub fn published<E: Event>(&self) -> Vec<E> {
        let events = self.lock();
        assert!(
            events.len() <= Self::MAX,
            "more than {} events were published: test with fewer",
            Self::MAX
        );
        let own = events.iter().filter(|(id, _)| *id == TypeId::of::<E>());
        own.filter_map(|(_, encoded)| E::Codec::decode(encoded).ok())
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(TypeId, BytesMut)>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

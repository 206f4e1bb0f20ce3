//! How a handler finds its bus.

use std::sync::{Arc, OnceLock, Weak};

use super::bus::Bus;
use super::inner::Inner;
use crate::dispatch::{Delivery, FromDelivery, Needs, Rejection};

/// Holds the bus for the extractor, weakly: handlers must not keep a dropped bus alive.
#[derive(Clone, Default)]
pub(super) struct BusCell(Arc<OnceLock<Weak<Inner>>>);

impl BusCell {
    pub(super) fn set(&self, inner: &Arc<Inner>) {
        let _ = self.0.set(Arc::downgrade(inner));
    }

    pub(super) fn get(&self) -> Option<Arc<Inner>> {
        self.0.get()?.upgrade()
    }
}

/// The bus that the message came by.
impl<Mode> FromDelivery<Mode> for Bus {
    fn from_delivery(delivery: &Delivery<'_>) -> Result<Self, Rejection> {
        let inner = delivery.state::<BusCell>().and_then(BusCell::get);
        inner
            .map(Bus::of)
            .ok_or_else(|| Rejection::new("the bus has stopped"))
    }

    fn needs(_: &mut Needs) {}
}

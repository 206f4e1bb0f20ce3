//! Subscriptions made while the bus runs.

use std::fmt;
use std::sync::{Arc, Weak};

use super::inner::{Inner, Life};
use super::subscribe_error::SubscribeError;
use super::telling::Telling;
use crate::binding::BindingKey;
use crate::dispatch::{ErasedHandler, Registered, SubscriptionMode};

/// A subscription made while the bus runs; dropping it ends it.
#[must_use = "dropping it ends the subscription"]
pub struct Live {
    bus: Weak<Inner>,
    handler: Option<Arc<Registered>>,
    keys: Vec<BindingKey>,
    everywhere: bool,
}

impl Live {
    /// Whether every peer that was attached and responding had applied the subscription when it
    /// was made; `false` if one took more than 2 s.
    pub fn is_live_everywhere(&self) -> bool {
        self.everywhere
    }

    /// Ends the subscription and waits until that is as known as its beginning was. What is
    /// queued for the handler still runs. Dropping this future ends the subscription at once.
    ///
    /// # Errors
    /// If the directory refused; the handler gets nothing more all the same.
    pub async fn unsubscribe(mut self) -> Result<(), SubscribeError> {
        let (Some(bus), Some(name)) = (self.bus.upgrade(), self.name()) else {
            return Ok(());
        };
        // The handler stays until nobody has anything more for it, or this is dropped.
        match self.withdraw(&bus) {
            true => bus.membership.update(&bus, name).await.map(|_| ()),
            false => Ok(()),
        }
    }

    /// Enters a handler and what it wants, if there is a place for it.
    fn enter(
        bus: &Arc<Inner>,
        handler: Arc<dyn ErasedHandler>,
        keys: Vec<BindingKey>,
    ) -> Result<Self, SubscribeError> {
        let name = handler.message_type();
        let registered = bus.dispatcher.add_beside(handler);
        let registered = registered.map_err(|why| SubscribeError::Handler(why.to_string()))?;
        let live = Self {
            bus: Arc::downgrade(bus),
            handler: Some(registered),
            keys,
            everywhere: true,
        };
        let mut book = bus.book();
        if let Some(all) = book.add(name, &live.keys) {
            bus.replica.set_own(name, &all);
        }
        drop(book);
        Ok(live)
    }

    /// Wants nothing more. Whether that is news for the directory.
    fn withdraw(&mut self, bus: &Inner) -> bool {
        let keys = std::mem::take(&mut self.keys);
        let Some(name) = self.name() else {
            return false;
        };
        let mut book = bus.book();
        let news = book.remove(name, &keys);
        if let Some(left) = &news {
            bus.replica.set_own(name, left);
        }
        news.is_some()
    }

    fn name(&self) -> Option<&'static str> {
        let handler = self.handler.as_ref();
        handler.map(|handler| handler.handler.message_type())
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        let Some(bus) = self.bus.upgrade() else {
            return;
        };
        self.withdraw(&bus);
        if let Some(handler) = self.handler.take() {
            bus.dispatcher.remove(&handler);
            Telling::begin(&bus, handler.handler.message_type());
        }
    }
}

impl fmt::Debug for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live")
            .field("keys", &self.keys)
            .finish_non_exhaustive()
    }
}

/// Subscribes a handler.
pub(super) async fn subscribe(
    bus: &Arc<Inner>,
    mut handler: Box<dyn ErasedHandler>,
) -> Result<Live, SubscribeError> {
    check(bus, handler.as_ref())?;
    let described = handler.describe();
    let name = handler.message_type();
    let keys = match handler.options().mode {
        SubscriptionMode::Manual => Vec::new(),
        _ => handler.options().keys.clone(),
    };
    bus.layers.iter().for_each(|layer| handler.wrap(layer));
    // Whatever ends this early undoes it by dropping this: an error, or that its caller has waited
    // for long enough.
    let mut live = Live::enter(bus, handler.into(), keys)?;
    if !live.keys.is_empty() {
        live.everywhere = bus.membership.update(bus, name).await?;
    }
    let told = described.map(|described| bus.types().add(described));
    match told {
        Some(Ok(true)) => bus.membership.describe(bus).await,
        Some(Err(undescribed)) => undescribed.log(),
        _ => {}
    }
    Ok(live)
}

/// Finds what can't be subscribed, whoever else is.
fn check(bus: &Inner, handler: &dyn ErasedHandler) -> Result<(), SubscribeError> {
    if bus.life() != Life::Running {
        return Err(SubscribeError::Stopped);
    }
    if let Some(invalid) = &handler.options().invalid_key {
        return Err(SubscribeError::Handler(invalid.to_string()));
    }
    Ok(())
}

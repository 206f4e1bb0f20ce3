//! Subscriptions made while the bus runs.

use std::fmt;
use std::sync::{Arc, Weak};

use super::inner::{Inner, Life};
use super::subscribe_error::SubscribeError;
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
    /// queued for the handler still runs.
    ///
    /// # Errors
    /// If the directory refused; the handler gets nothing more all the same.
    pub async fn unsubscribe(mut self) -> Result<(), SubscribeError> {
        let (Some(bus), Some(handler)) = (self.bus.upgrade(), self.handler.take()) else {
            return Ok(());
        };
        end(&bus, &handler, &self.keys).await
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        let (Some(bus), Some(handler)) = (self.bus.upgrade(), self.handler.take()) else {
            return;
        };
        let keys = std::mem::take(&mut self.keys);
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                if let Err(error) = end(&bus, &handler, &keys).await {
                    tracing::warn!(%error, "a subscription could not be ended at the directory");
                }
            });
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
    if bus.life() != Life::Running {
        return Err(SubscribeError::Stopped);
    }
    if let Some(invalid) = &handler.options().invalid_key {
        return Err(SubscribeError::Handler(invalid.to_string()));
    }
    let described = handler.describe();
    let name = handler.message_type();
    let known = bus.dispatcher.handlers(name);
    if known
        .as_ref()
        .is_some_and(|known| known.command != handler.is_command())
    {
        let text = format!("{name} is handled here already, as the other kind of message");
        return Err(SubscribeError::Handler(text));
    }
    let twice = known.is_some();
    if handler.is_command() && twice && !handler.reply_is_unit() {
        let text = format!("{name} has a handler here already, and only one can give its reply");
        return Err(SubscribeError::Handler(text));
    }
    let keys = match handler.options().mode {
        SubscriptionMode::Manual => Vec::new(),
        _ => handler.options().keys.clone(),
    };
    bus.layers.iter().for_each(|layer| handler.wrap(layer));
    let registered = bus.dispatcher.add(handler.into());
    let news = bus.book().add(name, &keys);
    let mut everywhere = true;
    if let Some(all) = news {
        bus.replica.set_own(name, &all);
        match bus.membership.update(bus, name).await {
            Ok(live) => everywhere = live,
            Err(error) => {
                bus.dispatcher.remove(&registered);
                let left = bus.book().remove(name, &keys);
                if let Some(left) = left {
                    bus.replica.set_own(name, &left);
                }
                return Err(error);
            }
        }
    }
    if described.is_some_and(|described| bus.types().add(described)) {
        bus.membership.describe(bus).await;
    }
    Ok(Live {
        bus: Arc::downgrade(bus),
        handler: Some(registered),
        keys,
        everywhere,
    })
}

async fn end(
    bus: &Arc<Inner>,
    handler: &Arc<Registered>,
    keys: &[BindingKey],
) -> Result<(), SubscribeError> {
    let name = handler.handler.message_type();
    let news = bus.book().remove(name, keys);
    if let Some(left) = news {
        bus.replica.set_own(name, &left);
        let updated = bus.membership.update(bus, name).await;
        bus.dispatcher.remove(handler);
        updated?;
    } else {
        bus.dispatcher.remove(handler);
    }
    Ok(())
}

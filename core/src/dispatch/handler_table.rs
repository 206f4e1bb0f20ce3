//! The handlers of a process, by the types of their messages.
//!
//! Whoever delivers reads them without waiting. Whoever changes them puts others in their place, one
//! after the other. A handler is a user's, and its end may add another: so none ends while a change
//! is under way, and what was there before is let go of once it is over.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::{ArcSwap, Guard};

use super::delivering::ByType;
use super::registered::Registered;
use super::type_handlers::TypeHandlers;
use crate::peers::let_go;

/// The handlers of a process.
#[derive(Default)]
pub(super) struct HandlerTable {
    by_type: ArcSwap<ByType>,
    /// Held while they change, so that what is there stays there meanwhile.
    changing: Mutex<()>,
}

impl HandlerTable {
    /// All of them.
    pub(super) fn load(&self) -> Guard<Arc<ByType>> {
        self.by_type.load()
    }

    /// Those of a type.
    pub(super) fn of(&self, type_name: &str) -> Option<Arc<TypeHandlers>> {
        self.load().get(type_name).cloned()
    }

    /// Adds the handler that `make` makes, which sees those of its type. Of two that come at once one
    /// is first, and seen by the other.
    pub(super) fn add<E>(
        &self,
        type_name: &'static str,
        make: impl FnOnce(Option<&TypeHandlers>) -> Result<Arc<Registered>, E>,
    ) -> Result<Arc<Registered>, E> {
        let changing = self.lock();
        let known = self.of(type_name);
        let registered = make(known.as_deref())?;
        let _before = self.change(type_name, |handlers| handlers.push(registered.clone()));
        drop(changing);
        Ok(registered)
    }

    /// Takes a handler out.
    pub(super) fn remove(&self, registered: &Arc<Registered>) {
        let changing = self.lock();
        let _before = self.change(registered.handler.message_type(), |handlers| {
            handlers.retain(|known| !Arc::ptr_eq(known, registered));
        });
        drop(changing);
    }

    /// Takes all of them out.
    pub(super) fn clear(&self) {
        let changing = self.lock();
        let before = self.by_type.swap(Arc::default());
        drop(changing);
        let_go(Some(before));
    }

    /// Returns what was there before: to be let go of after unlocking.
    #[must_use]
    fn change(
        &self,
        type_name: &'static str,
        change: impl FnOnce(&mut Vec<Arc<Registered>>),
    ) -> Arc<ByType> {
        let mut by_type = HashMap::clone(&self.load());
        let mut handlers = by_type
            .get(type_name)
            .map(|known| known.handlers.clone())
            .unwrap_or_default();
        change(&mut handlers);
        match handlers.first() {
            None => by_type.remove(type_name),
            Some(first) => {
                let command = first.handler.is_command();
                let codec = handlers.iter().find_map(|known| known.handler.codec());
                let known = TypeHandlers {
                    command,
                    codec,
                    handlers,
                };
                by_type.insert(type_name, Arc::new(known))
            }
        };
        self.by_type.swap(Arc::new(by_type))
    }

    fn lock(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    use tokio::runtime::Handle;

    use super::super::queue::Queue;
    use super::super::{Handler, States};
    use super::*;

    #[derive(Clone, PartialEq, ::prost::Message, quibus::Event)]
    #[quibus(namespace = "Test")]
    struct Happened {}

    const NAME: &str = "Test.Happened";

    fn add(table: &HandlerTable, handler: Arc<Registered>) {
        let added: Result<_, Infallible> = table.add(NAME, |_| Ok(handler));
        let _ = added;
    }

    /// What a handler holds that adds another when it ends.
    struct AddsAnother {
        table: Arc<HandlerTable>,
        other: Arc<Registered>,
        ended: mpsc::Sender<()>,
    }

    impl Drop for AddsAnother {
        fn drop(&mut self) {
            add(&self.table, self.other.clone());
            let _ = self.ended.send(());
        }
    }

    #[tokio::test]
    async fn a_handler_that_is_removed_while_another_is_added_may_add_one_when_it_ends() {
        let queue = Queue::new("default".into(), Arc::new(States::new()), Handle::current());
        let idle = || {
            let handling = (|_: Happened| std::future::ready(())).into_handling();
            Arc::new(Registered::new(Arc::new(handling), queue.clone()))
        };
        let (ended, has_ended) = mpsc::channel();
        let table = Arc::<HandlerTable>::default();
        let adds = AddsAnother {
            table: table.clone(),
            other: idle(),
            ended,
        };
        let handling = move |_: Happened| {
            let _ = &adds;
            std::future::ready(())
        };
        let first = Registered::new(Arc::new(handling.into_handling()), queue.clone());
        let first = Arc::new(first);
        add(&table, first.clone());
        let (adding, second) = (table.clone(), idle());
        thread::spawn(move || {
            let added: Result<_, Infallible> = adding.clone().add(NAME, |known| {
                assert_eq!(known.map(|known| known.handlers.len()), Some(1));
                let (removed, is_removed) = mpsc::channel();
                thread::spawn(move || {
                    adding.remove(&first);
                    drop(first);
                    let _ = removed.send(());
                });
                // It either is at once, or when this one is added.
                let _ = is_removed.recv_timeout(Duration::from_millis(100));
                Ok(second)
            });
            let _ = added;
        });
        let ended = has_ended.recv_timeout(Duration::from_secs(10));
        assert_eq!(ended, Ok(()), "something was locked");
        let left = table.of(NAME).map(|known| known.handlers.len());
        assert_eq!(left, Some(2));
    }
}

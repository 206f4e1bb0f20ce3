//! Configuring a function as if it were a [`Handling`].

use std::sync::Arc;

use super::layer::HandlerLayer;
use super::{Callable, Handler, Handling};
use crate::message::Routes;

/// The methods of [`Handling`] for plain functions; part of the prelude.
///
/// It is there for functions only: for every type it would clash with the methods of others.
pub trait HandlerExt<A>: Callable<A> + Sized {
    /// See [`Handling::matching`].
    fn matching(self, routes: impl Routes<Self::Message>) -> Handling<Self::Message>
    where
        Self: Handler<A>,
    {
        self.into_handling().matching(routes)
    }

    /// See [`Handling::queue`].
    fn queue(self, name: impl Into<Arc<str>>) -> Handling<Self::Message>
    where
        Self: Handler<A>,
    {
        self.into_handling().queue(name)
    }

    /// See [`Handling::concurrency`].
    fn concurrency(self, running: usize) -> Handling<Self::Message>
    where
        Self: Handler<A>,
    {
        self.into_handling().concurrency(running)
    }

    /// See [`Handling::exclusive`].
    fn exclusive(self) -> Handling<Self::Message>
    where
        Self: Handler<A>,
    {
        self.into_handling().exclusive()
    }

    /// See [`Handling::layer`].
    fn layer(self, layer: impl HandlerLayer) -> Handling<Self::Message>
    where
        Self: Handler<A>,
    {
        self.into_handling().layer(layer)
    }

    /// See [`Handling::manual`].
    fn manual(self) -> Handling<Self::Message>
    where
        Self: Handler<A>,
    {
        self.into_handling().manual()
    }
}

impl<F: Callable<A>, A> HandlerExt<A> for F {}

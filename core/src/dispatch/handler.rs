//! What handles messages of one type.

use std::sync::Arc;

use super::slot::Recipe;
use super::{Callable, Configured, Extractors, Handling, Input, Returns};
use crate::message::Message;

/// What handles messages of one type: an `async fn`, or a [`Handling`] that configures one.
///
/// `A` stands for the arguments and is always inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a handler",
    label = "not a handler",
    note = "a handler is an `async fn` that takes its message first, then at most twelve \
            extractors; name it, don't call it"
)]
pub trait Handler<A>: Sized {
    /// The type it handles.
    type Message: Message;

    /// The handler with its options.
    fn into_handling(self) -> Handling<Self::Message>;
}

impl<F, A> Handler<A> for F
where
    F: Callable<A> + Send + Sync + 'static,
    F::Input: Input,
    F::Extractors: Extractors<<F::Input as Input>::Mode> + Send + 'static,
    F::Future: Future + Send + 'static,
    <F::Future as Future>::Output: Returns<<F::Input as Input>::This>,
    A: 'static,
{
    type Message = <F::Input as Input>::Message;

    fn into_handling(self) -> Handling<Self::Message> {
        Handling::new(Recipe::<F, A>::new(Arc::new(self)))
    }
}

#[diagnostic::do_not_recommend]
impl<M: Message> Handler<Configured> for Handling<M> {
    type Message = M;

    fn into_handling(self) -> Handling<M> {
        self
    }
}

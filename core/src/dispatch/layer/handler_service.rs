//! The service that a layer is around.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use tower_service::Service;

use super::super::BoxError;
use super::call::Call;
use super::outcome::{Outcome, PanicPayload};
use crate::transport::BoxFuture;

/// A handler as a tower service, with the layers that lie further in. Clones share what those
/// share.
pub struct HandlerService(Box<dyn AnyService>);

/// What [`HandlerService`] is called for.
pub type HandlerFuture = BoxFuture<'static, Result<Outcome, BoxError>>;

impl HandlerService {
    /// The handler without any layer: it runs the call.
    pub(crate) fn innermost() -> Self {
        Self(Box::new(Innermost))
    }

    pub(super) fn around<S>(service: S) -> Self
    where
        S: Service<Call, Response = Outcome, Future: Send + 'static> + Clone + Send + 'static,
        S::Error: Into<BoxError>,
    {
        Self(Box::new(Outer(service)))
    }
}

impl Service<Call> for HandlerService {
    type Response = Outcome;
    type Error = BoxError;
    type Future = HandlerFuture;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, call: Call) -> HandlerFuture {
        self.0.call(call)
    }
}

impl Clone for HandlerService {
    fn clone(&self) -> Self {
        Self(self.0.clone_boxed())
    }
}

impl fmt::Debug for HandlerService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HandlerService")
    }
}

/// A service without its type.
trait AnyService: Send {
    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>>;
    fn call(&mut self, call: Call) -> HandlerFuture;
    fn clone_boxed(&self) -> Box<dyn AnyService>;
}

struct Innermost;

impl AnyService for Innermost {
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, call: Call) -> HandlerFuture {
        Box::pin(Caught(Some(call.into_handling())))
    }

    fn clone_boxed(&self) -> Box<dyn AnyService> {
        Box::new(Self)
    }
}

struct Outer<S>(S);

impl<S> AnyService for Outer<S>
where
    S: Service<Call, Response = Outcome, Future: Send + 'static> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
{
    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, call: Call) -> HandlerFuture {
        let called = self.0.call(call);
        Box::pin(async move { called.await.map_err(Into::into) })
    }

    fn clone_boxed(&self) -> Box<dyn AnyService> {
        Box::new(Self(self.0.clone()))
    }
}

/// A panic of the handler is an outcome to the layers.
struct Caught(Option<BoxFuture<'static, Outcome>>);

impl Future for Caught {
    type Output = Result<Outcome, BoxError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(handling) = &mut self.0 else {
            return Poll::Ready(Err("the call has ended already".into()));
        };
        let polled = catch_unwind(AssertUnwindSafe(|| handling.as_mut().poll(context)));
        let outcome = match polled {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(outcome)) => outcome,
            Err(payload) => Outcome::Panicked(PanicPayload::new(payload)),
        };
        // Dropping what panicked may panic again.
        let handling = self.0.take();
        let _ = catch_unwind(AssertUnwindSafe(move || drop(handling)));
        Poll::Ready(Ok(outcome))
    }
}

//! A span for each message.

use std::fmt::Display;
use std::task::{Context, Poll};

use tokio::time::Instant;
use tower_layer::Layer;
use tower_service::Service;
use tracing::Instrument;
use tracing::field::{Empty, display};

use super::call::Call;
use super::outcome::Outcome;
use crate::transport::BoxFuture;

/// A layer that runs each message in a `tracing` span.
///
/// The span is called `handle` and has the level INFO. Its fields are `type` (the message's),
/// `from` (the sender), `id` (the message's), and once the handler has ended `outcome` and `ms`.
/// The end is an event in it: at DEBUG if the message was handled, else at WARN with the reason.
pub fn trace() -> TraceLayer {
    TraceLayer { _private: () }
}

/// See [`trace`].
#[derive(Debug, Clone)]
pub struct TraceLayer {
    _private: (),
}

impl<S> Layer<S> for TraceLayer {
    type Service = Trace<S>;

    fn layer(&self, inner: S) -> Trace<S> {
        Trace { inner }
    }
}

/// See [`trace`].
#[derive(Debug, Clone)]
pub struct Trace<S> {
    inner: S,
}

impl<S> Service<Call> for Trace<S>
where
    S: Service<Call, Response = Outcome, Future: Send + 'static>,
    S::Error: Display,
{
    type Response = Outcome;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Outcome, S::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, call: Call) -> Self::Future {
        let span = tracing::info_span!(
            "handle",
            "type" = call.message_type(),
            from = %call.sender(),
            id = %call.message_id(),
            outcome = Empty,
            ms = Empty,
        );
        let begun = Instant::now();
        let called = span.in_scope(|| self.inner.call(call));
        let within = span.clone();
        let traced = async move {
            let ended = called.await;
            within.record("ms", begun.elapsed().as_secs_f64() * 1e3);
            match &ended {
                Ok(outcome) => {
                    within.record("outcome", outcome.word());
                    match outcome.is_handled() {
                        true => tracing::debug!("the message was handled"),
                        false => tracing::warn!("the message was not handled: {outcome}"),
                    }
                }
                Err(error) => {
                    within.record("outcome", display("ended-by-layer"));
                    tracing::warn!("a layer ended the handling of the message: {error}");
                }
            }
            ended
        };
        Box::pin(traced.instrument(span))
    }
}

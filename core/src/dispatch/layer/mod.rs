//! Layers around handlers: [tower](https://docs.rs/tower)'s, and one of ours that traces.
//!
//! A layer is a tower `Layer` around a `Service` that takes a [`Call`] and gives its [`Outcome`].
//! It is given to one handler, or to a bus for all of its handlers:
//!
//! ```
//! use std::time::Duration;
//! use quibus::prelude::*;
//! use tower::limit::ConcurrencyLimitLayer;
//! use tower::timeout::TimeoutLayer;
//!
//! #[derive(Clone, PartialEq, prost::Message, quibus::Command)]
//! #[quibus(namespace = "Shop", reply = u64)]
//! struct Price {
//!     #[prost(string, tag = "1")]
//!     sku: String,
//! }
//!
//! async fn price(question: Price) -> u64 {
//!     question.sku.len() as u64
//! }
//!
//! let builder = Bus::builder("Shop.0")
//!     .handle(price.concurrency(8).layer(ConcurrencyLimitLayer::new(2)))
//!     .layer(TimeoutLayer::new(Duration::from_secs(5)))
//!     .layer(quibus::layer::trace());
//! # let _ = builder;
//! ```
//!
//! What is given later lies further out, and a bus's layers lie around a handler's own. Each is
//! applied once for each handler, so that a limit counts per handler; its service is cloned for
//! each message that runs at once. The message is read and its extractors are taken before the
//! first layer sees the call, and the handler is called by the innermost service when it is first
//! polled: a layer that drops the call has prevented it. Whoever waits for the outcome is kept
//! outside of all layers, so that every end is one: an error of a layer reaches the sender as
//! [`SendError::Failed`](crate::SendError::Failed) with its text, a dropped call cannot be.
//!
//! A handler without layers is run as if there were none. One with layers costs some allocations
//! for each message: one for each layer, and two.
//!
//! | module | what it settles |
//! | --- | --- |
//! | `call`, `outcome` | what layers see |
//! | `handler_layer` | what a layer is, and layers without their types |
//! | `handler_service` | the service that a layer is around |
//! | `prepare` | taking a message and its extractors, without calling the handler yet |
//! | `layered_slot` | running that in a dispatch queue |
//! | `trace_layer` | a span for each message |

mod call;
mod handler_layer;
mod handler_service;
mod layered_slot;
mod outcome;
mod prepare;
mod trace_layer;

pub use call::Call;
pub use handler_layer::HandlerLayer;
pub use handler_service::{HandlerFuture, HandlerService};
pub use outcome::{Outcome, PanicPayload, Reply};
pub use trace_layer::{Trace, TraceLayer, trace};

pub(crate) use handler_layer::AnyLayer;
pub(super) use layered_slot::LayeredSlot;
pub(super) use prepare::{Prepare, Preparer};

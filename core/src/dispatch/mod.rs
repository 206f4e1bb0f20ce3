//! From a message that arrived to the function that handles it, and back with its outcome.
//!
//! A handler is any `async fn`: its message first, then up to twelve *extractors*, each taking
//! something else from the delivery. What it returns is checked against the message's contract.
//!
//! ```
//! use quibus::prelude::*;
//!
//! #[derive(Clone, PartialEq, prost::Message, quibus::Command)]
//! #[quibus(namespace = "Shop", reply = u64)]
//! struct Price {
//!     #[prost(string, tag = "1")]
//!     sku: String,
//! }
//!
//! #[derive(Clone)]
//! struct Prices;
//!
//! async fn price(question: Price, State(Prices): State<Prices>, from: Sender) -> u64 {
//!     println!("{} asks for {}", from.peer(), question.sku);
//!     42
//! }
//!
//! // used as it is, or configured
//! let configured = price.queue("prices").concurrency(8);
//! # let _: quibus::dispatch::Handling<Price> = configured;
//! ```
//!
//! - [`Handler`], made of [`Callable`] (how many arguments) and the demands on each of them:
//!   [`Input`], [`Extractors`], [`Returns`]. Two traits, so that the compiler's message names the
//!   argument that is wrong instead of the function.
//! - [`Handling`], [`HandlerExt`], [`HandlingOptions`]: a handler and how it is run.
//! - [`FromDelivery`] and what implements it: [`State`], [`Sender`], [`Deadline`], and
//!   [`MessageId`](crate::id::MessageId), [`Headers`](crate::message::Headers) and
//!   [`Body`](crate::message::Body).
//! - [`Missed`]: the input of a handler that hears of events skipped for this process.
//! - [`layer`]: what may lie around a handler.
//! - [`Undecoded`]: an event of a type that is known at run time only.
//! - [`Result`], [`Failure`], [`IntoFailure`]: how a handler fails.
//! - `ErasedHandler`, `Run`, `Slot`: the same without its types, for the queues. A slot is used
//!   again for each message, so that handling an event allocates nothing.

mod answer;
mod answer_body;
mod aside;
mod attached;
mod backlog;
mod callable;
mod completion;
mod configured;
mod current_handler;
mod deadline;
mod delivering;
mod delivery;
mod dispatcher;
mod done;
mod erased_handler;
mod extractors;
mod failure;
mod filter;
mod from_delivery;
mod handler;
mod handler_ext;
mod handler_table;
mod handling;
mod handling_options;
mod in_hand;
mod input;
mod into_failure;
mod kept_slots;
pub mod layer;
mod missed;
mod needs;
mod no_place;
mod queue;
mod queue_state;
mod raw_handling;
mod registered;
mod rejection;
mod returns;
mod run;
mod sender;
mod senders;
mod several;
mod slot;
mod start_error;
mod starting;
mod state;
mod states;
mod type_handlers;
mod undecoded;
mod verdict;
mod work;
mod worker;

pub use callable::Callable;
pub use configured::Configured;
pub use deadline::Deadline;
pub use delivery::Delivery;
pub use extractors::Extractors;
pub use failure::{BoxError, Failure, Result};
#[doc(hidden)]
pub use filter::Filter;
pub use from_delivery::FromDelivery;
pub use handler::Handler;
pub use handler_ext::HandlerExt;
pub use handling::Handling;
pub use handling_options::{HandlingOptions, SubscriptionMode};
pub use input::{Input, Single};
pub use into_failure::IntoFailure;
pub use missed::Missed;
#[doc(hidden)]
pub use missed::Untravelled;
pub use needs::Needs;
pub use rejection::Rejection;
pub use returns::Returns;
pub use sender::Sender;
pub use state::State;
pub use states::{DuplicateState, States};
pub use undecoded::Undecoded;

pub use dispatcher::Received;

pub(crate) use attached::BODY_WAITS;
pub(crate) use backlog::MOST_LOOSE;
pub(crate) use completion::Completion;
pub(crate) use current_handler::Awaiting;
pub(crate) use dispatcher::Dispatcher;
pub(crate) use erased_handler::ErasedHandler;
pub(crate) use queue::Queue;
pub(crate) use queue_state::{CAPACITY, QUEUE_COST};
pub(crate) use raw_handling::RawHandling;
pub(crate) use registered::Registered;
pub(crate) use run::Run;
pub(crate) use start_error::StartError;
pub(crate) use verdict::{REPLY, Verdict};
pub(crate) use work::{LocalBody, LocalCall, LocalMessage, LocalReply, LocalVerdict, WORK_BYTES};

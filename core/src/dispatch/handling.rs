//! A handler and how it is run.

use std::any::TypeId;
use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};

use super::layer::{AnyLayer, HandlerLayer, HandlerService, LayeredSlot};
use super::slot::Slots;
use super::{ErasedHandler, HandlingOptions, Needs, Run, SubscriptionMode};
use crate::binding::BindingKey;
use crate::message::schema::TypeDescription;
use crate::message::{Codec, Message, MessageKind, Routes};

/// A handler of `M`s and how it is run; itself a [`Handler`](super::Handler).
///
/// Begun by calling one of its methods on a function (see [`HandlerExt`](super::HandlerExt)).
#[must_use = "a handler does nothing until it is given to a bus"]
pub struct Handling<M: Message> {
    slots: Box<dyn Slots>,
    options: HandlingOptions,
    /// The handler with its layers; `None`, it has none.
    layered: Option<Mutex<HandlerService>>,
    message: PhantomData<fn(M)>,
}

impl<M: Message> Handling<M> {
    pub(super) fn new(slots: impl Slots) -> Self {
        Self {
            slots: Box::new(slots),
            options: HandlingOptions {
                mode: if M::ROUTED {
                    SubscriptionMode::Automatic
                } else {
                    SubscriptionMode::Manual
                },
                ..HandlingOptions::default()
            },
            layered: None,
            message: PhantomData,
        }
    }

    /// Wants only what one of these routes matches; takes the place of what was said before. No
    /// route at all wants nothing.
    pub fn matching(mut self, routes: impl Routes<M>) -> Self {
        match routes.into_keys() {
            Ok(keys) => self.options.keys = keys,
            Err(invalid) => self.options.invalid_key = Some(invalid),
        }
        self
    }

    /// Runs in the dispatch queue of this name, independent of the others. Handlers that name none
    /// share one with those of the same lane, whose name it has.
    pub fn queue(mut self, name: impl Into<Arc<str>>) -> Self {
        self.options.queue = Some(name.into());
        self
    }

    /// Lets so many messages of its queue run at once; 1 without it, and 0 counts as 1.
    pub fn concurrency(mut self, running: usize) -> Self {
        self.options.concurrency = running.max(1);
        self
    }

    /// Keeps its slot while it awaits a `send`, so that nothing else of its queue starts
    /// meanwhile (promise 21). A cycle of calls among exclusive handlers ends by deadline.
    pub fn exclusive(mut self) -> Self {
        self.options.exclusive = true;
        self
    }

    /// Subscribes to nothing at start (promise 24).
    pub fn manual(mut self) -> Self {
        self.options.mode = SubscriptionMode::Manual;
        self
    }

    /// Puts a tower layer around it, outside of those it has; see [`layer`](super::layer).
    pub fn layer(mut self, layer: impl HandlerLayer) -> Self {
        self.wrap_in(&layer);
        self
    }

    fn wrap_in(&mut self, layer: &(impl HandlerLayer + ?Sized)) {
        let inner = match self.layered.take() {
            Some(layered) => layered.into_inner().unwrap_or_else(PoisonError::into_inner),
            None => HandlerService::innermost(),
        };
        self.layered = Some(Mutex::new(layer.wrap(inner)));
    }

    /// Wants what one of these keys matches.
    pub(super) fn bound_to(mut self, keys: Vec<BindingKey>) -> Self {
        self.options.keys = keys;
        self.options.mode = SubscriptionMode::Automatic;
        self
    }

    /// How it is run.
    pub fn options(&self) -> &HandlingOptions {
        &self.options
    }
}

impl<M: Message> ErasedHandler for Handling<M> {
    fn message_type(&self) -> &'static str {
        M::NAME
    }

    fn message_type_id(&self) -> TypeId {
        TypeId::of::<M>()
    }

    fn describe(&self) -> Option<TypeDescription> {
        M::ROUTED.then(M::describe)
    }

    fn codec(&self) -> Option<u8> {
        Some(<M::Codec as Codec<M>>::ID)
    }

    fn is_command(&self) -> bool {
        M::KIND == MessageKind::Command
    }

    fn reply_is_unit(&self) -> bool {
        TypeId::of::<M::Reply>() == TypeId::of::<()>()
    }

    fn lane(&self) -> &'static str {
        M::LANE
    }

    fn needs(&self, needs: &mut Needs) {
        self.slots.needs(needs);
    }

    fn options(&self) -> &HandlingOptions {
        &self.options
    }

    fn wrap(&mut self, layer: &AnyLayer) {
        self.wrap_in(layer.get());
    }

    fn slot(&self) -> Box<dyn Run> {
        let Some(layered) = &self.layered else {
            return self.slots.slot(&self.options.keys);
        };
        let preparer = self.slots.preparer(&self.options.keys);
        let service = layered.lock().unwrap_or_else(PoisonError::into_inner);
        Box::new(LayeredSlot::new(M::NAME, preparer, service.clone()))
    }
}

impl<M: Message> fmt::Debug for Handling<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handling")
            .field("message", &M::NAME)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Handler, HandlerExt, State, States};
    use super::*;
    use crate::binding::InvalidBindingKey;
    use crate::message::Deliver;

    #[derive(Clone, PartialEq, ::prost::Message, quibus::Event)]
    #[quibus(namespace = "Weather", transient, lane = "bulk")]
    struct Measured {
        #[quibus(route = 1)]
        #[prost(string, tag = "1")]
        country: String,
    }

    #[derive(Clone, PartialEq, ::prost::Message, quibus::Command)]
    #[quibus(namespace = "Shop", name = "Close", deliver = "any")]
    struct CloseShop {}

    async fn measured(_: Measured, _: State<u8>) {}

    async fn close(_: CloseShop) {}

    fn erased<A, H: Handler<A>>(handler: H) -> Arc<dyn ErasedHandler> {
        Arc::new(handler.into_handling())
    }

    #[test]
    fn a_handler_without_its_types_still_says_what_it_handles() {
        let (event, command) = (erased(measured), erased(close));
        assert_eq!(event.message_type(), "Weather.Measured");
        assert_eq!(event.message_type_id(), TypeId::of::<Measured>());
        assert_eq!((event.lane(), Measured::TRANSIENT), ("bulk", true));
        assert_eq!(
            (Measured::DELIVER, event.is_command()),
            (Deliver::One, false)
        );
        assert_eq!(command.message_type(), "Shop.Close");
        assert_eq!((command.lane(), CloseShop::TRANSIENT), ("default", false));
        assert_eq!(
            (CloseShop::DELIVER, command.is_command()),
            (Deliver::Any, true)
        );
        assert!(command.reply_is_unit());
        let mut needs = Needs::new();
        event.needs(&mut needs);
        assert_eq!(needs.missing(&States::new()).collect::<Vec<_>>(), ["u8"]);
    }

    #[test]
    fn a_plain_function_wants_everything_one_at_a_time_in_the_shared_queue() {
        let handler = erased(measured);
        assert_eq!(handler.options(), &HandlingOptions::default());
        assert_eq!(handler.options().keys, [BindingKey::any()]);
    }

    #[test]
    fn every_option_reaches_the_dispatcher() {
        let routes = ["fr", "de"].map(|country| Measured::route().country(country));
        let handler = measured
            .matching(routes)
            .queue("slow")
            .concurrency(0)
            .exclusive();
        let expected = HandlingOptions {
            keys: ["fr", "de"]
                .map(|text| BindingKey::parse(text).unwrap())
                .into(),
            queue: Some("slow".into()),
            exclusive: true,
            ..HandlingOptions::default()
        };
        assert_eq!(erased(handler).options(), &expected);
        let handler = measured.manual().concurrency(8);
        assert_eq!(handler.options().mode, SubscriptionMode::Manual);
        assert_eq!(handler.options().concurrency, 8);
    }

    #[test]
    fn a_route_with_too_long_a_value_is_kept_as_an_error_of_the_start() {
        let long = "x".repeat(BindingKey::MAX_PART_LEN + 1);
        let handler = measured.matching(Measured::route().country(long));
        let invalid = handler.options().invalid_key.as_ref();
        assert!(matches!(
            invalid,
            Some(InvalidBindingKey::PartTooLong { part: 1, .. })
        ));
    }

    #[test]
    fn no_route_at_all_wants_nothing() {
        let handler = measured.matching(Vec::<MeasuredRoute>::new());
        assert!(handler.options().keys.is_empty());
    }
}

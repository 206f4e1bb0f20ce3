//! A handler of events whose type is known at run time only.

use std::any::TypeId;

use super::layer::AnyLayer;
use super::{ErasedHandler, Handling, HandlingOptions, Needs, Run, Undecoded};
use crate::binding::BindingKey;
use crate::message::raw::RawType;
use crate::message::schema::TypeDescription;

/// A handler of [`Undecoded`] events of one type.
pub(crate) struct RawHandling {
    of: RawType,
    handling: Handling<Undecoded>,
}

impl RawHandling {
    /// Events of the type `of` that one of `keys` matches.
    pub(crate) fn new(of: RawType, keys: Vec<BindingKey>, handling: Handling<Undecoded>) -> Self {
        let handling = handling.bound_to(keys);
        Self { of, handling }
    }
}

impl ErasedHandler for RawHandling {
    fn message_type(&self) -> &'static str {
        self.of.name()
    }

    fn message_type_id(&self) -> TypeId {
        TypeId::of::<Undecoded>()
    }

    fn describe(&self) -> Option<TypeDescription> {
        None
    }

    fn codec(&self) -> Option<u8> {
        None
    }

    fn is_command(&self) -> bool {
        false
    }

    fn reply_is_unit(&self) -> bool {
        true
    }

    fn lane(&self) -> &'static str {
        self.of.facts().lane
    }

    fn needs(&self, needs: &mut Needs) {
        self.handling.needs(needs);
    }

    fn options(&self) -> &HandlingOptions {
        self.handling.options()
    }

    fn wrap(&mut self, layer: &AnyLayer) {
        self.handling.wrap(layer);
    }

    fn slot(&self) -> Box<dyn Run> {
        self.handling.slot()
    }
}

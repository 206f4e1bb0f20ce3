//! A handler without its types.

use std::any::TypeId;

use super::layer::AnyLayer;
use super::{HandlingOptions, Needs, Run};
use crate::message::schema::TypeDescription;

/// A handler without its types: what a dispatcher keeps.
pub(crate) trait ErasedHandler: Send + Sync {
    /// The stable name of the message's type.
    fn message_type(&self) -> &'static str;

    /// The message's type in this process.
    fn message_type_id(&self) -> TypeId;

    /// What the message looks like on the wire; `None` if this handler does not know.
    fn describe(&self) -> Option<TypeDescription>;

    /// The number of the message's codec; `None` for a handler that takes bytes of any.
    fn codec(&self) -> Option<u8>;

    /// Whether the message is a command.
    fn is_command(&self) -> bool;

    /// Whether the reply is `()`, so that several handlers of one command are no contradiction
    /// (promise 22).
    fn reply_is_unit(&self) -> bool;

    /// The lane the message travels in.
    fn lane(&self) -> &'static str;

    /// What the handler's extractors need to be given before the start.
    fn needs(&self, needs: &mut Needs);

    /// How the handler is run.
    fn options(&self) -> &HandlingOptions;

    /// Puts a layer around it, outside of those it has.
    fn wrap(&mut self, layer: &AnyLayer);

    /// Makes a slot. A queue makes as many as may run at once and uses them again.
    fn slot(&self) -> Box<dyn Run>;
}

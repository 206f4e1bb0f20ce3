//! Which messages of a type are wanted.

use super::Message;
use crate::binding::{BindingKey, BindingPart, InvalidBindingKey};

/// Which messages of one type are wanted; the derives write a struct for each message, begun by
/// its `route()`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a route",
    label = "not a route",
    note = "a route is begun by the message's type: `TemperatureMeasured::route().country(\"fr\")`"
)]
pub trait Route {
    /// The type whose messages are meant.
    type Message: Message;

    /// The pattern: fields that were not set match anything, and where none was set it matches
    /// every message of the type. An error if a value is longer than
    /// [`BindingKey::MAX_PART_LEN`].
    fn into_key(self) -> Result<BindingKey, InvalidBindingKey>;
}

/// One route, or an array or `Vec` of them: what any of them matches is wanted.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no route of `{M}`",
    label = "not a route of `{M}`",
    note = "write `{M}::route()` and name the fields that matter, or an array or `Vec` of such"
)]
pub trait Routes<M> {
    /// The pattern of each route.
    fn into_keys(self) -> Result<Vec<BindingKey>, InvalidBindingKey>;
}

impl<R: Route> Routes<R::Message> for R {
    fn into_keys(self) -> Result<Vec<BindingKey>, InvalidBindingKey> {
        Ok(vec![self.into_key()?])
    }
}

impl<R: Route, const N: usize> Routes<R::Message> for [R; N] {
    fn into_keys(self) -> Result<Vec<BindingKey>, InvalidBindingKey> {
        self.into_iter().map(Route::into_key).collect()
    }
}

impl<R: Route> Routes<R::Message> for Vec<R> {
    fn into_keys(self) -> Result<Vec<BindingKey>, InvalidBindingKey> {
        self.into_iter().map(Route::into_key).collect()
    }
}

/// The key of a route whose fields are set or not; called by what the derives write.
#[doc(hidden)]
pub fn route_key<const N: usize>(
    parts: [Option<BindingPart>; N],
) -> Result<BindingKey, InvalidBindingKey> {
    if parts.iter().all(Option::is_none) {
        return Ok(BindingKey::any());
    }
    BindingKey::new(parts.map(|part| part.unwrap_or(BindingPart::Any)))
}

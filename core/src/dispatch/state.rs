//! What was given to the bus, as an argument.

use std::any::type_name;

use super::{Delivery, FromDelivery, Needs, Rejection};

/// A clone of the state of this type that was given with `.state(…)`; whether one was is checked
/// at start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State<T>(pub T);

impl<T: Clone + Send + Sync + 'static, Mode> FromDelivery<Mode> for State<T> {
    fn from_delivery(delivery: &Delivery<'_>) -> Result<Self, Rejection> {
        match delivery.state::<T>() {
            Some(state) => Ok(Self(state.clone())),
            None => Err(Rejection::new(format_args!(
                "State<{}> was not given: add .state(…) before the start",
                type_name::<T>()
            ))),
        }
    }

    fn needs(needs: &mut Needs) {
        needs.state::<T>();
    }
}

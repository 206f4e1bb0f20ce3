//! Which types can be routed by.

use std::fmt::Display;
use std::sync::Arc;

use uuid::Uuid;

use crate::binding::{BindingPart, FieldValues};

/// A single value that can be routed by; its text is its `Display`.
///
/// An enum of yours becomes one by `impl RouteValue for Country { type Element = Self; }`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be routed by",
    label = "not a routing value",
    note = "a routing field is a `String`, `bool`, `char`, integer, `Uuid`, or an `Option` or \
            `Vec` of such; a type of yours that has a `Display` becomes one by \
            `impl quibus::message::RouteValue for {Self} {{ type Element = Self; }}`"
)]
pub trait RouteValue: Display {
    /// What a route's setter takes, through [`IntoPart`]: `str` for the kinds of text, else the
    /// type itself.
    type Element: ?Sized;
}

/// A field that can be routed by: a value, or a collection of which any element may match
/// (promise 7).
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be routed by",
    label = "not a routing field",
    note = "a routing field is a `String`, `bool`, `char`, integer, `Uuid`, or an `Option` or \
            `Vec` of such; a type of yours that has a `Display` becomes one by \
            `impl quibus::message::RouteValue for {Self} {{ type Element = Self; }}`"
)]
pub trait RouteField {
    /// What a route's setter takes, through [`IntoPart`].
    type Element: ?Sized;

    /// Adds each value.
    fn add_to(&self, values: &mut FieldValues<'_>);
}

impl<T: RouteValue> RouteField for T {
    type Element = T::Element;

    fn add_to(&self, values: &mut FieldValues<'_>) {
        values.push(self);
    }
}

impl<F: RouteField> RouteField for Option<F> {
    type Element = F::Element;

    fn add_to(&self, values: &mut FieldValues<'_>) {
        self.iter().for_each(|field| field.add_to(values));
    }
}

impl<F: RouteField> RouteField for Vec<F> {
    type Element = F::Element;

    fn add_to(&self, values: &mut FieldValues<'_>) {
        self.iter().for_each(|field| field.add_to(values));
    }
}

/// What a route's setter takes for a field whose values are `E`s.
#[diagnostic::on_unimplemented(
    message = "this routing field is not set by a `{Self}`",
    label = "the field's values are of the type `{E}`"
)]
pub trait IntoPart<E: ?Sized> {
    /// The part that asks for this value.
    fn into_part(self) -> BindingPart;
}

impl<S: AsRef<str>> IntoPart<str> for S {
    fn into_part(self) -> BindingPart {
        BindingPart::Value(self.as_ref().to_owned())
    }
}

impl<T: RouteValue<Element = T>> IntoPart<T> for T {
    fn into_part(self) -> BindingPart {
        BindingPart::Value(self.to_string())
    }
}

macro_rules! route_values {
    ($element:ty: $($value:ty),*) => {
        $(impl RouteValue for $value { type Element = $element; })*
    };
    ($($value:ty),*) => {
        $(impl RouteValue for $value { type Element = $value; })*
    };
}

route_values!(str: String, Box<str>, Arc<str>);
route_values!(
    u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, bool, char, Uuid
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::binding::RoutingKey;

    fn texts(field: &impl RouteField) -> Vec<String> {
        let mut key = RoutingKey::new();
        key.push_field(|values| field.add_to(values));
        let field = key.field(0).unwrap();
        field.values().map(str::to_owned).collect()
    }

    fn asked<E: ?Sized>(part: impl IntoPart<E>) -> BindingPart {
        part.into_part()
    }

    #[test]
    fn a_value_is_routed_by_its_display() {
        assert_eq!(texts(&true), ["true"]);
        assert_eq!(texts(&-7_i32), ["-7"]);
        assert_eq!(texts(&String::from("a.*")), ["a.*"]);
        assert_eq!(
            texts(&Uuid::nil()),
            ["00000000-0000-0000-0000-000000000000"]
        );
    }

    #[test]
    fn an_absent_field_has_no_value_and_a_collection_has_each_of_its_elements() {
        assert!(texts(&None::<u8>).is_empty());
        assert!(texts(&Vec::<String>::new()).is_empty());
        assert_eq!(texts(&Some(vec![3, 1, 3])), ["1", "3"]);
    }

    #[test]
    fn a_setter_takes_every_kind_of_text_and_the_field_s_own_type() {
        let fr = BindingPart::Value("fr".into());
        assert_eq!(asked::<str>("fr"), fr);
        assert_eq!(asked::<str>(String::from("fr")), fr);
        assert_eq!(asked::<str>(&String::from("fr")), fr);
        assert_eq!(asked::<u64>(7), BindingPart::Value("7".into()));
    }
}

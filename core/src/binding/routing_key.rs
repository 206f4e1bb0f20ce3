//! The texts a message is routed by.

use std::fmt::{Display, Write};
use std::ops::Range;

/// How much a cleared key keeps, so that one huge message does not hold its memory for ever.
const KEPT_BYTES: usize = 64 * 1024;
const KEPT_VALUES: usize = 4 * 1024;

/// The concrete values a message carries, one field per routing member, in routing order.
///
/// It is a buffer to be cleared and filled again: all texts lie in one string, so that publishing
/// allocates nothing once the buffer has grown. A field is a *set* of values, sorted, each once: a
/// plain member has one, a collection any number, an absent one none (and equals an empty
/// collection, promise 7). A key without fields belongs to a message that is not routed by its
/// content and goes to every subscriber of its type (promise 6).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoutingKey {
    text: String,
    /// Where each value lies in `text`, sorted by value within a field.
    values: Vec<Range<usize>>,
    /// Where each field ends in `values`.
    fields: Vec<usize>,
}

impl RoutingKey {
    /// A key without fields; nothing is allocated yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Removes all fields and keeps the room they had, up to some 64 KiB.
    pub fn clear(&mut self) {
        self.text.clear();
        self.values.clear();
        self.fields.clear();
        self.text.shrink_to(KEPT_BYTES);
        self.values.shrink_to(KEPT_VALUES);
        self.fields.shrink_to(KEPT_VALUES);
    }

    /// Appends a field with one value. A value whose `Display` fails counts as absent.
    pub fn push_value(&mut self, value: impl Display) {
        self.push_field(|values| values.push(value));
    }

    /// Appends a field without a value: only `*` and `#` let it through.
    pub fn push_absent(&mut self) {
        self.fields.push(self.values.len());
    }

    /// Appends a field that is a collection: it matches by any of its elements.
    pub fn push_values<T: Display>(&mut self, values: impl IntoIterator<Item = T>) {
        self.push_field(|field| values.into_iter().for_each(|value| field.push(value)));
    }

    /// Appends a field whose values `fill` adds one by one: for nested and optional collections.
    pub fn push_field(&mut self, fill: impl FnOnce(&mut FieldValues<'_>)) {
        let first = self.values.len();
        fill(&mut FieldValues { key: self });
        self.make_set(first);
        self.fields.push(self.values.len());
    }

    /// Whether there is no field at all: a message that goes to every subscriber.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// The fields in routing order.
    pub fn fields(&self) -> impl ExactSizeIterator<Item = RoutingField<'_>> + Clone {
        (0..self.fields.len()).map(|index| self.field_at(index))
    }

    /// The field at `index`, if there is one.
    pub fn field(&self, index: usize) -> Option<RoutingField<'_>> {
        (index < self.fields.len()).then(|| self.field_at(index))
    }

    fn field_at(&self, index: usize) -> RoutingField<'_> {
        let start = index.checked_sub(1).map_or(0, |before| self.fields[before]);
        RoutingField {
            text: &self.text,
            values: &self.values[start..self.fields[index]],
        }
    }

    /// Sorts the values from `first` on and drops repetitions. Without it a message with the same
    /// element a thousand times in each of three fields would walk a subscription tree 10⁹ times.
    fn make_set(&mut self, first: usize) {
        let Self { text, values, .. } = self;
        if values.len() <= first + 1 {
            return;
        }
        values[first..].sort_unstable_by(|a, b| text[a.clone()].cmp(&text[b.clone()]));
        let mut kept = first;
        for index in first + 1..values.len() {
            if text[values[index].clone()] != text[values[kept].clone()] {
                kept += 1;
                values.swap(kept, index);
            }
        }
        values.truncate(kept + 1);
    }
}

/// Takes the values of one field; see [`RoutingKey::push_field`].
#[derive(Debug)]
pub struct FieldValues<'a> {
    key: &'a mut RoutingKey,
}

impl FieldValues<'_> {
    /// Adds a value. One whose `Display` fails is left out.
    pub fn push(&mut self, value: impl Display) {
        let RoutingKey { text, values, .. } = &mut *self.key;
        let start = text.len();
        match write!(text, "{value}") {
            Ok(()) => values.push(start..text.len()),
            Err(_) => text.truncate(start),
        }
    }
}

/// One field of a [`RoutingKey`].
#[derive(Debug, Clone, Copy)]
pub struct RoutingField<'a> {
    text: &'a str,
    values: &'a [Range<usize>],
}

impl<'a> RoutingField<'a> {
    /// The values, sorted, each once; none if the field is absent or an empty collection.
    pub fn values(self) -> impl ExactSizeIterator<Item = &'a str> + Clone {
        let text = self.text;
        self.values.iter().map(move |range| &text[range.clone()])
    }

    /// Whether `value` is among the values.
    pub fn contains(self, value: &str) -> bool {
        match self.values {
            [] => false,
            [only] => &self.text[only.clone()] == value,
            many => many
                .binary_search_by(|range| self.text[range.clone()].cmp(value))
                .is_ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Refusing;

    impl Display for Refusing {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("half")?;
            Err(std::fmt::Error)
        }
    }

    fn texts(key: &RoutingKey) -> Vec<Vec<&str>> {
        key.fields().map(|field| field.values().collect()).collect()
    }

    #[test]
    fn fields_keep_their_order_and_their_values_become_a_set() {
        let mut key = RoutingKey::new();
        key.push_value("fr");
        key.push_absent();
        key.push_values(["b", "a", "b", "", "a"]);
        key.push_values(Some(7));
        key.push_values(None::<u8>);
        assert_eq!(
            texts(&key),
            [vec!["fr"], vec![], vec!["", "a", "b"], vec!["7"], vec![]]
        );
        assert!(key.field(2).unwrap().contains("b") && !key.field(2).unwrap().contains("c"));
        assert!(key.field(5).is_none());
    }

    #[test]
    fn a_cleared_key_is_empty_and_allocates_nothing_when_filled_again() {
        let mut key = RoutingKey::new();
        let fill = |key: &mut RoutingKey| {
            key.push_value("some text");
            key.push_values([1, 2, 3]);
        };
        fill(&mut key);
        let room = (
            key.text.capacity(),
            key.values.capacity(),
            key.fields.capacity(),
        );
        let before = key.text.as_ptr();
        key.clear();
        assert!(key.is_empty() && key.fields().next().is_none());
        fill(&mut key);
        assert_eq!(
            room,
            (
                key.text.capacity(),
                key.values.capacity(),
                key.fields.capacity()
            )
        );
        assert_eq!(before, key.text.as_ptr());
    }

    #[test]
    fn a_huge_message_does_not_keep_its_memory() {
        let mut key = RoutingKey::new();
        key.push_value("x".repeat(4 * KEPT_BYTES));
        key.push_values(0..4 * KEPT_VALUES);
        key.clear();
        assert!(key.text.capacity() <= KEPT_BYTES && key.values.capacity() <= KEPT_VALUES);
    }

    #[test]
    fn a_value_that_cannot_be_written_leaves_nothing_behind() {
        let mut key = RoutingKey::new();
        key.push_value(Refusing);
        key.push_field(|values| {
            values.push(Refusing);
            values.push("whole");
        });
        assert_eq!(texts(&key), [vec![], vec!["whole"]]);
    }
}

//! Events that were published, to be looked at by a test.

use std::fmt::Debug;
use std::ops::Deref;

/// Events that were published, in their order; a slice of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded<E> {
    events: Vec<E>,
}

impl<E> Recorded<E> {
    pub(super) fn new(events: Vec<E>) -> Self {
        Self { events }
    }
}

impl<E: Debug> Recorded<E> {
    /// Exactly one event is like this; there may be others. Returns it.
    ///
    /// # Panics
    /// If none is, or several are: the text shows all there are.
    #[track_caller]
    pub fn assert_one(&self, is_meant: impl Fn(&E) -> bool) -> &E {
        let mut meant = self.events.iter().filter(|event| is_meant(event));
        match (meant.next(), meant.count()) {
            (Some(one), 0) => one,
            (None, _) => panic!("no event is as it should be among {:?}", self.events),
            (Some(_), more) => panic!(
                "{} events are as one should be, among {:?}",
                more + 1,
                self.events
            ),
        }
    }

    /// No event was published.
    ///
    /// # Panics
    /// If one was: the text shows all there are.
    #[track_caller]
    pub fn assert_none(&self) {
        assert!(self.events.is_empty(), "published: {:?}", self.events);
    }
}

impl<E> Deref for Recorded<E> {
    type Target = [E];

    fn deref(&self) -> &[E] {
        &self.events
    }
}

//! How often each (type, key) is subscribed (promise 25); pure.

use std::collections::BTreeMap;

use crate::binding::BindingKey;
use crate::directory::{SubscriptionUpdate, Subscriptions};

/// How often each (type, key) is subscribed in this process. Only the first and the last reach
/// the directory.
#[derive(Debug, Default)]
pub(super) struct SubscriptionBook {
    counts: BTreeMap<&'static str, BTreeMap<BindingKey, usize>>,
}

impl SubscriptionBook {
    /// Counts one subscription more for each of these keys; returns the type's keys if they are
    /// others now.
    pub(super) fn add(
        &mut self,
        name: &'static str,
        keys: &[BindingKey],
    ) -> Option<Vec<BindingKey>> {
        let counts = self.counts.entry(name).or_default();
        let mut news = false;
        for key in keys {
            let count = counts.entry(key.clone()).or_default();
            news |= *count == 0;
            *count += 1;
        }
        news.then(|| self.keys(name))
    }

    /// Counts one subscription less for each of these keys; returns the type's keys if they are
    /// others now.
    pub(super) fn remove(
        &mut self,
        name: &'static str,
        keys: &[BindingKey],
    ) -> Option<Vec<BindingKey>> {
        let counts = self.counts.get_mut(name)?;
        let mut news = false;
        for key in keys {
            if let Some(count) = counts.get_mut(key) {
                *count -= 1;
                if *count == 0 {
                    counts.remove(key);
                    news = true;
                }
            }
        }
        news.then(|| self.keys(name))
    }

    /// All keys of a type.
    pub(super) fn keys(&self, name: &str) -> Vec<BindingKey> {
        self.counts
            .get(name)
            .map(|counts| counts.keys().cloned().collect())
            .unwrap_or_default()
    }

    /// Everything.
    pub(super) fn all(&self) -> Subscriptions {
        let mut all = Subscriptions::default();
        for (name, counts) in &self.counts {
            all.set(name, counts.keys().cloned());
        }
        all
    }

    /// The complete keys of one type, as an update carries them.
    pub(super) fn update(&self, name: &str) -> SubscriptionUpdate {
        let mut update = SubscriptionUpdate::default();
        update.set(name, self.keys(name));
        update
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_and_the_last_of_a_key_are_news() {
        let key = BindingKey::parse("fr").unwrap();
        let keys = [key.clone()];
        let mut book = SubscriptionBook::default();
        assert_eq!(book.add("W.T", &keys), Some(vec![key.clone()]));
        assert_eq!(book.add("W.T", &keys), None);
        assert_eq!(book.remove("W.T", &keys), None);
        assert_eq!(book.remove("W.T", &keys), Some(vec![]));
        assert_eq!(book.remove("W.T", &keys), None);
        assert!(book.all().is_empty());
    }
}

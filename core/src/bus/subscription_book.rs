//! How often each (type, key) is subscribed, and how much of that the directory knows (promises 25
//! and 26); pure.

use std::collections::BTreeMap;

use crate::binding::BindingKey;
use crate::directory::{SubscriptionUpdate, Subscriptions};

/// How often each (type, key) is subscribed in this process. Only the first and the last reach
/// the directory.
#[derive(Debug, Default)]
pub(super) struct SubscriptionBook {
    types: BTreeMap<&'static str, Wanted>,
    /// The number of the last update that was made of this.
    seq: u64,
}

/// What is wanted of one type.
#[derive(Debug, Default)]
struct Wanted {
    counts: BTreeMap<BindingKey, usize>,
    /// The number of the last change of the keys.
    changed: u64,
    /// The last change that the directory has confirmed, and what it said then.
    confirmed: u64,
    everywhere: bool,
    /// A task tells the directory.
    is_being_told: bool,
}

impl SubscriptionBook {
    /// Counts one subscription more for each of these keys; returns the type's keys if they are
    /// others now.
    pub(super) fn add(
        &mut self,
        name: &'static str,
        keys: &[BindingKey],
    ) -> Option<Vec<BindingKey>> {
        let wanted = self.types.entry(name).or_default();
        let mut news = false;
        for key in keys {
            let count = wanted.counts.entry(key.clone()).or_default();
            news |= *count == 0;
            *count += 1;
        }
        news.then(|| wanted.change())
    }

    /// Counts one subscription less for each of these keys; returns the type's keys if they are
    /// others now.
    pub(super) fn remove(
        &mut self,
        name: &'static str,
        keys: &[BindingKey],
    ) -> Option<Vec<BindingKey>> {
        let wanted = self.types.get_mut(name)?;
        let mut news = false;
        for key in keys {
            if let Some(count) = wanted.counts.get_mut(key) {
                *count -= 1;
                if *count == 0 {
                    wanted.counts.remove(key);
                    news = true;
                }
            }
        }
        news.then(|| wanted.change())
    }

    /// Everything.
    pub(super) fn all(&self) -> Subscriptions {
        let mut all = Subscriptions::default();
        for (name, wanted) in &self.types {
            all.set(name, wanted.counts.keys().cloned());
        }
        all
    }

    /// The number of the last update: [`all`](Self::all) says no less than that did.
    pub(super) fn seq(&self) -> u64 {
        self.seq
    }

    /// The next update: its number, the complete keys of one type, and the last change in it.
    pub(super) fn next_update(&mut self, name: &str) -> (u64, SubscriptionUpdate, u64) {
        self.seq += 1;
        let wanted = self.types.get(name);
        let keys = wanted.map(Wanted::keys).unwrap_or_default();
        let mut update = SubscriptionUpdate::default();
        update.set(name, keys);
        (self.seq, update, self.changed(name))
    }

    /// The number of the last change of a type's keys.
    pub(super) fn changed(&self, name: &str) -> u64 {
        self.types.get(name).map_or(0, |wanted| wanted.changed)
    }

    /// The directory has taken note of a type's keys as they were after this change.
    pub(super) fn confirm(&mut self, name: &str, change: u64, everywhere: bool) {
        let wanted = self.types.get_mut(name);
        if let Some(wanted) = wanted.filter(|wanted| wanted.confirmed < change) {
            (wanted.confirmed, wanted.everywhere) = (change, everywhere);
        }
    }

    /// The directory has taken note of everything.
    pub(super) fn confirm_all(&mut self) {
        for wanted in self.types.values_mut() {
            (wanted.confirmed, wanted.everywhere) = (wanted.changed, true);
        }
    }

    /// What the directory said when it last confirmed a type's keys, if that was after this change.
    pub(super) fn confirmed(&self, name: &str, change: u64) -> Option<bool> {
        let wanted = self.types.get(name)?;
        (wanted.confirmed >= change).then_some(wanted.everywhere)
    }

    /// Whether a task has to begin to tell the directory of a type's keys: one a type is enough.
    pub(super) fn begin_telling(&mut self, name: &str) -> bool {
        let wanted = self.types.get_mut(name);
        let Some(wanted) = wanted.filter(|wanted| wanted.is_untold()) else {
            return false;
        };
        !std::mem::replace(&mut wanted.is_being_told, true)
    }

    /// The last change, if that is still to be told; if not, the task that tells ends.
    pub(super) fn go_on_telling(&mut self, name: &str) -> Option<u64> {
        let wanted = self.types.get_mut(name)?;
        wanted.is_being_told = wanted.is_untold();
        wanted.is_being_told.then_some(wanted.changed)
    }

    /// The task that told the directory of a type's keys has ended.
    pub(super) fn end_telling(&mut self, name: &str) {
        if let Some(wanted) = self.types.get_mut(name) {
            wanted.is_being_told = false;
        }
    }
}

impl Wanted {
    /// The keys have become others.
    fn change(&mut self) -> Vec<BindingKey> {
        self.changed += 1;
        self.keys()
    }

    fn keys(&self) -> Vec<BindingKey> {
        self.counts.keys().cloned().collect()
    }

    fn is_untold(&self) -> bool {
        self.confirmed < self.changed
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

    #[test]
    fn a_change_is_confirmed_by_the_word_on_it_or_on_a_later_one() {
        let [fr, de] = ["fr", "de"].map(|key| [BindingKey::parse(key).unwrap()]);
        let mut book = SubscriptionBook::default();
        book.add("W.T", &fr);
        let (first, _, in_first) = book.next_update("W.T");
        book.add("W.T", &de);
        let change = book.changed("W.T");
        book.confirm("W.T", in_first, true);
        assert_eq!(book.confirmed("W.T", in_first), Some(true));
        assert_eq!(book.confirmed("W.T", change), None);
        let (second, _, in_second) = book.next_update("W.T");
        assert!(first < second && second == book.seq());
        book.confirm("W.T", in_second, false);
        book.confirm("W.T", in_first, true);
        assert_eq!(book.confirmed("W.T", change), Some(false));
    }

    #[test]
    fn one_task_tells_of_a_type_until_its_last_change_is_known() {
        let [fr, de] = ["fr", "de"].map(|key| [BindingKey::parse(key).unwrap()]);
        let mut book = SubscriptionBook::default();
        assert!(!book.begin_telling("W.T"));
        book.add("W.T", &fr);
        assert!(book.begin_telling("W.T") && !book.begin_telling("W.T"));
        let told = book.go_on_telling("W.T").unwrap();
        book.add("W.T", &de);
        book.confirm("W.T", told, true);
        let told = book.go_on_telling("W.T").unwrap();
        book.confirm("W.T", told, true);
        assert_eq!(book.go_on_telling("W.T"), None);
        assert!(!book.begin_telling("W.T"));
        book.remove("W.T", &de);
        assert!(book.begin_telling("W.T"));
        book.end_telling("W.T");
        assert!(book.begin_telling("W.T"));
    }
}

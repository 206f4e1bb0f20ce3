//! What a worker has done of its messages.

/// Messages that a worker has started and has not said to have ended.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Done {
    pub(super) messages: usize,
    pub(super) cost: u64,
    /// The cost of the last of them.
    pub(super) last: u64,
}

impl Done {
    /// One that costs so much has been started.
    #[inline]
    pub(super) fn start(&mut self, cost: u64) {
        self.messages += 1;
        self.cost += cost;
        self.last = cost;
    }

    pub(super) fn add(&mut self, more: Self) {
        self.messages += more.messages;
        self.cost += more.cost;
        self.last = more.last;
    }

    /// Takes all of them out but, if that one still `runs`, the last.
    pub(super) fn take_ended(&mut self, runs: bool) -> Self {
        let mut left = Self::default();
        if runs && self.messages > 0 {
            left.start(self.last);
        }
        let ended = Self {
            messages: self.messages - left.messages,
            cost: self.cost - left.cost,
            last: 0,
        };
        *self = left;
        ended
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_stays_until_it_has_ended_too() {
        let mut done = Done::default();
        done.start(200);
        done.start(300);
        let ended = done.take_ended(true);
        assert_eq!((ended.messages, ended.cost), (1, 200));
        assert_eq!(done.take_ended(true).messages, 0);
        let ended = done.take_ended(false);
        assert_eq!((ended.messages, ended.cost), (1, 300));
        assert_eq!((done.messages, done.cost), (0, 0));
    }
}

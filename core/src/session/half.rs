//! Half of a lane, made when it is first used: with most of those that it knows a process talks in
//! few lanes, or not at all.

use std::ops::{Deref, DerefMut};

use tokio::time::Instant;

use super::link_id::LinkId;
use super::lock::MutexGuard;

/// Half of a lane: itself, or what it is to begin with once it is used.
#[derive(Debug, Clone)]
pub(super) struct Half<T> {
    made: Option<Box<T>>,
    idle: Idle,
}

/// What is to be known of half a lane that was never used.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Idle {
    /// How many sessions have ended.
    pub(super) epoch: u64,
    /// The link in use, and when our Hello was sent on it.
    pub(super) link: Option<(LinkId, Instant)>,
    /// Why nothing is to be entered: the receiver is down, it drains, this bus has stopped, the
    /// receiver is forgotten.
    pub(super) down: bool,
    pub(super) leaving: bool,
    pub(super) stopped: bool,
    pub(super) forgotten: bool,
}

impl Idle {
    /// R7.
    pub(super) fn end_session(&mut self) {
        *self = Self {
            epoch: self.epoch + 1,
            stopped: self.stopped,
            forgotten: self.forgotten,
            ..Self::default()
        };
    }
}

impl<T> Half<T> {
    pub(super) fn new() -> Self {
        Self {
            made: None,
            idle: Idle::default(),
        }
    }

    pub(super) fn is_made(&self) -> bool {
        self.made.is_some()
    }

    pub(super) fn idle(&self) -> Idle {
        self.idle
    }

    /// The half itself, if it is there.
    pub(super) fn made_mut(&mut self) -> Option<&mut T> {
        self.made.as_deref_mut()
    }

    /// Does something with the half, or with what it is to begin with.
    pub(super) fn change<R>(
        &mut self,
        made: impl FnOnce(&mut T) -> R,
        idle: impl FnOnce(&mut Idle),
    ) -> Option<R> {
        match &mut self.made {
            Some(half) => Some(made(half)),
            None => {
                idle(&mut self.idle);
                None
            }
        }
    }
}

/// A half that is there, locked.
#[derive(Debug)]
pub(crate) struct Used<'a, T>(MutexGuard<'a, Half<T>>);

impl<'a, T> Used<'a, T> {
    /// Makes the half if it is used for the first time.
    #[inline]
    pub(super) fn or_make(
        mut half: MutexGuard<'a, Half<T>>,
        make: impl FnOnce(Idle) -> Box<T>,
    ) -> Self {
        if half.made.is_none() {
            half.made = Some(make(half.idle));
        }
        Self(half)
    }

    /// `None`: it was never used.
    pub(super) fn if_made(half: MutexGuard<'a, Half<T>>) -> Option<Self> {
        half.is_made().then_some(Self(half))
    }
}

impl<T> Deref for Used<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        match &self.0.made {
            Some(made) => made,
            None => unreachable!("{MADE}"),
        }
    }
}

impl<T> DerefMut for Used<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        match &mut self.0.made {
            Some(made) => made,
            None => unreachable!("{MADE}"),
        }
    }
}

const MADE: &str = "half a lane is made before it is handed out";

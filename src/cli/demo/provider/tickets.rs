//! What the provider hands out and takes back: codes and access tokens. Kept as hashes, for a while, and never more than
//! so many.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::base::{Ambient, Timestamp, Token, TokenHash};

/// Most tickets kept: a demonstration has a few at a time, and a flood pushes out the oldest instead of filling memory.
pub(super) const MAX_TICKETS: usize = 1_000;

/// Tickets that each stand for a `T`.
pub(super) struct Tickets<T> {
    life: Duration,
    /// In the order of their end, since all live equally long.
    kept: Mutex<VecDeque<Ticket<T>>>,
}

struct Ticket<T> {
    hash: TokenHash,
    end: Timestamp,
    stands_for: T,
}

impl<T: Clone> Tickets<T> {
    /// No tickets yet; each will live for `life`.
    pub(super) fn new(life: Duration) -> Self {
        Self { life, kept: Mutex::default() }
    }

    /// A new ticket.
    pub(super) fn issue(&self, ambient: &Ambient, stands_for: T) -> String {
        let token = ambient.token();
        let mut kept = self.kept();
        while kept.len() >= MAX_TICKETS {
            kept.pop_front();
        }
        kept.push_back(Ticket { hash: token.hash(), end: ambient.now().plus(self.life), stands_for });
        token.expose()
    }

    /// What the ticket stands for; it is spent, also when it is too late.
    pub(super) fn take(&self, ambient: &Ambient, ticket: &str) -> Option<T> {
        let mut kept = self.kept();
        let index = position(&kept, ticket)?;
        kept.remove(index).filter(|ticket| ambient.now() < ticket.end).map(|ticket| ticket.stands_for)
    }

    /// What the ticket stands for; it can be shown again.
    pub(super) fn look(&self, ambient: &Ambient, ticket: &str) -> Option<T> {
        let kept = self.kept();
        let ticket = kept.get(position(&kept, ticket)?)?;
        (ambient.now() < ticket.end).then(|| ticket.stands_for.clone())
    }

    fn kept(&self) -> MutexGuard<'_, VecDeque<Ticket<T>>> {
        // Every change is one push, pop or remove: a panic elsewhere leaves nothing half done.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn position<T>(kept: &VecDeque<Ticket<T>>, ticket: &str) -> Option<usize> {
    let hash = ticket.parse::<Token>().ok()?.hash();
    kept.iter().position(|ticket| ticket.hash == hash)
}

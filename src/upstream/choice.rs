//! Which of an application's upstreams a request goes to: each in turn, of those that are well.

use std::sync::Arc;

use super::pool::{Pool, Shelf};
use crate::decision::Route;
use crate::identity::Destination;

/// Most upstreams that a request is tried at after the first.
const MAX_OTHERS: u32 = 2;

/// The upstream of a request, and those it was tried at before.
pub(super) struct Choice<'a> {
    pool: &'a Pool,
    all: &'a [Destination],
    index: usize,
    /// One bit for each upstream, in their order.
    tried: u32,
    pub(super) destination: &'a Destination,
    pub(super) shelf: Arc<Shelf>,
}

impl<'a> Choice<'a> {
    /// The upstream whose turn it is; if it is down, the turn goes round among the others; if all are, it is tried
    /// nevertheless: nothing is lost by it, and it may be back. One that has no others is not even asked.
    pub(super) fn first(pool: &'a Pool, route: &'a Route) -> Option<Self> {
        let all = route.destinations();
        if let [only] = all {
            return Some(Self { pool, all, index: 0, tried: 1, destination: only, shelf: pool.shelf(only) });
        }
        let turn = route.turn();
        let index = turn.checked_rem(all.len())?;
        let due = Self::of(pool, all, index, 0)?;
        if due.shelf.health.admits() {
            return Some(due);
        }
        let next = turn / all.len();
        Some(Self::well(pool, all, next, due.tried).unwrap_or(due))
    }

    /// Another upstream for a request that was not sent to this one: one that is well, was not tried yet, and can bear
    /// to be sent more. None is tried anyway: this one failed because it is down, so that all are.
    pub(super) fn other(&self) -> Option<Self> {
        if self.all.len() == 1 || self.tried.count_ones() > MAX_OTHERS {
            return None;
        }
        Self::well(self.pool, self.all, self.index + 1, self.tried).filter(|other| other.shelf.pays_for_retry())
    }

    /// One of those not tried yet that are well, counted round from `turn`.
    #[cold]
    fn well(pool: &'a Pool, all: &'a [Destination], turn: usize, tried: u32) -> Option<Self> {
        let untried: Vec<usize> = (0..all.len()).filter(|index| tried & (1 << index) == 0).collect();
        let in_turn = untried.iter().cycle().skip(turn.checked_rem(untried.len())?).take(untried.len());
        in_turn.filter_map(|index| Self::of(pool, all, *index, tried)).find(|choice| choice.shelf.health.is_well())
    }

    fn of(pool: &'a Pool, all: &'a [Destination], index: usize, tried: u32) -> Option<Self> {
        let destination = all.get(index)?;
        Some(Self { pool, all, index, tried: tried | (1 << index), destination, shelf: pool.shelf(destination) })
    }
}

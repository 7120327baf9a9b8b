//! Values that many sessions have in common, each held once: people by the thousand hold the same roles, at the same IdP,
//! on the same few hosts.

use std::collections::HashSet;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use super::principal::Holdings;
use crate::identity::Host;

/// Most values of a kind that are looked for. Beyond, sharing begins anew: what is shared already stays so.
const MAX_VALUES: usize = 50_000;

/// What sessions share.
#[derive(Debug, Default)]
pub(super) struct Shared {
    pub(super) holdings: Values<Arc<Holdings>>,
    pub(super) hosts: Values<Arc<Host>>,
}

/// Values of one kind. Locked only when a session is read from the store.
#[derive(Debug)]
pub(super) struct Values<T>(Mutex<HashSet<T>>);

impl<T> Default for Values<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone + Eq + Hash> Values<T> {
    /// The one that is held already, if there is one like it.
    pub(super) fn one(&self, value: T) -> T {
        let mut values = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = values.get(&value) {
            return held.clone();
        }
        if values.len() >= MAX_VALUES {
            values.clear();
        }
        values.insert(value.clone());
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_alike_is_held_once() {
        let shared = Shared::default();
        let of = |provider: &str| {
            shared.holdings.one(Arc::new(Holdings { provider: provider.into(), roles: [].into(), server_admin: false }))
        };
        let (one, other) = (of("company"), of("company"));
        assert!(Arc::ptr_eq(&one, &other));
        assert!(!Arc::ptr_eq(&one, &of("guests")));
    }
}

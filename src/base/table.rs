//! A bounded table for what every request looks up: sharded, so that requests on all cores read it at once, and with
//! no bookkeeping on the way. What has to be dropped in time is dropped by its owner.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// More than cores that could write at once.
const SHARDS: usize = 64;

/// Keys and values, at most so many.
#[derive(Debug)]
pub struct Table<K, V, S = RandomState> {
    shards: Vec<RwLock<HashMap<K, V, S>>>,
    hasher: S,
    most_per_shard: usize,
}

impl<K: Eq + Hash, V: Clone, S: BuildHasher + Clone + Default> Table<K, V, S> {
    /// An empty table that holds about `most` entries.
    pub fn new(most: usize) -> Self {
        let hasher = S::default();
        let shards = (0..SHARDS).map(|_| RwLock::new(HashMap::with_hasher(hasher.clone()))).collect();
        Self { shards, hasher, most_per_shard: most.div_ceil(SHARDS) }
    }

    /// The value of a key.
    pub fn get<Q>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.read(key).get(key).cloned()
    }

    /// Sets the value of a key. A full shard is emptied first: what is in use comes back at its next look-up.
    pub fn insert(&self, key: K, value: V) {
        let mut shard = self.write(&key);
        if shard.len() >= self.most_per_shard && !shard.contains_key(&key) {
            shard.clear();
        }
        shard.insert(key, value);
    }

    /// Forgets a key.
    pub fn remove(&self, key: &K) {
        self.write(key).remove(key);
    }

    /// How many entries there are.
    pub fn count(&self) -> usize {
        self.shards.iter().map(|shard| shard.read().unwrap_or_else(PoisonError::into_inner).len()).sum()
    }

    /// Forgets every entry that `keep` does not want, and most of the room that it leaves: part by part, so that whoever
    /// shares the thread may go on between.
    pub async fn retain(&self, keep: impl Fn(&K, &V) -> bool) {
        for shard in &self.shards {
            {
                let mut entries = shard.write().unwrap_or_else(PoisonError::into_inner);
                entries.retain(|key, value| keep(key, value));
                let left = entries.len();
                if left < entries.capacity() / 4 {
                    entries.shrink_to(left * 2);
                }
            }
            tokio::task::yield_now().await;
        }
    }

    fn read<Q: Hash + ?Sized>(&self, key: &Q) -> RwLockReadGuard<'_, HashMap<K, V, S>> {
        self.shards[self.shard(key)].read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, key: &K) -> RwLockWriteGuard<'_, HashMap<K, V, S>> {
        self.shards[self.shard(key)].write().unwrap_or_else(PoisonError::into_inner)
    }

    /// By bits that the maps inside do not look at first.
    fn shard<Q: Hash + ?Sized>(&self, key: &Q) -> usize {
        usize::from(self.hasher.hash_one(key).to_be_bytes()[3]) % SHARDS
    }
}

/// Hashes in a few steps what the standard hasher takes a hundred for. It does not withstand keys chosen to collide, so it
/// is for tables to which nobody from outside can add a key of their choice.
#[derive(Clone, Copy, Debug, Default)]
pub struct QuickHasher(u64);

impl Hasher for QuickHasher {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks();
        words.iter().for_each(|word| self.write_u64(u64::from_le_bytes(*word)));
        rest.iter().for_each(|byte| self.write_u8(*byte));
    }

    fn write_u8(&mut self, number: u8) {
        self.write_u64(number.into());
    }

    fn write_u64(&mut self, number: u64) {
        // Both halves of a product with a number of no pattern, the golden ratio's digits: each bit moves many others.
        let product = u128::from(self.0.rotate_left(23) ^ number) * 0x9e37_79b9_7f4a_7c15;
        self.0 = (product ^ product >> 64) as u64;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_table_finds_what_was_put_there_and_forgets_what_was_taken() {
        let table: Table<u64, u64> = Table::new(10_000);
        (0..1_000).for_each(|number| table.insert(number, number * 2));
        assert!((0..1_000).all(|number| table.get(&number) == Some(number * 2)));
        table.insert(7, 1);
        assert_eq!(table.get(&7), Some(1));
        table.remove(&7);
        assert_eq!(table.get(&7), None);
        table.retain(|number, _| number % 2 == 0).await;
        assert!(
            (0..1_000).filter(|number| *number != 7).all(|number| table.get(&number).is_some() == (number % 2 == 0))
        );
    }

    #[tokio::test]
    async fn the_room_of_what_was_forgotten_is_given_back() {
        let table: Table<u64, u64> = Table::new(100_000);
        (0..50_000).for_each(|number| table.insert(number, number));
        table.retain(|number, _| *number < 100).await;
        let room: usize = table.shards.iter().map(|shard| shard.read().unwrap().capacity()).sum();
        assert!(room < 5_000, "{room}");
        assert_eq!(table.count(), 100);
    }

    #[test]
    fn a_table_never_holds_more_than_it_may() {
        let table: Table<u64, u64> = Table::new(640);
        (0..100_000).for_each(|number| table.insert(number, number));
        let held: usize = table.shards.iter().map(|shard| shard.read().unwrap().len()).sum();
        assert!(held <= 640, "{held}");
        assert_eq!(table.get(&99_999), Some(99_999), "the newest is there");
    }
}

//! A bounded table for what every request looks up: sharded, so that requests on all cores read it at once, and with
//! no bookkeeping on the way. What has to be dropped in time is dropped by its owner.

use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use hashbrown::HashTable;

/// More than cores that could write at once.
const SHARDS: usize = 64;

/// What a [`Table`] holds: each value has its key within itself, so that a table of a million takes room for it once.
pub trait Keyed {
    /// By what it is found.
    type Key: Eq + Hash;

    /// Its key, which stays what it is.
    fn key(&self) -> &Self::Key;
}

impl<T: Keyed> Keyed for Arc<T> {
    type Key = T::Key;

    fn key(&self) -> &T::Key {
        self.as_ref().key()
    }
}

/// Values by their keys, at most so many.
#[derive(Debug)]
pub struct Table<T, S = RandomState> {
    shards: Vec<RwLock<HashTable<T>>>,
    hasher: S,
    most_per_shard: usize,
}

impl<T: Keyed, S: BuildHasher + Default> Table<T, S> {
    /// An empty table that holds about `most` values.
    pub fn new(most: usize) -> Self {
        let shards = (0..SHARDS).map(|_| RwLock::default()).collect();
        Self { shards, hasher: S::default(), most_per_shard: most.div_ceil(SHARDS) }
    }

    /// The value of a key.
    pub fn get(&self, key: &T::Key) -> Option<T>
    where
        T: Clone,
    {
        self.look(key, T::clone)
    }

    /// What `read` makes of the value of a key.
    pub fn look<R>(&self, key: &T::Key, read: impl FnOnce(&T) -> R) -> Option<R> {
        let hash = self.hasher.hash_one(key);
        self.read(hash).find(hash, |value| value.key() == key).map(read)
    }

    /// Holds a value, in place of the one with its key. A full shard is emptied first: what is in use comes back at its
    /// next look-up.
    pub fn insert(&self, value: T) {
        let hash = self.hasher.hash_one(value.key());
        let mut shard = self.write(hash);
        if let Some(held) = shard.find_mut(hash, |held| held.key() == value.key()) {
            *held = value;
            return;
        }
        if shard.len() >= self.most_per_shard {
            shard.clear();
        }
        shard.insert_unique(hash, value, |held| self.hasher.hash_one(held.key()));
    }

    /// Forgets a key.
    pub fn remove(&self, key: &T::Key) {
        let hash = self.hasher.hash_one(key);
        if let Ok(held) = self.write(hash).find_entry(hash, |held| held.key() == key) {
            held.remove();
        }
    }

    /// How many values there are.
    pub fn count(&self) -> usize {
        self.shards.iter().map(|shard| shard.read().unwrap_or_else(PoisonError::into_inner).len()).sum()
    }

    /// Forgets every value that `keep` does not want, and most of the room that it leaves: part by part, so that whoever
    /// shares the thread may go on between.
    pub async fn retain(&self, keep: impl Fn(&T) -> bool) {
        for shard in &self.shards {
            {
                let mut held = shard.write().unwrap_or_else(PoisonError::into_inner);
                held.retain(|value| keep(value));
                let left = held.len();
                if left < held.capacity() / 4 {
                    held.shrink_to(left * 2, |value| self.hasher.hash_one(value.key()));
                }
            }
            tokio::task::yield_now().await;
        }
    }

    fn read(&self, hash: u64) -> RwLockReadGuard<'_, HashTable<T>> {
        self.shards[shard(hash)].read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, hash: u64) -> RwLockWriteGuard<'_, HashTable<T>> {
        self.shards[shard(hash)].write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// By bits that the tables inside do not look at first.
fn shard(hash: u64) -> usize {
    usize::from(hash.to_be_bytes()[3]) % SHARDS
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

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    struct Word(u64, &'static str);

    impl Keyed for Word {
        type Key = u64;

        fn key(&self) -> &u64 {
            &self.0
        }
    }

    fn filled(most: usize, words: u64) -> Table<Word> {
        let table = Table::new(most);
        (0..words).for_each(|number| table.insert(Word(number, "first")));
        table
    }

    #[tokio::test]
    async fn a_table_finds_what_was_put_there_and_forgets_what_was_taken() {
        let table = filled(10_000, 1_000);
        assert!((0..1_000).all(|number| table.get(&number) == Some(Word(number, "first"))));
        table.insert(Word(7, "second"));
        assert_eq!(table.get(&7), Some(Word(7, "second")));
        assert_eq!(table.count(), 1_000);
        table.remove(&7);
        assert_eq!(table.get(&7), None);
        table.retain(|word| word.0 % 2 == 0).await;
        assert!(
            (0..1_000).filter(|number| *number != 7).all(|number| table.get(&number).is_some() == (number % 2 == 0))
        );
    }

    #[tokio::test]
    async fn the_room_of_what_was_forgotten_is_given_back() {
        let table = filled(100_000, 50_000);
        table.retain(|word| word.0 < 100).await;
        let room: usize = table.shards.iter().map(|shard| shard.read().unwrap().capacity()).sum();
        assert!(room < 5_000, "{room}");
        assert_eq!(table.count(), 100);
    }

    #[test]
    fn a_table_never_holds_more_than_it_may() {
        let table = filled(640, 100_000);
        assert!(table.count() <= 640, "{}", table.count());
        assert!(table.get(&99_999).is_some(), "the newest is there");
    }
}

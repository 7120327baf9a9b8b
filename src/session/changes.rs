//! Following the change log: what this process holds in memory is good only as far as the log has been read.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::{Mutex as AsyncMutex, watch};
use tokio::time::{Instant, timeout};

use super::Unavailable;
use crate::base::QuickHasher;
use crate::identity::{SessionId, UserId};
use crate::store::{Change, Db, StoreError, changes};

/// How often the log is read: a change is felt everywhere well within a second.
pub const POLL_INTERVAL: Duration = Duration::from_millis(200);
/// After this long without reading the log, nothing in memory is believed until it has been read again.
pub const MAX_SILENCE: Duration = Duration::from_millis(800);
/// Longest wait for the log to be read, and so longest hold of the lock that others wait for. A store that takes longer
/// is as good as away, and whoever waits for it is better told so.
const PATIENCE: Duration = Duration::from_secs(1);
/// Changed subjects remembered one by one, in about ten megabytes; past that, everything loaded before counts as changed.
const MAX_SUBJECTS: usize = 200_000;

/// Tells what was read of somebody from what was read at any other time, or of anybody else, since this process started:
/// all of them are counted by its one [`Changes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Generation(u64);

impl Generation {
    /// Of somebody who was made up to be shown, and asks for nothing.
    pub const NONE: Self = Self(0);

    /// One of a test's choice.
    #[cfg(test)]
    pub(crate) const fn of(number: u64) -> Self {
        Self(number)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Subject {
    User(UserId),
    Session(SessionId),
}

/// What has changed since this process started, as far as it has read.
pub struct Changes {
    db: Db,
    /// The last number read.
    read: AtomicI64,
    /// Whatever was loaded before this number is stale.
    floor: AtomicI64,
    /// The number of each subject's last change above the floor. Ids are ours, so nobody can choose them.
    subjects: RwLock<HashMap<Subject, i64, BuildHasherDefault<QuickHasher>>>,
    started: Instant,
    /// When the log was last read to its end, in microseconds since `started`.
    heard_at: AtomicU64,
    reading: AsyncMutex<()>,
    catalogue: watch::Sender<i64>,
    generations: AtomicU64,
}

impl Changes {
    /// Follows the log from its present end.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn follow(db: Db) -> Result<Self, Unavailable> {
        let number = changes::head(&db).await?;
        Ok(Self {
            db,
            read: AtomicI64::new(number),
            floor: AtomicI64::new(0),
            subjects: RwLock::default(),
            started: Instant::now(),
            heard_at: AtomicU64::new(0),
            reading: AsyncMutex::new(()),
            catalogue: watch::Sender::new(number),
            generations: AtomicU64::new(1),
        })
    }

    /// Tells the number of the last change of the catalogue each time it changes.
    pub fn catalogue(&self) -> watch::Receiver<i64> {
        self.catalogue.subscribe()
    }

    /// The number up to which the log has been read. Take it before reading from the store, and hand it to
    /// [`Changes::is_fresh`] when using what was read.
    pub fn number(&self) -> i64 {
        self.read.load(Ordering::Acquire)
    }

    /// The generation of what is read of somebody now.
    pub fn generation(&self) -> Generation {
        Generation(self.generations.fetch_add(1, Ordering::Relaxed))
    }

    /// Whether nothing about this user, or a session of theirs, has changed since `number`.
    pub fn is_fresh(&self, number: i64, user: UserId, session: Option<SessionId>) -> bool {
        // The floor is read under the same lock that it is raised under.
        let subjects = self.subjects.read().unwrap_or_else(PoisonError::into_inner);
        if number < self.floor.load(Ordering::Acquire) {
            return false;
        }
        let unchanged = |subject| subjects.get(&subject).is_none_or(|&changed| changed <= number);
        subjects.is_empty()
            || (unchanged(Subject::User(user)) && session.is_none_or(|session| unchanged(Subject::Session(session))))
    }

    /// Makes sure that the log was read recently enough for memory to be believed.
    ///
    /// # Errors
    /// When it was not and cannot be: nobody may be let through on what memory holds.
    pub async fn heard_lately(&self) -> Result<(), Unavailable> {
        if self.silence() <= MAX_SILENCE {
            return Ok(());
        }
        in_time(Box::pin(async {
            let _reading = self.reading.lock().await;
            // Whoever held the lock may have read it for us.
            if self.silence() <= MAX_SILENCE { Ok(()) } else { self.read_all().await }
        }))
        .await
    }

    /// Reads the log to its end. Call it after a change of one's own, so that it is felt here at once.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn catch_up(&self) -> Result<(), Unavailable> {
        let asked_at = self.micros();
        in_time(async {
            let _reading = self.reading.lock().await;
            // Whoever held the lock may have begun after this was asked: of many who wait, one reads for all.
            if self.heard_at.load(Ordering::Acquire) > asked_at { Ok(()) } else { self.read_all().await }
        })
        .await
    }

    /// How long ago the log was last read to its end.
    pub fn silence(&self) -> Duration {
        self.started.elapsed().saturating_sub(Duration::from_micros(self.heard_at.load(Ordering::Acquire)))
    }

    /// How long ago it was started, in microseconds.
    fn micros(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    async fn read_all(&self) -> Result<(), Unavailable> {
        loop {
            let asked_at = self.micros();
            let after = self.number();
            let batch = changes::after(&self.db, after).await?;
            let Some(&(last, _)) = batch.last() else {
                if self.silence() > MAX_SILENCE {
                    self.check_head(after).await?;
                }
                self.heard_at.store(asked_at, Ordering::Release);
                return Ok(());
            };
            // Numbers are taken in commit order without gaps; a gap means that rows were pruned before we read them.
            let gap = batch.first().is_some_and(|&(first, _)| first != after + 1);
            self.apply(&batch, last, gap);
        }
    }

    /// After a silence it may be another database that answers. The entries we missed may have been pruned, with none
    /// after them to show the gap; or it was restored, or is a standby that had not heard everything: then numbers we
    /// have read are taken anew, and nothing in memory is believed until they have all been passed.
    async fn check_head(&self, after: i64) -> Result<(), Unavailable> {
        let head = changes::head(&self.db).await?;
        if head < after {
            self.floor.fetch_max(after.saturating_add(1), Ordering::AcqRel);
        }
        if head != after {
            self.apply(&[], head, true);
        }
        Ok(())
    }

    fn apply(&self, batch: &[(i64, Change)], last: i64, gap: bool) {
        let mut subjects = self.subjects.write().unwrap_or_else(PoisonError::into_inner);
        let mut catalogue = gap;
        for &(number, change) in batch {
            match change {
                Change::User(user) => drop(subjects.insert(Subject::User(user), number)),
                Change::Session(session) => drop(subjects.insert(Subject::Session(session), number)),
                Change::Catalogue => catalogue = true,
            }
        }
        if catalogue || subjects.len() > MAX_SUBJECTS {
            subjects.clear();
            self.floor.fetch_max(last, Ordering::AcqRel);
        }
        self.read.store(last, Ordering::Release);
        drop(subjects);
        if catalogue {
            self.catalogue.send_replace(last);
        }
    }
}

async fn in_time(reading: impl Future<Output = Result<(), Unavailable>>) -> Result<(), Unavailable> {
    timeout(PATIENCE, reading).await.unwrap_or_else(|_| Err(StoreError::Silent(PATIENCE).into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Timestamp;
    use crate::store::kit::{on_each, run};
    use uuid::Uuid;

    async fn end(db: &Db, session: SessionId) {
        let mut tx = db.begin().await.unwrap();
        changes::append(&mut tx, Timestamp::from_secs(1), &[Change::Session(session)]).await.unwrap();
        tx.commit().await.unwrap();
    }

    #[tokio::test]
    async fn whoever_reads_the_log_gives_up_in_time() {
        on_each(async |db| {
            let log = Changes::follow(db).await.unwrap();
            // Somebody is at it, and does not come to an end.
            let reading = log.reading.lock().await;
            let outcome = timeout(3 * PATIENCE, log.catch_up()).await;
            assert!(matches!(outcome, Ok(Err(Unavailable(StoreError::Silent(_))))), "{outcome:?}");
            drop(reading);
            log.catch_up().await.unwrap();
        })
        .await;
    }

    #[tokio::test]
    async fn of_many_who_wait_for_the_log_one_reads_it_for_all() {
        on_each(async |db| {
            let log = Changes::follow(db.clone()).await.unwrap();
            let reading = log.reading.lock().await;
            tokio::join!(async { log.catch_up().await.unwrap() }, async {
                // Read by whoever came in between; there is nothing any more that could be read again.
                log.heard_at.store(log.micros() + 1, Ordering::Release);
                db.close().await;
                drop(reading);
            });
            assert!(log.catch_up().await.is_err());
        })
        .await;
    }

    #[tokio::test]
    async fn a_database_that_fell_back_makes_nothing_in_memory_believed() {
        on_each(async |db| {
            let (user, session) = (UserId::new(Uuid::from_u128(1)), SessionId::new(Uuid::from_u128(2)));
            let other = SessionId::new(Uuid::from_u128(3));
            end(&db, other).await;
            end(&db, other).await;
            let log = Changes::follow(db.clone()).await.unwrap();
            let loaded = log.number();
            assert!(log.is_fresh(loaded, user, Some(session)));
            // A standby that never heard of the last change takes over, and gives its number to another.
            run(&db, "update change_head set number = 1").await;
            run(&db, "delete from changes where number = 2").await;
            log.check_head(loaded).await.unwrap();
            end(&db, session).await;
            log.catch_up().await.unwrap();
            assert_eq!(log.number(), loaded, "the number was taken anew");
            assert!(!log.is_fresh(loaded, user, Some(session)));
            // Once numbers nobody had before are reached, memory is of use again.
            end(&db, other).await;
            log.catch_up().await.unwrap();
            assert!(log.is_fresh(log.number(), user, Some(session)));
            assert!(!log.is_fresh(loaded, user, Some(session)));
        })
        .await;
    }
}

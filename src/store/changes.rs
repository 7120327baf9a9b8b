//! The change log: what may have narrowed somebody's access, in the order of the commits that did it. Every process
//! follows it and drops what it names from its caches.

use std::time::Duration;

use super::value::{BATCH, rows, values};
use super::{Db, StoreError, Tx};
use crate::base::Timestamp;
use crate::identity::{SessionId, UserId};

/// How long a change stays in the log: any process that follows it is far nearer to the head.
const KEPT: Duration = Duration::from_secs(3_600);
/// Changes read at once.
const PAGE: i64 = 1_000;

/// What a cache has to drop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// A user: who they are, what they hold, whether they may enter; with all their sessions.
    User(UserId),
    /// A session.
    Session(SessionId),
    /// Organizations, roles, IdPs, policies or applications: with everything that depends on them.
    Catalogue,
}

impl Change {
    fn kind(self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::Session(_) => "session",
            Self::Catalogue => "catalogue",
        }
    }

    fn subject(self) -> String {
        match self {
            Self::User(user) => user.to_string(),
            Self::Session(session) => session.to_string(),
            Self::Catalogue => String::new(),
        }
    }

    fn read(kind: &str, subject: &str) -> Result<Self, StoreError> {
        let corrupt = || StoreError::Corrupt(format!("a change of kind {kind:?} to {subject:?}"));
        match kind {
            "user" => subject.parse().map(Self::User).map_err(|_| corrupt()),
            "session" => subject.parse().map(Self::Session).map_err(|_| corrupt()),
            "catalogue" => Ok(Self::Catalogue),
            _ => Err(corrupt()),
        }
    }
}

/// Appends to the log. Call it last in a transaction: from here to its commit, all other changes wait, which is what
/// makes the order of numbers the order of commits.
///
/// # Errors
/// When the database fails.
pub async fn append(tx: &mut Tx, now: Timestamp, changes: &[Change]) -> Result<(), StoreError> {
    let Ok(count) = i64::try_from(changes.len()) else { return Ok(()) };
    if count == 0 {
        return Ok(());
    }
    const TAKE: &str = "update change_head set number = number + $1 where id = 1 returning number";
    let last: i64 = tx.conn().scalar(TAKE, values![count]).await?;
    let mut number = last - count;
    for batch in changes.chunks(BATCH) {
        let sql = format!("insert into changes (number, at, kind, subject) values {}", rows(1, batch.len(), 4));
        let mut row = Vec::with_capacity(batch.len() * 4);
        for change in batch {
            number += 1;
            row.extend(values![number, now, change.kind(), change.subject()]);
        }
        tx.conn().execute(sql, row).await?;
    }
    Ok(())
}

/// The number of the latest change.
///
/// # Errors
/// When the database fails.
pub async fn head(db: &Db) -> Result<i64, StoreError> {
    db.reader().scalar("select number from change_head where id = 1", vec![]).await
}

/// The next changes after `number`, at most 1,000, in order. If the first is not `number + 1`, those between are gone
/// from the log: whoever follows it has to drop everything.
///
/// # Errors
/// When the database fails.
pub async fn after(db: &Db, number: i64) -> Result<Vec<(i64, Change)>, StoreError> {
    const SQL: &str = "select number, kind, subject from changes where number > $1 order by number limit $2";
    let rows: Vec<(i64, String, String)> = db.reader().all(SQL, values![number, PAGE]).await?;
    rows.into_iter().map(|(number, kind, subject)| Ok((number, Change::read(&kind, &subject)?))).collect()
}

/// Removes changes older than an hour.
///
/// # Errors
/// When the database fails.
pub async fn prune(db: &Db, now: Timestamp) -> Result<u64, StoreError> {
    db.writer().execute("delete from changes where at < $1", values![now.minus(KEPT)]).await
}

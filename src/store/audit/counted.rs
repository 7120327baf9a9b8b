//! How often things happened, by days: counted with each line, in its transaction, and read without reading the log.

use std::collections::BTreeMap;

use super::AuditRow;
use crate::base::Timestamp;
use crate::store::value::{rows, values};
use crate::store::{Db, StoreError, Tx};

/// Microseconds of a day.
pub const DAY: i64 = 24 * 60 * 60 * 1_000_000;

/// The number of a day, since 1970 in UTC.
const fn day(at: Timestamp) -> i64 {
    at.micros().div_euclid(DAY)
}

/// Counts lines that are written in this transaction.
pub(super) async fn add(tx: &mut Tx, lines: &[AuditRow]) -> Result<(), StoreError> {
    let mut counts: BTreeMap<(i64, &str), i64> = BTreeMap::new();
    for line in lines {
        *counts.entry((day(line.at), &line.action)).or_default() += line.count;
    }
    if counts.is_empty() {
        return Ok(());
    }
    let sql = format!("insert into audit_counts (day, action, count) values {}", rows(1, counts.len(), 3));
    let values = counts.into_iter().flat_map(|((day, action), count)| values![day, action, count]).collect();
    tx.conn().execute(sql, values).await?;
    Ok(())
}

/// How often each of these actions happened from the day of `since` on, as (day since 1970, action, count).
///
/// # Errors
/// When the database fails.
pub async fn by_day(tx: &mut Tx, actions: [&str; 3], since: Timestamp) -> Result<Vec<(i64, String, i64)>, StoreError> {
    const SQL: &str = "select day, action, cast(sum(count) as bigint) from audit_counts \
        where action in ($1, $2, $3) and day >= $4 group by day, action";
    let [one, two, three] = actions;
    tx.conn().all(SQL, values![one, two, three, day(since)]).await
}

/// Adds up what was counted of each day and action, and forgets days before the one of `kept_since`. What is counted
/// meanwhile is neither lost nor counted twice: only what was taken away is put back, in the same transaction.
///
/// # Errors
/// When the database fails.
pub async fn add_up(db: &Db, kept_since: Timestamp) -> Result<(), StoreError> {
    const MANY: &str = "select day, action from audit_counts group by day, action having count(*) > 1";
    const TAKE: &str = "delete from audit_counts where day = $1 and action = $2 returning count";
    let mut tx = db.begin().await?;
    tx.conn().execute("delete from audit_counts where day < $1", values![day(kept_since)]).await?;
    let many: Vec<(i64, String)> = tx.conn().all(MANY, vec![]).await?;
    for (day, action) in many {
        let taken: Vec<(i64,)> = tx.conn().all(TAKE, values![day, action.as_str()]).await?;
        let sum: i64 = taken.iter().map(|(count,)| count).sum();
        if !taken.is_empty() {
            const PUT: &str = "insert into audit_counts (day, action, count) values ($1, $2, $3)";
            tx.conn().execute(PUT, values![day, action, sum]).await?;
        }
    }
    tx.commit().await
}

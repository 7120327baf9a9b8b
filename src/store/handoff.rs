//! What is used once: codes that carry a session to another host, and `state` values of finished sign-ins.

use super::value::{At, BATCH, Parsed, values};
use super::{Db, StoreError, Tx};
use crate::base::{Timestamp, TokenHash};
use crate::identity::{Host, SessionId};

/// What a hand-off code was made for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// The only host that may redeem it.
    pub host: Host,
    /// The hash of the verifier that this host left in the browser.
    pub binding: TokenHash,
    /// The session it carries.
    pub session: SessionId,
    /// When it is of no more use.
    pub expires_at: Timestamp,
}

/// Stores a hand-off code under its hash.
///
/// # Errors
/// When the database fails; [`StoreError::ForeignKey`] if the session has ended.
pub async fn create_code(db: &Db, hash: &TokenHash, code: &Code) -> Result<(), StoreError> {
    const SQL: &str = "insert into handoff_codes (hash, host, binding, session_id, expires_at) \
                       values ($1, $2, $3, $4, $5)";
    let row = values![*hash, code.host.as_str(), code.binding, code.session, code.expires_at];
    db.writer().execute(SQL, row).await?;
    Ok(())
}

/// Takes a hand-off code away, in one statement: whatever its host, binding and time turn out to be, nobody gets it a
/// second time.
///
/// # Errors
/// When the database fails.
pub async fn take_code(db: &Db, hash: &TokenHash) -> Result<Option<Code>, StoreError> {
    const SQL: &str = "delete from handoff_codes where hash = $1 returning host, binding, session_id, expires_at";
    type Row = (Parsed<Host>, Parsed<TokenHash>, Parsed<SessionId>, At);
    let row: Option<Row> = db.writer().optional(SQL, values![*hash]).await?;
    Ok(row.map(|(host, binding, session, expires_at)| Code {
        host: host.0,
        binding: binding.0,
        session: session.0,
        expires_at: expires_at.0,
    }))
}

/// Remembers a `state` until `expires_at`. Says `false` if it was spent before.
///
/// # Errors
/// When the database fails.
pub async fn spend_state(db: &Db, hash: &TokenHash, expires_at: Timestamp) -> Result<bool, StoreError> {
    Ok(db.writer().execute(SPEND, values![*hash, expires_at]).await? == 1)
}

/// The same as part of a transaction, of whatever else counts but once.
///
/// # Errors
/// When the database fails.
pub async fn spend(tx: &mut Tx, hash: &TokenHash, expires_at: Timestamp) -> Result<bool, StoreError> {
    Ok(tx.conn().execute(SPEND, values![*hash, expires_at]).await? == 1)
}

const SPEND: &str = "insert into spent_states (hash, expires_at) values ($1, $2) on conflict (hash) do nothing";

/// Removes codes and states that have expired, in bounded batches, and says how many.
///
/// # Errors
/// When the database fails; what was swept before stays so.
pub async fn sweep(db: &Db, now: Timestamp) -> Result<u64, StoreError> {
    const CODES: &str = "delete from handoff_codes where hash in \
                         (select hash from handoff_codes where expires_at <= $1 order by hash limit $2)";
    const STATES: &str = "delete from spent_states where hash in \
                          (select hash from spent_states where expires_at <= $1 order by hash limit $2)";
    let batch = i64::try_from(BATCH).unwrap_or(i64::MAX);
    let mut total = 0;
    for sql in [CODES, STATES] {
        loop {
            let swept = db.writer().execute(sql, values![now, batch]).await?;
            total += swept;
            if swept < BATCH as u64 {
                break;
            }
        }
    }
    Ok(total)
}

//! The way in without an IdP: links that whoever runs commands on the server makes, and the sessions they open. A link
//! is used once; neither is ever kept but as a hash.

use super::value::{At, values};
use super::{Db, StoreError, Tx};
use crate::base::{Timestamp, TokenHash};

/// Keeps a link until `expires_at`, and lets go of what has run out.
///
/// # Errors
/// When the database fails.
pub async fn add_link(tx: &mut Tx, link: &TokenHash, expires_at: Timestamp, now: Timestamp) -> Result<(), StoreError> {
    const SQL: &str = "insert into login_links (hash, expires_at) values ($1, $2)";
    tx.conn().execute("delete from login_links where expires_at <= $1", values![now]).await?;
    tx.conn().execute("delete from break_glass_sessions where expires_at <= $1", values![now]).await?;
    tx.conn().execute(SQL, values![*link, expires_at]).await?;
    Ok(())
}

/// Whether a link can be taken; it stays where it is.
///
/// # Errors
/// When the database fails.
pub async fn is_good(db: &Db, link: &TokenHash, now: Timestamp) -> Result<bool, StoreError> {
    const SQL: &str = "select count(*) from login_links where hash = $1 and expires_at > $2";
    let count: i64 = db.reader().scalar(SQL, values![*link, now]).await?;
    Ok(count == 1)
}

/// Takes a link away, in one statement: nobody gets it a second time. Says whether it was good.
///
/// # Errors
/// When the database fails.
pub async fn take_link(tx: &mut Tx, link: &TokenHash, now: Timestamp) -> Result<bool, StoreError> {
    const SQL: &str = "delete from login_links where hash = $1 returning expires_at";
    let row: Option<(At,)> = tx.conn().optional(SQL, values![*link]).await?;
    Ok(row.is_some_and(|(expires_at,)| expires_at.0 > now))
}

/// Opens a session.
///
/// # Errors
/// When the database fails.
pub async fn add_session(
    tx: &mut Tx,
    session: &TokenHash,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    const SQL: &str = "insert into break_glass_sessions (hash, created_at, expires_at) values ($1, $2, $3)";
    tx.conn().execute(SQL, values![*session, now, expires_at]).await?;
    Ok(())
}

/// Whether a session is open.
///
/// # Errors
/// When the database fails.
pub async fn is_open(db: &Db, session: &TokenHash, now: Timestamp) -> Result<bool, StoreError> {
    const SQL: &str = "select count(*) from break_glass_sessions where hash = $1 and expires_at > $2";
    let count: i64 = db.reader().scalar(SQL, values![*session, now]).await?;
    Ok(count == 1)
}

/// Ends a session. Says whether there was one.
///
/// # Errors
/// When the database fails.
pub async fn end(tx: &mut Tx, session: &TokenHash) -> Result<bool, StoreError> {
    Ok(tx.conn().execute("delete from break_glass_sessions where hash = $1", values![*session]).await? == 1)
}

//! Sessions and their tokens. Ending a session deletes its row, and with it every token and code.

mod there;

use std::collections::BTreeMap;

use sqlx::FromRow;

use super::changes::{self, Change};
use super::value::{At, BATCH, Parsed, rows, values};
use super::{Db, StoreError, Tx};
use crate::base::{Timestamp, TokenHash};
use crate::identity::{Host, IdentityId, IdpKey, OrganizationKey, SessionId, UserId};

pub use there::{
    AtProvider, Due, EndedSession, EndedThere, Refresh, delete_ended_there, due, is_known_there, refresh_later,
    refresh_no_more,
};

/// One sign-in's session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    /// The session.
    pub id: SessionId,
    /// Whose it is.
    pub user: UserId,
    /// The identity it was made through.
    pub identity: IdentityId,
    /// The IdP of that identity.
    pub idp: IdpKey,
    /// When the sign-in happened.
    pub created_at: Timestamp,
    /// The last activity that is written down.
    pub last_seen_at: Timestamp,
    /// When it ends whatever happens.
    pub expires_at: Timestamp,
}

#[derive(FromRow)]
struct Row {
    id: Parsed<SessionId>,
    user_id: Parsed<UserId>,
    identity_id: Parsed<IdentityId>,
    idp_key: Parsed<IdpKey>,
    created_at: At,
    last_seen_at: At,
    expires_at: At,
}

impl From<Row> for SessionRow {
    fn from(row: Row) -> Self {
        Self {
            id: row.id.0,
            user: row.user_id.0,
            identity: row.identity_id.0,
            idp: row.idp_key.0,
            created_at: row.created_at.0,
            last_seen_at: row.last_seen_at.0,
            expires_at: row.expires_at.0,
        }
    }
}

/// Makes a session with its first token, and ends the one it takes the place of. Says `false`, and does nothing, if
/// the user is disabled or gone.
///
/// # Errors
/// When the database fails; [`StoreError::ForeignKey`] if the identity is gone.
pub async fn create(
    db: &Db,
    session: &SessionRow,
    there: &AtProvider,
    token: &TokenHash,
    host: &Host,
    previous: Option<SessionId>,
) -> Result<bool, StoreError> {
    // Takes the user's row, so that disabling the user comes either before this or finds the session.
    const LOCK: &str = "update users set version = version where id = $1 and disabled_at is null";
    const INSERT: &str = "insert into sessions \
        (id, user_id, identity_id, idp_key, idp_sid, idp_sub, id_token, refresh_token, refresh_at, created_at, \
        last_seen_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    let mut tx = db.begin().await?;
    if tx.conn().execute(LOCK, values![session.user]).await? == 0 {
        return Ok(false);
    }
    let row = values![
        session.id,
        session.user,
        session.identity,
        session.idp,
        there.sid.as_deref(),
        there.sub.as_deref(),
        there.id_token.as_deref(),
        there.refresh.as_ref().map(|refresh| refresh.token.as_str()),
        there.refresh.as_ref().map(|refresh| refresh.at),
        session.created_at,
        session.last_seen_at,
        session.expires_at,
    ];
    tx.conn().execute(INSERT, row).await?;
    insert_token(&mut tx, session.id, token, host, session.created_at).await?;
    if let Some(previous) = previous {
        delete(&mut tx, previous, session.created_at).await?;
    }
    tx.commit().await?;
    Ok(true)
}

/// The session that the token opens on exactly that host. Whether it is still in time is for the caller to see.
///
/// # Errors
/// When the database fails.
pub async fn by_token(db: &Db, token: &TokenHash, host: &Host) -> Result<Option<SessionRow>, StoreError> {
    const SQL: &str = "select s.id, s.user_id, s.identity_id, s.idp_key, s.created_at, s.last_seen_at, s.expires_at \
        from session_tokens t join sessions s on s.id = t.session_id where t.hash = $1 and t.host = $2";
    let row: Option<Row> = db.reader().optional(SQL, values![*token, host.as_str()]).await?;
    Ok(row.map(SessionRow::from))
}

/// Gives the session a token on another host; one it had there before ends. Says `false` if the session is gone.
///
/// # Errors
/// When the database fails.
pub async fn add_token(
    db: &Db,
    session: SessionId,
    token: &TokenHash,
    host: &Host,
    now: Timestamp,
) -> Result<bool, StoreError> {
    // Takes the session's row, so that two tokens for one host come one after the other.
    const LOCK: &str = "update sessions set last_seen_at = last_seen_at where id = $1";
    const REPLACE: &str = "delete from session_tokens where session_id = $1 and host = $2";
    let mut tx = db.begin().await?;
    if tx.conn().execute(LOCK, values![session]).await? == 0 {
        return Ok(false);
    }
    let replaced = tx.conn().execute(REPLACE, values![session, host.as_str()]).await?;
    insert_token(&mut tx, session, token, host, now).await?;
    if replaced > 0 {
        changes::append(&mut tx, now, &[Change::Session(session)]).await?;
    }
    tx.commit().await?;
    Ok(true)
}

async fn insert_token(
    tx: &mut Tx,
    session: SessionId,
    token: &TokenHash,
    host: &Host,
    now: Timestamp,
) -> Result<(), StoreError> {
    const SQL: &str = "insert into session_tokens (hash, host, session_id, created_at) values ($1, $2, $3, $4)";
    tx.conn().execute(SQL, values![*token, host.as_str(), session, now]).await?;
    Ok(())
}

/// Writes down activity, a batch in one statement. An instant only ever rises, and a session that has ended stays so.
///
/// # Errors
/// When the database fails; what was not written can be given again.
pub async fn touch_many(db: &Db, seen: &BTreeMap<SessionId, Timestamp>) -> Result<(), StoreError> {
    let mut left = seen.iter();
    loop {
        let batch: Vec<_> = left.by_ref().take(BATCH).collect();
        if batch.is_empty() {
            return Ok(());
        }
        let sql = format!(
            "with seen (id, at) as (values {}) update sessions set last_seen_at = seen.at from seen \
             where sessions.id = seen.id and sessions.last_seen_at < seen.at",
            rows(1, batch.len(), 2)
        );
        let values = batch.iter().flat_map(|(session, at)| values![**session, **at]).collect();
        db.writer().execute(sql, values).await?;
    }
}

/// Ends a session on every host. Gives what it was, if there was one.
///
/// # Errors
/// When the database fails: then it has not ended.
pub async fn end(db: &Db, session: SessionId, now: Timestamp) -> Result<Option<EndedSession>, StoreError> {
    let mut tx = db.begin().await?;
    let ended = delete(&mut tx, session, now).await?;
    tx.commit().await?;
    Ok(ended)
}

async fn delete(tx: &mut Tx, session: SessionId, now: Timestamp) -> Result<Option<EndedSession>, StoreError> {
    const SQL: &str = "delete from sessions where id = $1 returning idp_key, id_token";
    let ended: Option<(Parsed<IdpKey>, Option<String>)> = tx.conn().optional(SQL, values![session]).await?;
    if ended.is_some() {
        changes::append(tx, now, &[Change::Session(session)]).await?;
    }
    Ok(ended.map(|(idp, id_token)| EndedSession { idp: idp.0, id_token }))
}

/// Ends all sessions of a user, and says how many there were.
///
/// # Errors
/// When the database fails: then none has ended.
pub async fn end_of_user(db: &Db, user: UserId, now: Timestamp) -> Result<usize, StoreError> {
    const SQL: &str = "delete from sessions where user_id = $1 returning id";
    let mut tx = db.begin().await?;
    let ended: Vec<(Parsed<SessionId>,)> = tx.conn().all(SQL, values![user]).await?;
    let changes: Vec<Change> = ended.iter().map(|(id,)| Change::Session(id.0)).collect();
    changes::append(&mut tx, now, &changes).await?;
    tx.commit().await?;
    Ok(changes.len())
}

/// The sessions of a user that have not expired by `now`, the newest first, no more than `limit`.
///
/// # Errors
/// When the database fails.
pub async fn of_user(tx: &mut Tx, user: UserId, now: Timestamp, limit: u32) -> Result<Vec<SessionRow>, StoreError> {
    const SQL: &str = "select id, user_id, identity_id, idp_key, created_at, last_seen_at, expires_at \
        from sessions where user_id = $1 and expires_at > $2 order by id desc limit $3";
    let rows: Vec<Row> = tx.conn().all(SQL, values![user, now, i64::from(limit)]).await?;
    Ok(rows.into_iter().map(SessionRow::from).collect())
}

/// Ends sessions of a user as part of a transaction that then appends what is returned: all of them, `only` one, or
/// those made through an IdP of one organization.
///
/// # Errors
/// When the database fails.
pub async fn delete_of_user(
    tx: &mut Tx,
    user: UserId,
    only: Option<SessionId>,
    owner: Option<OrganizationKey>,
) -> Result<Vec<Change>, StoreError> {
    let (mut sql, mut values) = ("delete from sessions where user_id = $1".to_owned(), values![user]);
    if let Some(session) = only {
        values.push(session.into());
        sql.push_str(&format!(" and id = ${}", values.len()));
    }
    if let Some(owner) = owner {
        values.push(owner.into());
        sql.push_str(&format!(" and idp_key in (select key from idps where owner_key = ${})", values.len()));
    }
    sql.push_str(" returning id");
    let ended: Vec<(Parsed<SessionId>,)> = tx.conn().all(sql, values).await?;
    Ok(ended.iter().map(|(id,)| Change::Session(id.0)).collect())
}

/// Ends every session that was opened through an IdP, in the transaction that disables it: a change of the catalogue
/// drops what is kept of them in memory.
///
/// # Errors
/// When the database fails.
pub async fn delete_of_idp(tx: &mut Tx, idp: IdpKey) -> Result<(), StoreError> {
    tx.conn().execute("delete from sessions where idp_key = $1", values![idp]).await?;
    Ok(())
}

/// Ends all sessions made through an identity, as part of a transaction that then appends what is returned.
///
/// # Errors
/// When the database fails.
pub async fn delete_of_identity(tx: &mut Tx, identity: IdentityId) -> Result<Vec<Change>, StoreError> {
    const SQL: &str = "delete from sessions where identity_id = $1 returning id";
    let ended: Vec<(Parsed<SessionId>,)> = tx.conn().all(SQL, values![identity]).await?;
    Ok(ended.iter().map(|(id,)| Change::Session(id.0)).collect())
}

/// How many sessions were seen after `idle_since`. Those that have expired count until they are swept.
///
/// # Errors
/// When the database fails.
pub async fn count(db: &Db, idle_since: Timestamp) -> Result<i64, StoreError> {
    const SQL: &str = "select count(*) from sessions where last_seen_at > $1";
    db.reader().scalar(SQL, values![idle_since]).await
}

/// Ends sessions that have expired by `now`, or were last seen by `idle_since`; leave the latter some room, for
/// activity is written down late. Says how many there were.
///
/// # Errors
/// When the database fails; what was swept before stays so.
pub async fn sweep(db: &Db, now: Timestamp, idle_since: Timestamp) -> Result<usize, StoreError> {
    const SQL: &str = "delete from sessions where id in \
        (select id from sessions where expires_at <= $1 or last_seen_at <= $2 order by id limit $3) returning id";
    let mut total = 0;
    loop {
        let mut tx = db.begin().await?;
        let batch = i64::try_from(BATCH).unwrap_or(i64::MAX);
        let ended: Vec<(Parsed<SessionId>,)> = tx.conn().all(SQL, values![now, idle_since, batch]).await?;
        let changes: Vec<Change> = ended.iter().map(|(id,)| Change::Session(id.0)).collect();
        changes::append(&mut tx, now, &changes).await?;
        tx.commit().await?;
        total += changes.len();
        if changes.len() < BATCH {
            return Ok(total);
        }
    }
}

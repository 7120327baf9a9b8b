//! The provider's side of sessions: how they end with it, and how what it says of people is asked for again while they
//! last.

use sqlx::FromRow;

use crate::base::Timestamp;
use crate::identity::{IdpKey, SessionId, UserId};
use crate::store::changes::Change;
use crate::store::value::{Parsed, values};
use crate::store::{Db, StoreError, Tx};

/// The provider's side of a session.
#[derive(Clone, Default)]
pub struct AtProvider {
    /// The provider's own name for its session (`sid`).
    pub sid: Option<String>,
    /// Whom it signed in (`sub`).
    pub sub: Option<String>,
    /// The ID token, sealed, if signing out here is to be signing out there.
    pub id_token: Option<String>,
    /// By what its claims are fetched again, if they are.
    pub refresh: Option<Refresh>,
}

/// By what claims are fetched again.
#[derive(Clone)]
pub struct Refresh {
    /// The refresh token, sealed.
    pub token: String,
    /// When it is to be used next.
    pub at: Timestamp,
}

/// A session whose claims are to be fetched again.
pub struct Due {
    /// The session.
    pub session: SessionId,
    /// The IdP it was opened through.
    pub idp: IdpKey,
    /// Whom the provider signed in (`sub`).
    pub sub: String,
    /// The key of their identity there.
    pub identifier: String,
    /// The refresh token, sealed.
    pub token: String,
}

/// A session that has ended, as far as the provider's side may have to end too.
pub struct EndedSession {
    /// The IdP it was opened through.
    pub idp: IdpKey,
    /// The ID token, sealed, if it was kept.
    pub id_token: Option<String>,
}

/// Of whose sessions a provider says that they ended there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndedThere<'a> {
    /// Those of one session there, and of that person if it says whose it was.
    Session {
        /// Its `sid`.
        sid: &'a str,
        /// The `sub`.
        sub: Option<&'a str>,
    },
    /// Everything of that person.
    Person {
        /// The `sub`.
        sub: &'a str,
    },
    /// This one of ours.
    Ours(SessionId),
}

/// Whether a provider's session is behind one of ours.
///
/// # Errors
/// When the database fails.
pub async fn is_known_there(db: &Db, idp: IdpKey, sid: &str) -> Result<bool, StoreError> {
    const SQL: &str = "select count(*) from (select 1 from sessions where idp_key = $1 and idp_sid = $2 limit 1) known";
    let known: i64 = db.reader().scalar(SQL, values![idp, sid]).await?;
    Ok(known > 0)
}

/// Ends sessions that ended at their provider, as part of a transaction that then appends what is returned, each with
/// whose it was.
///
/// # Errors
/// When the database fails.
pub async fn delete_ended_there(
    tx: &mut Tx,
    idp: IdpKey,
    ended: EndedThere<'_>,
) -> Result<Vec<(UserId, Change)>, StoreError> {
    const OF_SESSION: &str = "delete from sessions where idp_key = $1 and idp_sid = $2 \
        and (idp_sub is null or idp_sub = coalesce($3, idp_sub)) returning user_id, id";
    const OF_PERSON: &str = "delete from sessions where idp_key = $1 and idp_sub = $2 returning user_id, id";
    const OURS: &str = "delete from sessions where idp_key = $1 and id = $2 returning user_id, id";
    let (sql, values) = match ended {
        EndedThere::Session { sid, sub } => (OF_SESSION, values![idp, sid, sub]),
        EndedThere::Person { sub } => (OF_PERSON, values![idp, sub]),
        EndedThere::Ours(session) => (OURS, values![idp, session]),
    };
    let ended: Vec<(Parsed<UserId>, Parsed<SessionId>)> = tx.conn().all(sql, values).await?;
    Ok(ended.into_iter().map(|(user, id)| (user.0, Change::Session(id.0))).collect())
}

/// Sessions whose claims are to be fetched again, no more than `limit`, of those that were seen after `idle_since`. They
/// are the caller's alone until `leased`: then they are due again, whatever became of the caller.
///
/// # Errors
/// When the database fails.
pub async fn due(
    db: &Db,
    now: Timestamp,
    idle_since: Timestamp,
    leased: Timestamp,
    limit: u32,
) -> Result<Vec<Due>, StoreError> {
    // Without taking the one writer, as a rule.
    const ANY: &str = "select count(*) from (select 1 from sessions where refresh_at <= $1 limit 1) waiting";
    // Asked again in the update itself: of two processes that saw the same one, the second sees that it is taken.
    const SQL: &str = "update sessions set refresh_at = $3 where id in \
        (select id from sessions where refresh_at <= $1 and expires_at > $1 and last_seen_at > $2 \
        order by refresh_at limit $4) and refresh_at <= $1 returning id, idp_key, idp_sub, refresh_token, \
        (select i.identifier from identities i where i.id = identity_id) as identifier";
    #[derive(FromRow)]
    struct Row {
        id: Parsed<SessionId>,
        idp_key: Parsed<IdpKey>,
        idp_sub: String,
        identifier: String,
        refresh_token: String,
    }
    let waiting: i64 = db.reader().scalar(ANY, values![now]).await?;
    if waiting == 0 {
        return Ok(Vec::new());
    }
    let rows: Vec<Row> = db.writer().all(SQL, values![now, idle_since, leased, i64::from(limit)]).await?;
    let read = |row: Row| Due {
        session: row.id.0,
        idp: row.idp_key.0,
        sub: row.idp_sub,
        identifier: row.identifier,
        token: row.refresh_token,
    };
    Ok(rows.into_iter().map(read).collect())
}

/// Keeps by what, and when, claims of a session are fetched next.
///
/// # Errors
/// When the database fails.
pub async fn refresh_later(db: &Db, session: SessionId, refresh: &Refresh) -> Result<(), StoreError> {
    const SQL: &str = "update sessions set refresh_token = $2, refresh_at = $3 where id = $1";
    db.writer().execute(SQL, values![session, refresh.token.as_str(), refresh.at]).await?;
    Ok(())
}

/// Has claims of a session never fetched again.
///
/// # Errors
/// When the database fails.
pub async fn refresh_no_more(db: &Db, session: SessionId) -> Result<(), StoreError> {
    const SQL: &str = "update sessions set refresh_token = null, refresh_at = null where id = $1";
    db.writer().execute(SQL, values![session]).await?;
    Ok(())
}

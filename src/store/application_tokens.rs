//! Tokens for applications. A token says whose it is and where it may be used; what its holder may do there is looked
//! up like that of anybody else.

use std::collections::BTreeMap;

use sqlx::FromRow;

use super::value::{At, BATCH, FromJson, Parsed, rows, values};
use super::{Db, StoreError, Tx};
use crate::base::{Timestamp, TokenHash};
use crate::identity::{Actor, ApplicationKey, IdentityId, TokenId, TokenName, UserId};

/// A token, without what it is presented as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplicationTokenRow {
    /// The token.
    pub id: TokenId,
    /// What people call it.
    pub name: TokenName,
    /// Who comes with it.
    pub user: UserId,
    /// The identity whose grants count; none: a service account's.
    pub identity: Option<IdentityId>,
    /// Where it may be used; none: wherever tokens are taken.
    pub applications: Option<Vec<ApplicationKey>>,
    /// Who made it.
    pub made_by: Actor,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it opens nothing.
    pub expires_at: Timestamp,
    /// When it was last presented, to the hour.
    pub last_used_at: Option<Timestamp>,
}

#[derive(FromRow)]
struct Row {
    id: Parsed<TokenId>,
    name: Parsed<TokenName>,
    user_id: Parsed<UserId>,
    identity_id: Option<Parsed<IdentityId>>,
    applications: Option<FromJson<Vec<ApplicationKey>>>,
    made_by: Parsed<Actor>,
    created_at: At,
    expires_at: At,
    last_used_at: Option<At>,
}

impl From<Row> for ApplicationTokenRow {
    fn from(row: Row) -> Self {
        Self {
            id: row.id.0,
            name: row.name.0,
            user: row.user_id.0,
            identity: row.identity_id.map(|id| id.0),
            applications: row.applications.map(|keys| keys.0),
            made_by: row.made_by.0,
            created_at: row.created_at.0,
            expires_at: row.expires_at.0,
            last_used_at: row.last_used_at.map(|at| at.0),
        }
    }
}

/// Adds a token.
///
/// # Errors
/// [`StoreError::ForeignKey`] if its user or identity is gone.
pub async fn insert(tx: &mut Tx, token: &ApplicationTokenRow, hash: &TokenHash) -> Result<(), StoreError> {
    const SQL: &str = "insert into application_tokens \
        (id, name, hash, user_id, identity_id, applications, made_by, created_at, expires_at, last_used_at) \
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let json = |keys: &Vec<ApplicationKey>| serde_json::to_string(keys);
    let applications = token.applications.as_ref().map(json).transpose();
    let row = values![
        token.id,
        token.name.as_str(),
        *hash,
        token.user,
        token.identity,
        applications.map_err(|error| StoreError::Corrupt(error.to_string()))?,
        token.made_by,
        token.created_at,
        token.expires_at,
        token.last_used_at,
    ];
    tx.conn().execute(SQL, row).await?;
    Ok(())
}

/// The tokens of a user, the newest first.
///
/// # Errors
/// When the database fails.
pub async fn of_user(tx: &mut Tx, user: UserId, limit: u32) -> Result<Vec<ApplicationTokenRow>, StoreError> {
    const SQL: &str = "select id, name, user_id, identity_id, applications, made_by, created_at, expires_at, \
        last_used_at from application_tokens where user_id = $1 order by id desc limit $2";
    let rows: Vec<Row> = tx.conn().all(SQL, values![user, i64::from(limit)]).await?;
    Ok(rows.into_iter().map(ApplicationTokenRow::from).collect())
}

/// How many tokens a user has.
///
/// # Errors
/// When the database fails.
pub async fn count(tx: &mut Tx, user: UserId) -> Result<i64, StoreError> {
    tx.conn().scalar("select count(*) from application_tokens where user_id = $1", values![user]).await
}

/// Ends a token of that user, and gives what it was, if there was one.
///
/// # Errors
/// When the database fails: then it has not ended.
pub async fn delete(tx: &mut Tx, id: TokenId, user: UserId) -> Result<Option<ApplicationTokenRow>, StoreError> {
    const SQL: &str = "delete from application_tokens where id = $1 and user_id = $2 returning id, name, user_id, \
        identity_id, applications, made_by, created_at, expires_at, last_used_at";
    let row: Option<Row> = tx.conn().optional(SQL, values![id, user]).await?;
    Ok(row.map(ApplicationTokenRow::from))
}

/// The token of that hash, if it has not run out at `now`.
///
/// # Errors
/// When the database fails.
pub async fn presented(db: &Db, hash: &TokenHash, now: Timestamp) -> Result<Option<ApplicationTokenRow>, StoreError> {
    const SQL: &str = "select id, name, user_id, identity_id, applications, made_by, created_at, expires_at, \
        last_used_at from application_tokens where hash = $1 and expires_at > $2";
    let row: Option<Row> = db.reader().optional(SQL, values![*hash, now]).await?;
    Ok(row.map(ApplicationTokenRow::from))
}

/// Writes down when tokens were presented, a batch in one statement. An instant only ever rises.
///
/// # Errors
/// When the database fails; what was not written can be given again.
pub async fn touch_many(db: &Db, used: &[(TokenId, Timestamp)]) -> Result<(), StoreError> {
    // Each once: of two rows for one token, a database takes either.
    let used: Vec<(TokenId, Timestamp)> = used.iter().copied().collect::<BTreeMap<_, _>>().into_iter().collect();
    for batch in used.chunks(BATCH) {
        let sql = format!(
            "with used (id, at) as (values {}) update application_tokens set last_used_at = used.at from used \
             where application_tokens.id = used.id and coalesce(application_tokens.last_used_at, 0) < used.at",
            rows(1, batch.len(), 2)
        );
        let values = batch.iter().flat_map(|(token, at)| values![*token, *at]).collect();
        db.writer().execute(sql, values).await?;
    }
    Ok(())
}

/// Drops tokens that ran out before `kept_since`.
///
/// # Errors
/// When the database fails.
pub async fn sweep(db: &Db, kept_since: Timestamp) -> Result<u64, StoreError> {
    db.writer().execute("delete from application_tokens where expires_at < $1", values![kept_since]).await
}

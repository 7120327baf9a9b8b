//! What sign-ins told: of each identity the last one, and those that were refused before there was an identity.

use serde_json::Value as Json;
use sqlx::FromRow;

use super::value::{At, BATCH, FromJson, Parsed, Value, list, values};
use super::{Db, StoreError, Tx};
use crate::base::Timestamp;
use crate::identity::{IdentityId, IdpKey, SignInId, UserId};

/// One sign-in, as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct SignInRow {
    /// The record.
    pub id: SignInId,
    /// The IdP that vouched for it.
    pub idp: IdpKey,
    /// Whose it is; absent if it was refused before there was an identity.
    pub identity: Option<IdentityId>,
    /// The key at the IdP; empty if none could be read.
    pub identifier: String,
    /// What the page showed, if there was one.
    pub reference: String,
    /// Why it was refused.
    pub refused: Option<String>,
    /// When.
    pub at: Timestamp,
    /// The version of the catalogue that decided.
    pub catalogue_version: i64,
    /// The claims ([`crate::claims::Recorded`] as JSON), unless they are not kept.
    pub claims: Option<Json>,
    /// Names of the claims that were left out.
    pub redacted: Vec<String>,
    /// The verdicts that granted or failed, as JSON.
    pub verdicts: Json,
}

#[derive(FromRow)]
struct Row {
    id: Parsed<SignInId>,
    idp_key: Parsed<IdpKey>,
    identity_id: Option<Parsed<IdentityId>>,
    identifier: String,
    reference: String,
    refused: Option<String>,
    at: At,
    catalogue_version: i64,
    claims: Option<FromJson<Json>>,
    redacted: FromJson<Vec<String>>,
    verdicts: FromJson<Json>,
}

impl From<Row> for SignInRow {
    fn from(row: Row) -> Self {
        Self {
            id: row.id.0,
            idp: row.idp_key.0,
            identity: row.identity_id.map(|id| id.0),
            identifier: row.identifier,
            reference: row.reference,
            refused: row.refused,
            at: row.at.0,
            catalogue_version: row.catalogue_version,
            claims: row.claims.map(|claims| claims.0),
            redacted: row.redacted.0,
            verdicts: row.verdicts.0,
        }
    }
}

/// Writes a sign-in down. Of an identity only the last one is kept, and of somebody who is refused without one, too:
/// whoever knocks a thousand times fills one row.
///
/// # Errors
/// When the database fails.
pub async fn put(tx: &mut Tx, row: &SignInRow) -> Result<(), StoreError> {
    const SQL: &str = "insert into sign_ins (id, idp_key, identity_id, identifier, reference, refused, at, \
        catalogue_version, claims, redacted, verdicts) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
        on conflict (idp_key, identifier, coalesce(identity_id, '')) do update set id = excluded.id, identifier = excluded.identifier, \
        reference = excluded.reference, refused = excluded.refused, at = excluded.at, \
        catalogue_version = excluded.catalogue_version, claims = excluded.claims, redacted = excluded.redacted, \
        verdicts = excluded.verdicts";
    tx.conn().execute(SQL, columns(row)).await?;
    Ok(())
}

/// The same of what was asked for again and came to nothing new: it stays known by the reference of what it came from.
///
/// # Errors
/// When the database fails.
pub async fn renew(tx: &mut Tx, row: &SignInRow) -> Result<(), StoreError> {
    const SQL: &str = "insert into sign_ins (id, idp_key, identity_id, identifier, reference, refused, at, \
        catalogue_version, claims, redacted, verdicts) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
        on conflict (idp_key, identifier, coalesce(identity_id, '')) do update set refused = excluded.refused, at = excluded.at, \
        catalogue_version = excluded.catalogue_version, claims = excluded.claims, redacted = excluded.redacted, \
        verdicts = excluded.verdicts";
    tx.conn().execute(SQL, columns(row)).await?;
    Ok(())
}

fn columns(row: &SignInRow) -> Vec<Value> {
    values![
        row.id,
        row.idp,
        row.identity,
        row.identifier.as_str(),
        row.reference.as_str(),
        row.refused.clone(),
        row.at,
        row.catalogue_version,
        row.claims.as_ref().map(Json::to_string),
        Json::from(row.redacted.as_slice()).to_string(),
        row.verdicts.to_string(),
    ]
}

/// What is kept of the claims of an identity's last sign-in, and the names of those that were left out.
///
/// # Errors
/// When the database fails.
pub async fn claims_of(db: &Db, idp: IdpKey, identifier: &str) -> Result<Option<(Json, Vec<String>)>, StoreError> {
    const SQL: &str = "select claims, redacted from sign_ins where idp_key = $1 and identifier = $2 \
        and coalesce(identity_id, '') <> '' and claims is not null";
    let row: Option<(FromJson<Json>, FromJson<Vec<String>>)> =
        db.reader().optional(SQL, values![idp, identifier]).await?;
    Ok(row.map(|(claims, redacted)| (claims.0, redacted.0)))
}

/// The sign-in whose page showed that reference, if it is still kept.
///
/// # Errors
/// When the database fails.
pub async fn by_reference(tx: &mut Tx, reference: &str) -> Result<Option<SignInRow>, StoreError> {
    const SQL: &str = "select id, idp_key, identity_id, identifier, reference, refused, at, catalogue_version, claims, \
        redacted, verdicts from sign_ins where reference = $1";
    let row: Option<Row> = tx.conn().optional(SQL, values![reference]).await?;
    Ok(row.map(SignInRow::from))
}

/// The last sign-in of each identity of a user, as far as they are kept, the oldest identity first.
///
/// # Errors
/// When the database fails.
pub async fn of_user(tx: &mut Tx, user: UserId) -> Result<Vec<SignInRow>, StoreError> {
    const SQL: &str = "select s.id, s.idp_key, s.identity_id, s.identifier, s.reference, s.refused, s.at, \
        s.catalogue_version, s.claims, s.redacted, s.verdicts from identities i \
        join sign_ins s on s.identity_id = i.id where i.user_id = $1 order by i.id";
    let rows: Vec<Row> = tx.conn().all(SQL, values![user]).await?;
    Ok(rows.into_iter().map(SignInRow::from).collect())
}

/// Which one the last sign-in of an identity is, if it is kept.
///
/// # Errors
/// When the database fails.
pub async fn last(tx: &mut Tx, identity: IdentityId) -> Result<Option<SignInId>, StoreError> {
    const SQL: &str = "select id from sign_ins where identity_id = $1";
    let row: Option<(Parsed<SignInId>,)> = tx.conn().optional(SQL, values![identity]).await?;
    Ok(row.map(|(id,)| id.0))
}

/// What the policies decided in the latest sign-ins since then of which anything is kept, the newest first.
///
/// # Errors
/// When the database fails.
pub async fn recent_verdicts(tx: &mut Tx, since: Timestamp, limit: u32) -> Result<Vec<Json>, StoreError> {
    const SQL: &str = "select verdicts from sign_ins where at >= $1 \
        and (claims is not null or verdicts <> '[]') order by at desc limit $2";
    let rows: Vec<(FromJson<Json>,)> = tx.conn().all(SQL, values![since, i64::from(limit)]).await?;
    Ok(rows.into_iter().map(|(verdicts,)| verdicts.0).collect())
}

/// An identity, and what its last sign-in said.
#[derive(Clone, Debug, PartialEq)]
pub struct LastSignIn {
    /// The identity.
    pub identity: IdentityId,
    /// Whose it is.
    pub user: UserId,
    /// Where it is.
    pub idp: IdpKey,
    /// The record of the sign-in, if there is one.
    pub sign_in: Option<SignInId>,
    /// The claims, unless they are not kept.
    pub claims: Option<Json>,
    /// Names of the claims that were left out.
    pub redacted: Vec<String>,
}

#[derive(FromRow)]
struct Last {
    id: Parsed<IdentityId>,
    user_id: Parsed<UserId>,
    idp_key: Parsed<IdpKey>,
    sign_in: Option<Parsed<SignInId>>,
    claims: Option<FromJson<Json>>,
    redacted: Option<FromJson<Vec<String>>>,
}

impl From<Last> for LastSignIn {
    fn from(row: Last) -> Self {
        Self {
            identity: row.id.0,
            user: row.user_id.0,
            idp: row.idp_key.0,
            sign_in: row.sign_in.map(|id| id.0),
            claims: row.claims.map(|claims| claims.0),
            redacted: row.redacted.map(|redacted| redacted.0).unwrap_or_default(),
        }
    }
}

/// The next identities after `after`, in the order of their ids.
///
/// # Errors
/// When the database fails.
pub async fn page(tx: &mut Tx, after: Option<IdentityId>, limit: u32) -> Result<Vec<LastSignIn>, StoreError> {
    const SQL: &str = "select i.id, i.user_id, i.idp_key, s.id as sign_in, s.claims, s.redacted from identities i \
        left join sign_ins s on s.identity_id = i.id where i.id > $1 order by i.id limit $2";
    let after = after.map(|id| id.to_string()).unwrap_or_default();
    let rows: Vec<Last> = tx.conn().all(SQL, values![after, i64::from(limit)]).await?;
    Ok(rows.into_iter().map(LastSignIn::from).collect())
}

/// The next identities at one IdP after `after`, in the order of their ids.
///
/// # Errors
/// When the database fails.
pub async fn page_at(
    tx: &mut Tx,
    idp: IdpKey,
    after: Option<IdentityId>,
    limit: u32,
) -> Result<Vec<LastSignIn>, StoreError> {
    const SQL: &str = "select i.id, i.user_id, i.idp_key, s.id as sign_in, s.claims, s.redacted from identities i \
        left join sign_ins s on s.identity_id = i.id where i.idp_key = $1 and i.id > $2 order by i.id limit $3";
    let after = after.map(|id| id.to_string()).unwrap_or_default();
    let rows: Vec<Last> = tx.conn().all(SQL, values![idp, after, i64::from(limit)]).await?;
    Ok(rows.into_iter().map(LastSignIn::from).collect())
}

/// Every identity of these users, in the order of their ids.
///
/// # Errors
/// When the database fails.
pub async fn of_users(tx: &mut Tx, users: &[UserId]) -> Result<Vec<LastSignIn>, StoreError> {
    let mut found = Vec::new();
    for batch in users.chunks(BATCH) {
        let sql = format!(
            "select i.id, i.user_id, i.idp_key, s.id as sign_in, s.claims, s.redacted from identities i \
             left join sign_ins s on s.identity_id = i.id where i.user_id in {} order by i.id",
            list(1, batch.len())
        );
        let rows: Vec<Last> = tx.conn().all(sql, batch.iter().map(|user| Value::from(*user)).collect()).await?;
        found.extend(rows.into_iter().map(LastSignIn::from));
    }
    Ok(found)
}

/// Forgets the claims of sign-ins before `kept_since`, and refused ones before it altogether.
///
/// # Errors
/// When the database fails.
pub async fn sweep(db: &Db, kept_since: Timestamp) -> Result<u64, StoreError> {
    const REFUSED: &str = "delete from sign_ins where identity_id is null and at < $1";
    const CLAIMS: &str = "update sign_ins set claims = null, verdicts = '[]' \
        where at < $1 and (claims is not null or verdicts <> '[]')";
    let refused = db.writer().execute(REFUSED, values![kept_since]).await?;
    Ok(refused + db.writer().execute(CLAIMS, values![kept_since]).await?)
}

//! Users' accounts at IdPs, and whom users made beforehand wait for.

mod awaited;
mod names;

use sqlx::FromRow;

use super::value::{At, BATCH, Parsed, list, values};
use super::{StoreError, Tx};
use crate::base::Timestamp;
use crate::identity::{Email, IdentityId, IdpId, IdpKey, OrganizationKey, UserId};

pub use awaited::{Awaited, Match, awaited_by, awaiting, expect, expected, met};
pub use names::{call, called};

/// A user's account at one IdP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityRow {
    /// The identity.
    pub id: IdentityId,
    /// Whose it is.
    pub user: UserId,
    /// Where it is.
    pub idp: IdpKey,
    /// Its key there, compared byte for byte.
    pub identifier: String,
    /// The issuer it came from.
    pub issuer: String,
    /// The path the identifier was read by.
    pub identifier_path: String,
    /// The name told there.
    pub display_name: Option<String>,
    /// The e-mail address told there.
    pub email: Option<Email>,
    /// When it first signed in.
    pub created_at: Timestamp,
    /// When it last did.
    pub last_sign_in_at: Timestamp,
}

#[derive(FromRow)]
struct Row {
    id: Parsed<IdentityId>,
    user_id: Parsed<UserId>,
    idp_key: Parsed<IdpKey>,
    identifier: String,
    issuer: String,
    identifier_path: String,
    display_name: Option<String>,
    email: Option<String>,
    email_verified: bool,
    created_at: At,
    last_sign_in_at: At,
}

impl From<Row> for IdentityRow {
    fn from(row: Row) -> Self {
        Self {
            id: row.id.0,
            user: row.user_id.0,
            idp: row.idp_key.0,
            identifier: row.identifier,
            issuer: row.issuer,
            identifier_path: row.identifier_path,
            display_name: row.display_name,
            email: row.email.map(|address| Email { address, verified: row.email_verified }),
            created_at: row.created_at.0,
            last_sign_in_at: row.last_sign_in_at.0,
        }
    }
}

/// The identity with that identifier at that IdP.
///
/// # Errors
/// When the database fails.
pub async fn find(tx: &mut Tx, idp: IdpKey, identifier: &str) -> Result<Option<IdentityRow>, StoreError> {
    const SQL: &str = "select id, user_id, idp_key, identifier, issuer, identifier_path, display_name, email, \
        email_verified, created_at, last_sign_in_at from identities where idp_key = $1 and identifier = $2";
    let row: Option<Row> = tx.conn().optional(SQL, values![idp, identifier]).await?;
    Ok(row.map(IdentityRow::from))
}

/// The identities of these users, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn of_users(tx: &mut Tx, users: &[UserId]) -> Result<Vec<IdentityRow>, StoreError> {
    if users.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "select id, user_id, idp_key, identifier, issuer, identifier_path, display_name, email, email_verified, \
         created_at, last_sign_in_at from identities where user_id in {} order by id",
        list(1, users.len())
    );
    let rows: Vec<Row> = tx.conn().all(sql, users.iter().flat_map(|user| values![*user]).collect()).await?;
    Ok(rows.into_iter().map(IdentityRow::from).collect())
}

/// The users whose identity at that IdP shows that address, verified there or not; case does not count.
///
/// # Errors
/// When the database fails.
pub async fn users_by_email(tx: &mut Tx, idp: IdpKey, address: &str) -> Result<Vec<UserId>, StoreError> {
    // Two look-ups, each by an index of its own.
    const SQL: &str = "select user_id from identities where idp_key = $1 and email = $2 \
        union select user_id from identities where idp_key = $1 and lower(email) = $3 order by user_id limit 2";
    let values = values![idp, address, Email::folded(address)];
    let rows: Vec<(Parsed<UserId>,)> = tx.conn().all(SQL, values).await?;
    Ok(rows.into_iter().map(|(user,)| user.0).collect())
}

/// How many accounts that IdP's sign-ins have made after `since`; counts no further than `most`. Those who were made
/// beforehand do not count.
///
/// # Errors
/// When the database fails.
pub async fn accounts_since(tx: &mut Tx, idp: IdpKey, since: Timestamp, most: u32) -> Result<u32, StoreError> {
    const SQL: &str = "select count(*) from \
        (select 1 from identities i join users u on u.id = i.user_id \
        where i.idp_key = $1 and i.created_at > $2 and u.created_at = i.created_at limit $3) as recent";
    let count: i64 = tx.conn().scalar(SQL, values![idp, since, i64::from(most)]).await?;
    Ok(u32::try_from(count).unwrap_or(u32::MAX))
}

/// How many identities an IdP has, with those it awaits; counting stops at `most`.
///
/// # Errors
/// When the database fails.
pub async fn count_at(tx: &mut Tx, idp: IdpKey, most: u32) -> Result<u32, StoreError> {
    const SQL: &str = "select count(*) from (select 1 from identities where idp_key = $1 \
        union all select 1 from expectations where idp_key = $1 limit $2) as known";
    let count: i64 = tx.conn().scalar(SQL, values![idp, i64::from(most)]).await?;
    Ok(u32::try_from(count).unwrap_or(most))
}

/// Adds an identity.
///
/// # Errors
/// [`StoreError::Unique`] if the IdP has one with that identifier.
pub async fn insert(tx: &mut Tx, identity: &IdentityRow) -> Result<(), StoreError> {
    const SQL: &str = "insert into identities (id, user_id, idp_key, identifier, issuer, identifier_path, \
        display_name, email, email_verified, created_at, last_sign_in_at) \
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    let row = values![
        identity.id,
        identity.user,
        identity.idp,
        identity.identifier.as_str(),
        identity.issuer.as_str(),
        identity.identifier_path.as_str(),
        identity.display_name.as_deref(),
        identity.email.as_ref().map(|email| email.address.as_str()),
        identity.email.as_ref().is_some_and(|email| email.verified),
        identity.created_at,
        identity.last_sign_in_at,
    ];
    tx.conn().execute(SQL, row).await?;
    Ok(())
}

/// Writes down a sign-in: its time, and name and address as they are in `identity` now.
///
/// # Errors
/// When the database fails.
pub async fn update(tx: &mut Tx, identity: &IdentityRow) -> Result<(), StoreError> {
    const SQL: &str = "update identities set display_name = $2, email = $3, email_verified = $4, last_sign_in_at = $5 \
                       where id = $1";
    let row = values![
        identity.id,
        identity.display_name.as_deref(),
        identity.email.as_ref().map(|email| email.address.as_str()),
        identity.email.as_ref().is_some_and(|email| email.verified),
        identity.last_sign_in_at,
    ];
    tx.conn().execute(SQL, row).await?;
    Ok(())
}

/// Where people sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whereabouts {
    /// The IdP's row.
    pub idp: IdpKey,
    /// Its slug.
    pub id: IdpId,
    /// The organization it belongs to.
    pub owner: Option<OrganizationKey>,
}

/// These IdPs, live or not.
///
/// # Errors
/// When the database fails.
pub async fn whereabouts(tx: &mut Tx, idps: &[IdpKey]) -> Result<Vec<Whereabouts>, StoreError> {
    let mut found = Vec::with_capacity(idps.len());
    for batch in idps.chunks(BATCH) {
        let sql = format!("select key, id, owner_key from idps where key in {}", list(1, batch.len()));
        type Row = (Parsed<IdpKey>, Parsed<IdpId>, Option<Parsed<OrganizationKey>>);
        let rows: Vec<Row> = tx.conn().all(sql, batch.iter().flat_map(|idp| values![*idp]).collect()).await?;
        let whereabouts = |(idp, id, owner): Row| Whereabouts { idp: idp.0, id: id.0, owner: owner.map(|key| key.0) };
        found.extend(rows.into_iter().map(whereabouts));
    }
    Ok(found)
}

/// Gives a user's identities, and what they are awaited by, to another.
///
/// # Errors
/// When the database fails.
pub async fn hand_over(tx: &mut Tx, from: UserId, to: UserId) -> Result<(), StoreError> {
    const NAMES: &str = "insert into awaited_names (user_id, organization_key, name) \
        select $2, organization_key, name from awaited_names where user_id = $1 on conflict do nothing";
    tx.conn().execute(NAMES, values![from, to]).await?;
    for table in ["identities", "expectations"] {
        tx.conn().execute(format!("update {table} set user_id = $2 where user_id = $1"), values![from, to]).await?;
    }
    Ok(())
}

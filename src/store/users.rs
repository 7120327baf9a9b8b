//! Users, and who is behind a session.

use std::collections::BTreeSet;

use sqlx::FromRow;

use super::value::{At, BATCH, FromJson, Parsed, list, values};
use super::{Db, StoreError, Tx};
use crate::base::Timestamp;
use crate::identity::{Email, Grant, IdentityId, IdpSpec, OrganizationKey, Origin, RoleId, UserId, Username};

/// A user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserRow {
    /// The user.
    pub id: UserId,
    /// What applications call them.
    pub username: Username,
    /// The name people go by.
    pub display_name: Option<String>,
    /// The e-mail address last heard of.
    pub email: Option<String>,
    /// Since when they may not enter.
    pub disabled_at: Option<Timestamp>,
    /// When the user was made.
    pub created_at: Timestamp,
}

#[derive(FromRow)]
pub(super) struct Row {
    id: Parsed<UserId>,
    username: Parsed<Username>,
    display_name: Option<String>,
    email: Option<String>,
    disabled_at: Option<At>,
    created_at: At,
}

impl Row {
    pub(super) fn id(&self) -> UserId {
        self.id.0
    }
}

impl From<Row> for UserRow {
    fn from(row: Row) -> Self {
        Self {
            id: row.id.0,
            username: row.username.0,
            display_name: row.display_name,
            email: row.email,
            disabled_at: row.disabled_at.map(|at| at.0),
            created_at: row.created_at.0,
        }
    }
}

/// Who is behind a session, as the tables have it.
#[derive(Clone, Debug)]
pub struct PrincipalRows {
    /// What applications call the user.
    pub username: Username,
    /// Whether the user may not enter.
    pub disabled: bool,
    /// The name the identity goes by, else the user's.
    pub display_name: Option<String>,
    /// The identity's e-mail address.
    pub email: Option<Email>,
    /// What the identity's IdP is called.
    pub provider: String,
    /// The organization that owns the IdP: the session carries that organization's grants alone.
    pub idp_owner: Option<OrganizationKey>,
    /// Whether applications are told an address that the IdP did not verify.
    pub email_trusted: bool,
    /// Whether the IdP is live; the sessions of one that is not open nothing.
    pub idp_live: bool,
    /// Whether a row makes the user a server admin in sessions of that identity.
    pub server_admin: bool,
    /// Every grant of a live role in a live organization, of any origin, sorted.
    pub grants: Vec<Grant>,
    /// When the first of them ends by itself, being kept for a while only.
    pub kept_until: Option<Timestamp>,
}

#[derive(FromRow)]
struct PrincipalRow {
    username: Parsed<Username>,
    disabled_at: Option<At>,
    display_name: Option<String>,
    email: Option<String>,
    email_verified: bool,
    owner_key: Option<Parsed<OrganizationKey>>,
    spec: FromJson<IdpSpec>,
    undeclared_at: Option<At>,
    admin_rows: i64,
}

/// Who is behind a session of that user at `now`, made through that identity: in two statements. `None` if the identity
/// is not (or no more) that user's.
///
/// # Errors
/// When the database fails.
pub async fn principal(
    db: &Db,
    user: UserId,
    identity: IdentityId,
    now: Timestamp,
) -> Result<Option<PrincipalRows>, StoreError> {
    const WHO: &str = "select u.username, u.disabled_at, coalesce(i.display_name, u.display_name) as display_name, \
        i.email, i.email_verified, p.owner_key, p.spec, \
        coalesce(p.undeclared_at, o.undeclared_at) as undeclared_at, \
        (select count(*) from server_admins a where a.user_id = u.id \
        and a.origin in ('manual', 'policy:' || i.id)) as admin_rows from users u \
        join identities i on i.user_id = u.id join idps p on p.key = i.idp_key \
        left join organizations o on o.key = p.owner_key where u.id = $1 and i.id = $2";
    let who: Option<PrincipalRow> = db.reader().optional(WHO, values![user, identity]).await?;
    let Some(who) = who else { return Ok(None) };
    let (grants, kept_until) = live_grants(db, user, now).await?;
    Ok(Some(PrincipalRows {
        username: who.username.0,
        disabled: who.disabled_at.is_some(),
        display_name: who.display_name,
        email: who.email.map(|address| Email { address, verified: who.email_verified }),
        idp_owner: who.owner_key.map(|key| key.0),
        provider: who.spec.0.name,
        email_trusted: who.spec.0.email_trusted,
        idp_live: who.undeclared_at.is_none(),
        server_admin: who.admin_rows > 0,
        grants,
        kept_until,
    }))
}

/// Every grant that counts at `now`, and when the first of them ends by itself.
pub(super) async fn live_grants(
    db: &Db,
    user: UserId,
    now: Timestamp,
) -> Result<(Vec<Grant>, Option<Timestamp>), StoreError> {
    const SQL: &str = "select g.role_id, r.organization_key, g.origin, g.kept_until from grants g \
        join roles r on r.id = g.role_id join organizations o on o.key = r.organization_key \
        where g.user_id = $1 and r.undeclared_at is null and o.undeclared_at is null \
        and (g.kept_until is null or g.kept_until >= $2)";
    type Row = (Parsed<RoleId>, Parsed<OrganizationKey>, Parsed<Origin>, Option<At>);
    let rows: Vec<Row> = db.reader().all(SQL, values![user, now]).await?;
    let kept_until = rows.iter().filter_map(|row| row.3.as_ref()).map(|at| at.0).min();
    let grant =
        |(role, organization, origin, _): Row| Grant { role: role.0, organization: organization.0, origin: origin.0 };
    let mut grants: Vec<Grant> = rows.into_iter().map(grant).collect();
    grants.sort_unstable();
    Ok((grants, kept_until))
}

/// Adds a user.
///
/// # Errors
/// [`StoreError::Unique`] if the username is taken.
pub async fn insert(tx: &mut Tx, user: &UserRow) -> Result<(), StoreError> {
    const SQL: &str = "insert into users \
        (id, username, username_folded, display_name, email, disabled_at, version, created_at, searchable) \
        values ($1, $2, $3, $4, $5, $6, 1, $7, true)";
    let row = values![
        user.id,
        user.username.as_str(),
        user.username.folded(),
        user.display_name.as_deref(),
        user.email.as_deref(),
        user.disabled_at,
        user.created_at,
    ];
    tx.conn().execute(SQL, row).await?;
    Ok(())
}

/// The user, if it is a person.
///
/// # Errors
/// When the database fails.
pub async fn get(tx: &mut Tx, user: UserId) -> Result<Option<UserRow>, StoreError> {
    const SQL: &str = "select id, username, display_name, email, disabled_at, created_at from users \
                       where id = $1 and service_of is null";
    let row: Option<Row> = tx.conn().optional(SQL, values![user]).await?;
    Ok(row.map(UserRow::from))
}

/// What these users are called.
///
/// # Errors
/// When the database fails.
pub async fn usernames(tx: &mut Tx, users: &[UserId]) -> Result<Vec<(UserId, Username)>, StoreError> {
    let mut named = Vec::with_capacity(users.len());
    for batch in users.chunks(BATCH) {
        let sql = format!("select id, username from users where id in {} order by username", list(1, batch.len()));
        let values = batch.iter().flat_map(|user| values![*user]).collect();
        let rows: Vec<(Parsed<UserId>, Parsed<Username>)> = tx.conn().all(sql, values).await?;
        named.extend(rows.into_iter().map(|(id, name)| (id.0, name.0)));
    }
    Ok(named)
}

/// Those of these users who may not enter.
///
/// # Errors
/// When the database fails.
pub async fn disabled(tx: &mut Tx, users: &[UserId]) -> Result<BTreeSet<UserId>, StoreError> {
    let mut disabled = BTreeSet::new();
    for batch in users.chunks(BATCH) {
        let sql = format!("select id from users where disabled_at is not null and id in {}", list(1, batch.len()));
        let rows: Vec<(Parsed<UserId>,)> =
            tx.conn().all(sql, batch.iter().flat_map(|user| values![*user]).collect()).await?;
        disabled.extend(rows.into_iter().map(|(user,)| user.0));
    }
    Ok(disabled)
}

/// The user of that username; case does not count.
///
/// # Errors
/// When the database fails.
pub async fn named(tx: &mut Tx, username: &Username) -> Result<Option<UserId>, StoreError> {
    const SQL: &str = "select id from users where username_folded = $1";
    let row: Option<(Parsed<UserId>,)> = tx.conn().optional(SQL, values![username.folded()]).await?;
    Ok(row.map(|(id,)| id.0))
}

/// Which of these folded usernames somebody has, `but` aside.
///
/// # Errors
/// When the database fails.
pub async fn taken_usernames(tx: &mut Tx, folded: &[String], but: Option<UserId>) -> Result<Vec<String>, StoreError> {
    let sql = format!("select username_folded, id from users where username_folded in {}", list(1, folded.len()));
    let values = folded.iter().flat_map(|name| values![name.as_str()]).collect();
    let rows: Vec<(String, Parsed<UserId>)> = tx.conn().all(sql, values).await?;
    Ok(rows.into_iter().filter(|(_, id)| Some(id.0) != but).map(|(name, _)| name).collect())
}

/// Gives a user another username: at the first sign-in of one made beforehand, never after.
///
/// # Errors
/// [`StoreError::Unique`] if it is taken.
pub async fn rename(tx: &mut Tx, user: UserId, username: &Username) -> Result<(), StoreError> {
    const SQL: &str = "update users set username = $2, username_folded = $3 where id = $1";
    tx.conn().execute(SQL, values![user, username.as_str(), username.folded()]).await?;
    Ok(())
}

/// Brings name and address up to date; an absent one stays as it is.
///
/// # Errors
/// When the database fails.
pub async fn update_profile(
    tx: &mut Tx,
    user: UserId,
    display_name: Option<&str>,
    email: Option<&str>,
) -> Result<(), StoreError> {
    const SQL: &str = "update users set display_name = coalesce($2, display_name), email = coalesce($3, email) \
                       where id = $1";
    tx.conn().execute(SQL, values![user, display_name, email]).await?;
    Ok(())
}

/// Takes a person's row until the transaction ends: first of all locks, before those of organizations.
///
/// # Errors
/// When the database fails.
pub async fn lock(tx: &mut Tx, user: UserId) -> Result<bool, StoreError> {
    const SQL: &str = "update users set version = version + 1 where id = $1 and service_of is null";
    Ok(tx.conn().execute(SQL, values![user]).await? == 1)
}

/// Lets a user enter, or no more since `since`.
///
/// # Errors
/// When the database fails.
pub async fn set_disabled(tx: &mut Tx, user: UserId, since: Option<Timestamp>) -> Result<bool, StoreError> {
    const SQL: &str = "update users set disabled_at = $2, version = version + 1 where id = $1";
    Ok(tx.conn().execute(SQL, values![user, since]).await? == 1)
}

/// Removes a user with all that is theirs: identities, expectations, grants, sessions.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut Tx, user: UserId) -> Result<bool, StoreError> {
    Ok(tx.conn().execute("delete from users where id = $1", values![user]).await? == 1)
}

/// The next people after `after`, in the order they were made.
///
/// # Errors
/// When the database fails.
pub async fn page(tx: &mut Tx, limit: u32, after: Option<UserId>) -> Result<Vec<UserRow>, StoreError> {
    const SQL: &str = "select id, username, display_name, email, disabled_at, created_at from users \
                       where id > $1 and service_of is null order by id limit $2";
    let after = after.map_or_else(String::new, |user| user.to_string());
    let rows: Vec<Row> = tx.conn().all(SQL, values![after, i64::from(limit)]).await?;
    Ok(rows.into_iter().map(UserRow::from).collect())
}

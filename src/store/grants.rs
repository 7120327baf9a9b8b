//! Who holds which role, and who is a server admin. Each statement writes one origin alone.

mod named;
mod server_admins;

use sqlx::FromRow;

use super::value::{At, BATCH, Parsed, Value, list, rows, values};
use super::{StoreError, Tx};
use crate::base::Timestamp;
use crate::identity::{OrganizationId, OrganizationKey, Origin, RoleId, RoleName, UserId};

pub use named::{NamedGrant, named};
pub use server_admins::{server_admin_origins, server_admins, set_server_admin};

/// A grant as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldRow {
    /// The role.
    pub role: RoleId,
    /// The organization of the role.
    pub organization: OrganizationKey,
    /// Who gave it.
    pub origin: Origin,
    /// Whether the role administers the organization.
    pub admin: bool,
    /// Whether role and organization are live: otherwise the grant is of no effect.
    pub live: bool,
    /// The last good evaluation behind it.
    pub evaluated_at: Timestamp,
    /// Present while it outlives a selector that failed: how long it counts.
    pub kept_until: Option<Timestamp>,
}

impl HeldRow {
    /// Whether it was kept for a while, and the while is over.
    pub fn has_run_out(&self, now: Timestamp) -> bool {
        self.kept_until.is_some_and(|until| now > until)
    }
}

#[derive(FromRow)]
struct Held {
    role_id: Parsed<RoleId>,
    organization_key: Parsed<OrganizationKey>,
    origin: Parsed<Origin>,
    admin: bool,
    undeclared_at: Option<At>,
    evaluated_at: At,
    kept_until: Option<At>,
}

/// Whether anybody holds anything, live or not.
///
/// # Errors
/// When the database fails.
pub async fn any(tx: &mut Tx) -> Result<bool, StoreError> {
    // Every id comes after nothing: the bound lets the index be sought, not scanned.
    const SQL: &str = "select user_id from grants where user_id > '' limit 1";
    let row: Option<(String,)> = tx.conn().optional(SQL, vec![]).await?;
    Ok(row.is_some())
}

/// Every grant of a user, of live roles or not.
///
/// # Errors
/// When the database fails.
pub async fn of_user(tx: &mut Tx, user: UserId) -> Result<Vec<HeldRow>, StoreError> {
    const SQL: &str = "select g.role_id, r.organization_key, g.origin, r.admin, \
        coalesce(r.undeclared_at, o.undeclared_at) as undeclared_at, g.evaluated_at, g.kept_until from grants g \
        join roles r on r.id = g.role_id join organizations o on o.key = r.organization_key where g.user_id = $1";
    let rows: Vec<Held> = tx.conn().all(SQL, values![user]).await?;
    let held = |row: Held| HeldRow {
        role: row.role_id.0,
        organization: row.organization_key.0,
        origin: row.origin.0,
        admin: row.admin,
        live: row.undeclared_at.is_none(),
        evaluated_at: row.evaluated_at.0,
        kept_until: row.kept_until.map(|at| at.0),
    };
    Ok(rows.into_iter().map(held).collect())
}

/// Gives roles to a user. What the origin gave before stays as it is.
///
/// # Errors
/// [`StoreError::ForeignKey`] if a role does not exist.
pub async fn insert(
    tx: &mut Tx,
    user: UserId,
    origin: Origin,
    roles: &[RoleId],
    now: Timestamp,
) -> Result<(), StoreError> {
    for batch in roles.chunks(BATCH) {
        let sql = format!(
            "insert into grants (user_id, role_id, origin, created_at, evaluated_at) values {} \
             on conflict (user_id, role_id, origin) do nothing",
            rows(1, batch.len(), 5)
        );
        let values = batch.iter().flat_map(|role| values![user, *role, origin, now, now]).collect();
        tx.conn().execute(sql, values).await?;
    }
    Ok(())
}

/// Takes roles of one origin from a user.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut Tx, user: UserId, origin: Origin, roles: &[RoleId]) -> Result<(), StoreError> {
    for batch in roles.chunks(BATCH) {
        let sql =
            format!("delete from grants where user_id = $1 and origin = $2 and role_id in {}", list(3, batch.len()));
        tx.conn().execute(sql, of_roles(values![user, origin], batch)).await?;
    }
    Ok(())
}

/// Writes down a good evaluation behind grants of one origin: none of them is kept for a while any more.
///
/// # Errors
/// When the database fails.
pub async fn refresh(
    tx: &mut Tx,
    user: UserId,
    origin: Origin,
    roles: &[RoleId],
    now: Timestamp,
) -> Result<(), StoreError> {
    for batch in roles.chunks(BATCH) {
        let sql = format!(
            "update grants set evaluated_at = $1, kept_until = null where user_id = $2 and origin = $3 and role_id in {}",
            list(4, batch.len())
        );
        tx.conn().execute(sql, of_roles(values![now, user, origin], batch)).await?;
    }
    Ok(())
}

/// Writes down how long grants of one origin count, for want of a good evaluation.
///
/// # Errors
/// When the database fails.
pub async fn keep(tx: &mut Tx, user: UserId, origin: Origin, kept: &[(RoleId, Timestamp)]) -> Result<(), StoreError> {
    for batch in kept.chunks(BATCH) {
        let sql = format!(
            "with kept (role_id, until) as (values {}) update grants set kept_until = kept.until from kept \
             where grants.user_id = $1 and grants.origin = $2 and grants.role_id = kept.role_id",
            rows(3, batch.len(), 2)
        );
        let mut values = values![user, origin];
        values.extend(batch.iter().flat_map(|(role, until)| values![*role, *until]));
        tx.conn().execute(sql, values).await?;
    }
    Ok(())
}

fn of_roles(mut values: Vec<Value>, roles: &[RoleId]) -> Vec<Value> {
    values.extend(roles.iter().map(|role| Value::from(*role)));
    values
}

/// Gives what people gave to one user to another as well; with `only`, of that organization alone.
///
/// # Errors
/// When the database fails.
pub async fn copy_manual(
    tx: &mut Tx,
    from: UserId,
    to: UserId,
    only: Option<OrganizationKey>,
) -> Result<u64, StoreError> {
    const SQL: &str = "insert into grants (user_id, role_id, origin, created_at, evaluated_at) \
        select $2, g.role_id, g.origin, g.created_at, g.evaluated_at from grants g join roles r on r.id = g.role_id \
        where g.user_id = $1 and g.origin = 'manual' and r.organization_key = coalesce($3, r.organization_key) \
        on conflict (user_id, role_id, origin) do nothing";
    tx.conn().execute(SQL, values![from, to, only]).await
}

/// Takes from a user every grant outside that organization.
///
/// # Errors
/// When the database fails.
pub async fn confine(tx: &mut Tx, user: UserId, organization: OrganizationKey) -> Result<u64, StoreError> {
    const SQL: &str = "delete from grants where user_id = $1 and role_id in \
                       (select id from roles where organization_key <> $2)";
    tx.conn().execute(SQL, values![user, organization]).await
}

/// These roles by the names that people read, in order of organization and name.
///
/// # Errors
/// When the database fails.
pub async fn role_names(tx: &mut Tx, roles: &[RoleId]) -> Result<Vec<(RoleId, OrganizationId, RoleName)>, StoreError> {
    let mut named = Vec::with_capacity(roles.len());
    for batch in roles.chunks(BATCH) {
        let sql = format!(
            "select r.id, o.id, r.name from roles r join organizations o on o.key = r.organization_key \
             where r.removed_at is null and r.id in {} order by o.id, r.name",
            list(1, batch.len())
        );
        type Row = (Parsed<RoleId>, Parsed<OrganizationId>, Parsed<RoleName>);
        let rows: Vec<Row> = tx.conn().all(sql, of_roles(Vec::new(), batch)).await?;
        named.extend(rows.into_iter().map(|(role, organization, name)| (role.0, organization.0, name.0)));
    }
    Ok(named)
}

/// The live roles of an organization that is live, in order of name.
///
/// # Errors
/// When the database fails.
pub async fn live_roles(tx: &mut Tx, organization: OrganizationKey) -> Result<Vec<(RoleId, RoleName)>, StoreError> {
    const SQL: &str = "select r.id, r.name from roles r join organizations o on o.key = r.organization_key \
        where r.organization_key = $1 and r.undeclared_at is null and o.undeclared_at is null order by r.name";
    let rows: Vec<(Parsed<RoleId>, Parsed<RoleName>)> = tx.conn().all(SQL, values![organization]).await?;
    Ok(rows.into_iter().map(|(role, name)| (role.0, name.0)).collect())
}

/// Gives to another user what sign-ins gave and what people gave, and what made them a server admin.
///
/// # Errors
/// When the database fails.
pub async fn hand_over(tx: &mut Tx, from: UserId, to: UserId) -> Result<(), StoreError> {
    const STATEMENTS: [&str; 2] = [
        // An identity's grants are one user's alone: nothing of theirs is there yet.
        "update grants set user_id = $2 where user_id = $1 and origin <> 'manual'",
        "insert into server_admins (user_id, origin, created_at) \
         select $2, a.origin, a.created_at from server_admins a where a.user_id = $1 \
         on conflict (user_id, origin) do nothing",
    ];
    copy_manual(tx, from, to, None).await?;
    for sql in STATEMENTS {
        tx.conn().execute(sql, values![from, to]).await?;
    }
    Ok(())
}

/// Takes the rows of these organizations until the transaction ends; after the user's row, before any grant.
///
/// # Errors
/// When the database fails.
pub async fn lock(tx: &mut Tx, organizations: &[OrganizationKey]) -> Result<(), StoreError> {
    for batch in organizations.chunks(BATCH) {
        let sql = format!("update organizations set version = version + 1 where key in {}", list(1, batch.len()));
        let values = batch.iter().map(|key| Value::from(*key)).collect();
        tx.conn().execute(sql, values).await?;
    }
    Ok(())
}

//! Who holds what that counts, over many users at once: what a changed configuration would do to people is worked out
//! on it.

use sqlx::FromRow;

use super::value::{At, BATCH, Parsed, Value, list, values};
use super::{StoreError, Tx};
use crate::base::Timestamp;
use crate::identity::{OrganizationId, OrganizationKey, Origin, RoleId, UserId};

/// A grant that counts, and whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiveGrant {
    /// Who holds it.
    pub user: UserId,
    /// Whether they may enter at all.
    pub enabled: bool,
    /// The organization of the role.
    pub organization: OrganizationKey,
    /// The role.
    pub role: RoleId,
    /// Who gave it.
    pub origin: Origin,
}

#[derive(FromRow)]
struct Live {
    user_id: Parsed<UserId>,
    disabled_at: Option<At>,
    organization_key: Parsed<OrganizationKey>,
    role_id: Parsed<RoleId>,
    origin: Parsed<Origin>,
}

impl From<Live> for LiveGrant {
    fn from(row: Live) -> Self {
        Self {
            user: row.user_id.0,
            enabled: row.disabled_at.is_none(),
            organization: row.organization_key.0,
            role: row.role_id.0,
            origin: row.origin.0,
        }
    }
}

/// The grants of people that count at `$1`: of a live role in a live organization, not beyond the time they are kept,
/// and if sign-ins gave them (`policy:` and the identity), at an IdP where one can sign in.
const COUNTING: &str = "from grants g join users u on u.id = g.user_id join roles r on r.id = g.role_id \
    join organizations o on o.key = r.organization_key \
    left join identities i on i.id = substr(g.origin, 8) left join idps p on p.key = i.idp_key \
    left join organizations w on w.key = p.owner_key \
    where u.service_of is null and r.undeclared_at is null and o.undeclared_at is null and p.undeclared_at is null \
    and w.undeclared_at is null \
    and (g.kept_until is null or g.kept_until >= $1)";

/// The grants of these users that count at `now`.
///
/// # Errors
/// When the database fails.
pub async fn live_of(tx: &mut Tx, users: &[UserId], now: Timestamp) -> Result<Vec<LiveGrant>, StoreError> {
    let mut live = Vec::new();
    for batch in users.chunks(BATCH) {
        let sql = format!(
            "select g.user_id, u.disabled_at, r.organization_key, g.role_id, g.origin {COUNTING} and g.user_id in {}",
            list(2, batch.len())
        );
        let values = values![now].into_iter().chain(batch.iter().map(|user| Value::from(*user))).collect();
        live.extend(tx.conn().all::<Live>(sql, values).await?.into_iter().map(LiveGrant::from));
    }
    Ok(live)
}

/// The grants of these roles that count at `now`, in no order: no more than `most` of them.
///
/// # Errors
/// When the database fails.
pub async fn live_of_roles(
    tx: &mut Tx,
    roles: &[RoleId],
    now: Timestamp,
    most: u64,
) -> Result<Vec<LiveGrant>, StoreError> {
    let mut live = Vec::new();
    for batch in roles.chunks(BATCH) {
        let sql = format!(
            "select g.user_id, u.disabled_at, r.organization_key, g.role_id, g.origin {COUNTING} and g.role_id in {} \
             limit $2",
            list(3, batch.len())
        );
        let left = most.saturating_sub(live.len() as u64);
        let values = values![now, i64::try_from(left).unwrap_or(i64::MAX)];
        let values = values.into_iter().chain(batch.iter().map(|role| Value::from(*role))).collect();
        live.extend(tx.conn().all::<Live>(sql, values).await?.into_iter().map(LiveGrant::from));
    }
    Ok(live)
}

/// Those of these roles that somebody who may enter holds in a way that counts at `now`.
///
/// # Errors
/// When the database fails.
pub async fn held_of(tx: &mut Tx, roles: &[RoleId], now: Timestamp) -> Result<Vec<RoleId>, StoreError> {
    let mut held = Vec::new();
    for batch in roles.chunks(BATCH) {
        let sql = format!(
            "select s.id from roles s where s.id in {} and exists \
             (select 1 {COUNTING} and g.role_id = s.id and u.disabled_at is null)",
            list(2, batch.len())
        );
        let values = values![now].into_iter().chain(batch.iter().map(|role| Value::from(*role))).collect();
        let rows: Vec<(Parsed<RoleId>,)> = tx.conn().all(sql, values).await?;
        held.extend(rows.into_iter().map(|(role,)| role.0));
    }
    Ok(held)
}

/// How many people who may enter hold each of these roles in a way that counts at `now`, each counted up to `most`.
///
/// # Errors
/// When the database fails.
pub async fn count_of(
    tx: &mut Tx,
    roles: &[RoleId],
    now: Timestamp,
    most: u64,
) -> Result<Vec<(RoleId, u64)>, StoreError> {
    let mut counts = Vec::new();
    for batch in roles.chunks(BATCH) {
        let sql = format!(
            "select s.id, (select count(*) from (select distinct g.user_id {COUNTING} and g.role_id = s.id \
             and u.disabled_at is null limit $2) as found) from roles s where s.id in {}",
            list(3, batch.len())
        );
        let values = values![now, i64::try_from(most).unwrap_or(i64::MAX)];
        let values = values.into_iter().chain(batch.iter().map(|role| Value::from(*role))).collect();
        let rows: Vec<(Parsed<RoleId>, i64)> = tx.conn().all(sql, values).await?;
        counts.extend(rows.into_iter().map(|(role, count)| (role.0, u64::try_from(count).unwrap_or_default())));
    }
    Ok(counts)
}

/// Those who hold a role in that organization that counts at `now`, in order.
///
/// # Errors
/// When the database fails.
pub async fn members(tx: &mut Tx, organization: OrganizationKey, now: Timestamp) -> Result<Vec<UserId>, StoreError> {
    let sql = format!("select distinct g.user_id {COUNTING} and r.organization_key = $2 order by g.user_id");
    let rows: Vec<(Parsed<UserId>,)> = tx.conn().all(sql, values![now, organization]).await?;
    Ok(rows.into_iter().map(|(user,)| user.0).collect())
}

/// Who was given these roles, whether that counts now or not: no more than `most` of them.
///
/// # Errors
/// When the database fails.
pub async fn of_roles(tx: &mut Tx, roles: &[RoleId], most: u64) -> Result<Vec<(RoleId, UserId)>, StoreError> {
    let mut given = Vec::new();
    for batch in roles.chunks(BATCH) {
        let sql =
            format!("select distinct role_id, user_id from grants where role_id in {} limit $1", list(2, batch.len()));
        let left = most.saturating_sub(given.len() as u64);
        let values = values![i64::try_from(left).unwrap_or(i64::MAX)];
        let values = values.into_iter().chain(batch.iter().map(|role| Value::from(*role))).collect();
        let rows: Vec<(Parsed<RoleId>, Parsed<UserId>)> = tx.conn().all(sql, values).await?;
        given.extend(rows.into_iter().map(|(role, user)| (role.0, user.0)));
    }
    Ok(given)
}

/// Organizations that have a role for admins and nobody who holds one that counts at `now`, in order of id.
///
/// # Errors
/// When the database fails.
pub async fn without_admin(tx: &mut Tx, now: Timestamp, limit: u32) -> Result<Vec<OrganizationId>, StoreError> {
    const SQL: &str = "select o.id from organizations o where o.undeclared_at is null \
        and exists (select 1 from roles r where r.organization_key = o.key and r.admin and r.undeclared_at is null) \
        and not exists (select 1 from roles r join grants g on g.role_id = r.id \
        join users u on u.id = g.user_id where r.organization_key = o.key and u.disabled_at is null \
        and u.service_of is null and r.admin and r.undeclared_at is null and (g.kept_until is null or g.kept_until >= $1)) \
        order by o.id limit $2";
    let rows: Vec<(Parsed<OrganizationId>,)> = tx.conn().all(SQL, values![now, i64::from(limit)]).await?;
    Ok(rows.into_iter().map(|(id,)| id.0).collect())
}

/// Whether a user may administer at `now`: is enabled, and a server admin, or, where one organization is meant, holds a
/// role that administers it.
///
/// # Errors
/// When the database fails.
pub async fn may_administer(
    tx: &mut Tx,
    user: UserId,
    organization: Option<OrganizationKey>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    const SQL: &str = "select count(*) from users u where u.id = $1 and u.disabled_at is null \
        and (exists (select 1 from server_admins a where a.user_id = u.id) \
        or exists (select 1 from grants g join roles r on r.id = g.role_id where g.user_id = u.id \
        and r.organization_key = $2 and r.admin and r.undeclared_at is null \
        and (g.kept_until is null or g.kept_until >= $3)))";
    let count: i64 = tx.conn().scalar(SQL, values![user, organization, now]).await?;
    Ok(count == 1)
}

/// How many users hold a role that counts at `now`, of one organization or of any, counted up to `most`.
///
/// # Errors
/// When the database fails.
pub async fn count(
    tx: &mut Tx,
    organization: Option<OrganizationKey>,
    now: Timestamp,
    most: u64,
) -> Result<u64, StoreError> {
    let mut values = values![now, i64::try_from(most).unwrap_or(i64::MAX)];
    // In the order of an index, so that counting ends when there are enough.
    let (of, order) = match organization {
        None => ("", "order by g.user_id"),
        Some(organization) => {
            values.push(organization.into());
            (" and r.organization_key = $3", "")
        }
    };
    let sql =
        format!("select count(*) from (select g.user_id {COUNTING}{of} group by g.user_id {order} limit $2) as found");
    let count: i64 = tx.conn().scalar(sql, values).await?;
    Ok(u64::try_from(count).unwrap_or_default())
}

/// The organizations that nobody would administer without this user, in order of ids.
///
/// # Errors
/// When the database fails.
pub async fn only_admin_of(tx: &mut Tx, user: UserId, now: Timestamp) -> Result<Vec<OrganizationId>, StoreError> {
    const SQL: &str = "select distinct o.id from grants g join roles r on r.id = g.role_id \
        join organizations o on o.key = r.organization_key where g.user_id = $1 and r.admin \
        and r.undeclared_at is null and o.undeclared_at is null and (g.kept_until is null or g.kept_until >= $2) \
        and not exists (select 1 from roles s join grants h on h.role_id = s.id join users u on u.id = h.user_id \
        where s.organization_key = o.key and s.admin and s.undeclared_at is null and h.user_id <> $1 \
        and u.disabled_at is null and u.service_of is null and (h.kept_until is null or h.kept_until >= $2)) order by o.id";
    let rows: Vec<(Parsed<OrganizationId>,)> = tx.conn().all(SQL, values![user, now]).await?;
    Ok(rows.into_iter().map(|(id,)| id.0).collect())
}

/// Which of these users are server admins, and by whom.
///
/// # Errors
/// When the database fails.
pub async fn server_admins_by(tx: &mut Tx, users: &[UserId]) -> Result<Vec<(UserId, Origin)>, StoreError> {
    let mut admins = Vec::new();
    for batch in users.chunks(BATCH) {
        let sql = format!("select user_id, origin from server_admins where user_id in {}", list(1, batch.len()));
        let values = batch.iter().map(|user| Value::from(*user)).collect();
        let rows: Vec<(Parsed<UserId>, Parsed<Origin>)> = tx.conn().all(sql, values).await?;
        admins.extend(rows.into_iter().map(|(user, origin)| (user.0, origin.0)));
    }
    Ok(admins)
}

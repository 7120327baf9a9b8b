//! Roles that ended: removed, or gone from the file, alone or with their organization. Nobody holds anything by them from
//! that moment on, however many held them; what is left to do for each of those is done bit by bit, and by somebody else
//! if there are many: their grants go with a role that was removed, and the index of people learns of it.

use crate::base::Timestamp;
use crate::identity::{OrganizationKey, RoleId, UserId};
use crate::store::value::{BATCH, Parsed, Value, list, values};
use crate::store::{StoreError, Tx, search};

/// People for whom that is done at once, in the transaction of the end: nobody waits for it longer than a moment.
const AT_ONCE: usize = 500;

/// Removes roles, with every grant of them. Their names are free.
///
/// # Errors
/// When the database fails.
pub async fn remove_roles(tx: &mut Tx, ids: &[RoleId], now: Timestamp) -> Result<(), StoreError> {
    for batch in ids.chunks(BATCH) {
        // No name has a control character.
        let sql = format!(
            "update roles set name = $1 || id, undeclared_at = $2, removed_at = $2, unsettled_from = '' where id in {}",
            list(3, batch.len())
        );
        let values = values!["\u{7f}", now].into_iter().chain(batch.iter().map(|role| Value::from(*role))).collect();
        tx.conn().execute(sql, values).await?;
    }
    settle_at_once(tx, ids).await
}

/// Follows the end of a role that stays written down.
pub(super) async fn role_ended(tx: &mut Tx, role: RoleId) -> Result<(), StoreError> {
    tx.conn().execute("update roles set unsettled_from = '' where id = $1", values![role]).await?;
    settle_at_once(tx, &[role]).await
}

/// Follows the end of an organization that stays written down.
pub(super) async fn organization_ended(tx: &mut Tx, organization: OrganizationKey) -> Result<(), StoreError> {
    const SQL: &str = "update roles set unsettled_from = '' where organization_key = $1 and removed_at is null";
    tx.conn().execute(SQL, values![organization]).await?;
    let roles: Vec<(Parsed<RoleId>,)> = tx
        .conn()
        .all("select id from roles where organization_key = $1 and removed_at is null", values![organization])
        .await?;
    settle_at_once(tx, &roles.into_iter().map(|(role,)| role.0).collect::<Vec<_>>()).await
}

async fn settle_at_once(tx: &mut Tx, roles: &[RoleId]) -> Result<(), StoreError> {
    let mut left = AT_ONCE;
    for role in roles {
        left -= settle_role(tx, *role, left).await?;
        if left == 0 {
            break;
        }
    }
    Ok(())
}

/// Does what is left to do for some of those who held a role that ended. Says whether anything was.
///
/// # Errors
/// When the database fails.
pub async fn settle(tx: &mut Tx) -> Result<bool, StoreError> {
    const NEXT: &str = "select id from roles where unsettled_from is not null order by id limit 1";
    let next: Option<(Parsed<RoleId>,)> = tx.conn().optional(NEXT, vec![]).await?;
    let Some((role,)) = next else { return Ok(false) };
    settle_role(tx, role.0, AT_ONCE).await?;
    Ok(true)
}

/// Does it for `most` of those who held this one; tells for how many.
async fn settle_role(tx: &mut Tx, role: RoleId, most: usize) -> Result<usize, StoreError> {
    const STATE: &str = "select unsettled_from, removed_at from roles where id = $1 and unsettled_from is not null";
    const NEXT: &str =
        "select distinct user_id from grants where role_id = $1 and user_id > $2 order by user_id limit $3";
    let Some((from, removed)) = tx.conn().optional::<(String, Option<i64>)>(STATE, values![role]).await? else {
        return Ok(0);
    };
    let limit = i64::try_from(most).unwrap_or(i64::MAX);
    let users: Vec<(Parsed<UserId>,)> = tx.conn().all(NEXT, values![role, from, limit]).await?;
    let users: Vec<UserId> = users.into_iter().map(|(user,)| user.0).collect();
    for batch in users.chunks(BATCH) {
        let these = || batch.iter().map(|user| Value::from(*user));
        // Nobody changes them meanwhile: what is said of them is said of how they are.
        let hold = format!("update users set version = version where id in {}", list(1, batch.len()));
        tx.conn().execute(hold, these().collect()).await?;
        if removed.is_some() {
            let take = format!("delete from grants where role_id = $1 and user_id in {}", list(2, batch.len()));
            tx.conn().execute(take, values![role].into_iter().chain(these()).collect()).await?;
        }
    }
    search::refresh(tx, &users).await?;
    match (users.last().filter(|_| users.len() == most), removed) {
        (Some(last), _) => {
            let sql = "update roles set unsettled_from = $2 where id = $1";
            tx.conn().execute(sql, values![role, *last]).await?;
        }
        (None, Some(_)) => drop(tx.conn().execute("delete from roles where id = $1", values![role]).await?),
        (None, None) => {
            tx.conn().execute("update roles set unsettled_from = null where id = $1", values![role]).await?;
        }
    }
    Ok(users.len())
}

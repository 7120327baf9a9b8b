//! Who is a server admin, and by whom.

use crate::base::Timestamp;
use crate::identity::{Origin, UserId};
use crate::store::value::{Parsed, list, values};
use crate::store::{StoreError, Tx};

/// Who made a user a server admin; nobody: they are none.
///
/// # Errors
/// When the database fails.
pub async fn server_admin_origins(tx: &mut Tx, user: UserId) -> Result<Vec<Origin>, StoreError> {
    const SQL: &str = "select origin from server_admins where user_id = $1 order by origin";
    let rows: Vec<(Parsed<Origin>,)> = tx.conn().all(SQL, values![user]).await?;
    Ok(rows.into_iter().map(|(origin,)| origin.0).collect())
}

/// Which of these users are server admins.
///
/// # Errors
/// When the database fails.
pub async fn server_admins(tx: &mut Tx, users: &[UserId]) -> Result<Vec<UserId>, StoreError> {
    if users.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!("select distinct user_id from server_admins where user_id in {}", list(1, users.len()));
    let rows: Vec<(Parsed<UserId>,)> =
        tx.conn().all(sql, users.iter().flat_map(|user| values![*user]).collect()).await?;
    Ok(rows.into_iter().map(|(user,)| user.0).collect())
}

/// Makes a user a server admin, or takes back what the origin gave.
///
/// # Errors
/// When the database fails.
pub async fn set_server_admin(
    tx: &mut Tx,
    user: UserId,
    origin: Origin,
    admin: bool,
    now: Timestamp,
) -> Result<(), StoreError> {
    const INSERT: &str = "insert into server_admins (user_id, origin, created_at) values ($1, $2, $3) \
                          on conflict (user_id, origin) do nothing";
    const DELETE: &str = "delete from server_admins where user_id = $1 and origin = $2";
    if admin {
        tx.conn().execute(INSERT, values![user, origin, now]).await?;
    } else {
        tx.conn().execute(DELETE, values![user, origin]).await?;
    }
    Ok(())
}

//! The audit log as people read it: the newest first, of everything, of one user or of one organization.

use super::{AuditRow, Row};
use crate::base::Timestamp;
use crate::identity::{AuditId, OrganizationKey, UserId};
use crate::store::value::{Value, values};
use crate::store::{StoreError, Tx};

/// Whose lines are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Everybody's.
    All,
    /// Those about a user.
    User(UserId),
    /// Those about an organization.
    Organization(OrganizationKey),
}

/// The lines before `before` (all, without it), the newest first; of one action only, if `action` is given. Each
/// combination has an index of its own.
///
/// # Errors
/// When the database fails.
pub async fn latest(
    tx: &mut Tx,
    whose: Whose,
    action: Option<&str>,
    before: Option<(Timestamp, AuditId)>,
    limit: u32,
) -> Result<Vec<AuditRow>, StoreError> {
    let (at, id) = before.map_or((Timestamp::from_micros(i64::MAX), String::new()), |(at, id)| (at, id.to_string()));
    let mut values = values![at, id, i64::from(limit)];
    let mut sql = "select id, at, action, actor, reference, user_id, identity_id, idp_key, organization_key, \
        application_key, session_id, count, detail, before, after from audit \
        where at <= $1 and (at < $1 or id < $2)"
        .to_owned();
    let mut only = |column: &str, value: Value| {
        values.push(value);
        sql.push_str(&format!(" and {column} = ${}", values.len()));
    };
    match whose {
        Whose::All => {}
        Whose::User(user) => only("user_id", user.into()),
        Whose::Organization(organization) => only("organization_key", organization.into()),
    }
    if let Some(action) = action {
        only("action", action.into());
    }
    sql.push_str(" order by at desc, id desc limit $3");
    let rows: Vec<Row> = tx.conn().all(sql, values).await?;
    Ok(rows.into_iter().map(AuditRow::from).collect())
}

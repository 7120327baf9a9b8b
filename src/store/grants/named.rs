//! Grants by the names that people read.

use crate::base::Timestamp;
use crate::identity::{OrganizationId, OrganizationKey, Origin, RoleName, UserId};
use crate::store::value::{At, Parsed, Value, list, values};
use crate::store::{StoreError, Tx};

/// A grant by the names that people read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedGrant {
    /// Who holds it.
    pub user: UserId,
    /// The organization's row.
    pub key: OrganizationKey,
    /// The organization.
    pub organization: OrganizationId,
    /// The role.
    pub role: RoleName,
    /// Who gave it.
    pub origin: Origin,
    /// When it was given.
    pub created_at: Timestamp,
    /// Present while it outlives a selector that failed: how long it counts.
    pub kept_until: Option<Timestamp>,
}

/// The grants of these users that are live at `now`, by names.
///
/// # Errors
/// When the database fails.
pub async fn named(tx: &mut Tx, users: &[UserId], now: Timestamp) -> Result<Vec<NamedGrant>, StoreError> {
    if users.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "select g.user_id, o.key, o.id, r.name, g.origin, g.created_at, g.kept_until \
         from grants g join roles r on r.id = g.role_id join organizations o on o.key = r.organization_key \
         where r.undeclared_at is null and o.undeclared_at is null \
         and (g.kept_until is null or g.kept_until >= $1) and g.user_id in {} \
         order by o.id, r.name, g.origin",
        list(2, users.len())
    );
    let values = values![now].into_iter().chain(users.iter().map(|user| Value::from(*user))).collect();
    type Row = (
        Parsed<UserId>,
        Parsed<OrganizationKey>,
        Parsed<OrganizationId>,
        Parsed<RoleName>,
        Parsed<Origin>,
        At,
        Option<At>,
    );
    let rows: Vec<Row> = tx.conn().all(sql, values).await?;
    let grant = |(user, key, organization, role, origin, created_at, kept_until): Row| NamedGrant {
        user: user.0,
        key: key.0,
        organization: organization.0,
        role: role.0,
        origin: origin.0,
        created_at: created_at.0,
        kept_until: kept_until.map(|at| at.0),
    };
    Ok(rows.into_iter().map(grant).collect())
}

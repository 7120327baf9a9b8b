//! The versions of a policy, those in force and those that were.

use sqlx::FromRow;

use super::value::{At, FromJson, Parsed, values};
use super::{StoreError, Tx};
use crate::base::Timestamp;
use crate::identity::{Actor, Ceiling, IdpKey, OrganizationKey, PolicyId, PolicyText};

/// Where a policy stands: at an IdP, for one organization; without one it is the IdP's default policy.
pub type Place = (IdpKey, Option<OrganizationKey>);

/// One immutable version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionRow {
    /// The version.
    pub id: PolicyId,
    /// Its selectors.
    pub text: PolicyText,
    /// The most it may give.
    pub ceiling: Ceiling,
    /// Who put it in force, if that was written down.
    pub author: Option<Actor>,
    /// When.
    pub at: Timestamp,
    /// When it ceased to be in force.
    pub retired_at: Option<Timestamp>,
}

#[derive(FromRow)]
struct Row {
    id: Parsed<PolicyId>,
    org_selector: Option<String>,
    role_selector: Option<String>,
    ceiling: Option<FromJson<Ceiling>>,
    author: Option<Parsed<Actor>>,
    created_at: At,
    retired_at: Option<At>,
}

impl From<Row> for VersionRow {
    fn from(row: Row) -> Self {
        Self {
            id: row.id.0,
            text: PolicyText { org: row.org_selector, role: row.role_selector },
            ceiling: row.ceiling.map(|ceiling| ceiling.0).unwrap_or_default(),
            author: row.author.map(|author| author.0),
            at: row.created_at.0,
            retired_at: row.retired_at.map(|at| at.0),
        }
    }
}

/// What stands at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The version in force, if there is one.
    pub version: Option<(PolicyId, PolicyText)>,
    /// Whether the configuration file has the say: about the default policy of an IdP that it declares, and about an
    /// organization's own if it declares both and does not delegate it.
    pub declared: bool,
}

/// What stands at a place; nothing if there is no such place.
///
/// # Errors
/// When the database fails.
pub async fn standing(tx: &mut Tx, (idp, organization): Place) -> Result<Option<Standing>, StoreError> {
    const SQL: &str = "select y.id, y.org_selector, y.role_selector, p.declared, o.declared, p.delegates \
        from idps p \
        left join organizations o on o.key = $2 left join policies y on y.idp_key = p.key and y.retired_at is null \
        and coalesce(y.organization_key, '') = coalesce($2, '') where p.key = $1";
    type Row =
        (Option<Parsed<PolicyId>>, Option<String>, Option<String>, bool, Option<bool>, FromJson<Vec<OrganizationKey>>);
    let row: Option<Row> = tx.conn().optional(SQL, values![idp, organization]).await?;
    let read = |(id, org, role, of_idp, of_organization, delegates): Row| {
        let version = id.map(|id| (id.0, PolicyText { org, role }));
        match organization {
            None => Some(Standing { version, declared: of_idp }),
            Some(key) => {
                let declared = of_organization? && of_idp && !delegates.0.contains(&key);
                Some(Standing { version, declared })
            }
        }
    };
    Ok(row.and_then(read))
}

/// The versions at a place before `before`, the last first.
///
/// # Errors
/// When the database fails.
pub async fn versions(
    tx: &mut Tx,
    (idp, organization): Place,
    before: Option<(Timestamp, PolicyId)>,
    limit: u32,
) -> Result<Vec<VersionRow>, StoreError> {
    const DEFAULT: &str = "select id, org_selector, role_selector, ceiling, author, created_at, retired_at \
        from policies where idp_key = $1 and organization_key is null \
        and (created_at < $2 or (created_at = $2 and id < $3)) order by created_at desc, id desc limit $4";
    const OWN: &str = "select id, org_selector, role_selector, ceiling, author, created_at, retired_at \
        from policies where idp_key = $1 and organization_key = $5 \
        and (created_at < $2 or (created_at = $2 and id < $3)) order by created_at desc, id desc limit $4";
    let at = before.map_or(i64::MAX, |(at, _)| at.micros());
    let id = before.map(|(_, id)| id.to_string()).unwrap_or_default();
    let mut values = values![idp, at, id, i64::from(limit)];
    let sql = match organization {
        None => DEFAULT,
        Some(key) => {
            values.extend(values![key]);
            OWN
        }
    };
    Ok(tx.conn().all::<Row>(sql, values).await?.into_iter().map(VersionRow::from).collect())
}

/// One version, if it stands or stood at that place.
///
/// # Errors
/// When the database fails.
pub async fn version(tx: &mut Tx, (idp, organization): Place, id: PolicyId) -> Result<Option<VersionRow>, StoreError> {
    const SQL: &str = "select id, org_selector, role_selector, ceiling, author, created_at, retired_at \
        from policies where id = $1 and idp_key = $2 and coalesce(organization_key, '') = coalesce($3, '')";
    let row: Option<Row> = tx.conn().optional(SQL, values![id, idp, organization]).await?;
    Ok(row.map(VersionRow::from))
}

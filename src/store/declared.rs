//! The rows behind the catalogue, of what is live and of what is kept though it is gone.

use std::collections::BTreeSet;

use sqlx::FromRow;

use super::value::{At, BATCH, FromJson, Parsed, Value, list, values};
use super::{StoreError, Tx, search};
use crate::base::{Addresses, Timestamp};
use crate::identity::{
    Actor, Allotment, ApplicationKey, ApplicationSpec, Ceiling, IdpId, IdpKey, IdpSpec, OrganizationId,
    OrganizationKey, PolicyId, PolicyText, RoleId, RoleName,
};

/// An organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganizationRow {
    /// Its row.
    pub key: OrganizationKey,
    /// Its slug.
    pub id: OrganizationId,
    /// What people call it.
    pub name: String,
    /// Where its admins may publish applications.
    pub allotment: Allotment,
    /// Whether the configuration file declares it, or did.
    pub declared: bool,
    /// Whether it is of effect.
    pub live: bool,
}

/// A role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleRow {
    /// Its row.
    pub id: RoleId,
    /// Its organization.
    pub organization: OrganizationKey,
    /// Its name.
    pub name: RoleName,
    /// Whether its holders administer the organization.
    pub admin: bool,
    /// Whether it is of effect.
    pub live: bool,
}

/// An identity provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdpRow {
    /// Its row.
    pub key: IdpKey,
    /// The organization it belongs to.
    pub owner: Option<OrganizationKey>,
    /// Organizations whose admins may write policies at it.
    pub delegates: Vec<OrganizationKey>,
    /// Where requests to it may go.
    pub addresses: Addresses,
    /// What is written down of it.
    pub spec: IdpSpec,
    /// Whether the configuration file declares it, or did.
    pub declared: bool,
    /// Whether it is of effect.
    pub live: bool,
}

/// The version of a policy that is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyRow {
    /// This version.
    pub id: PolicyId,
    /// The IdP whose sign-ins it judges.
    pub idp: IdpKey,
    /// The organization it judges for; absent: the IdP's default policy.
    pub organization: Option<OrganizationKey>,
    /// Its selectors.
    pub text: PolicyText,
    /// The most it may give.
    pub ceiling: Ceiling,
}

/// An application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplicationRow {
    /// Its row.
    pub key: ApplicationKey,
    /// The organization that owns it.
    pub organization: OrganizationKey,
    /// What is written down of it.
    pub spec: ApplicationSpec,
    /// Whether the configuration file declares it, or did.
    pub declared: bool,
    /// Whether it is of effect.
    pub live: bool,
}

/// Every organization.
///
/// # Errors
/// When the database fails.
pub async fn organizations(tx: &mut Tx) -> Result<Vec<OrganizationRow>, StoreError> {
    #[derive(FromRow)]
    struct Row {
        key: Parsed<OrganizationKey>,
        id: Parsed<OrganizationId>,
        name: String,
        allotment: Option<FromJson<Allotment>>,
        declared: bool,
        undeclared_at: Option<At>,
    }
    const SQL: &str = "select key, id, name, allotment, declared, undeclared_at from organizations";
    let read = |row: Row| OrganizationRow {
        key: row.key.0,
        id: row.id.0,
        name: row.name,
        allotment: row.allotment.map(|allotment| allotment.0).unwrap_or_default(),
        declared: row.declared,
        live: row.undeclared_at.is_none(),
    };
    Ok(tx.conn().all(SQL, vec![]).await?.into_iter().map(read).collect())
}

/// Every role.
///
/// # Errors
/// When the database fails.
pub async fn roles(tx: &mut Tx) -> Result<Vec<RoleRow>, StoreError> {
    #[derive(FromRow)]
    struct Row {
        id: Parsed<RoleId>,
        organization_key: Parsed<OrganizationKey>,
        name: Parsed<RoleName>,
        admin: bool,
        undeclared_at: Option<At>,
    }
    const SQL: &str = "select id, organization_key, name, admin, undeclared_at from roles";
    let read = |row: Row| RoleRow {
        id: row.id.0,
        organization: row.organization_key.0,
        name: row.name.0,
        admin: row.admin,
        live: row.undeclared_at.is_none(),
    };
    Ok(tx.conn().all(SQL, vec![]).await?.into_iter().map(read).collect())
}

/// An IdP as the table has it.
#[derive(FromRow)]
struct StoredIdp {
    key: Parsed<IdpKey>,
    owner_key: Option<Parsed<OrganizationKey>>,
    delegates: FromJson<Vec<OrganizationKey>>,
    public_only: bool,
    spec: FromJson<IdpSpec>,
    declared: bool,
    undeclared_at: Option<At>,
}

impl From<StoredIdp> for IdpRow {
    fn from(row: StoredIdp) -> Self {
        Self {
            key: row.key.0,
            owner: row.owner_key.map(|key| key.0),
            delegates: row.delegates.0,
            addresses: addresses(row.public_only),
            spec: row.spec.0,
            declared: row.declared,
            live: row.undeclared_at.is_none(),
        }
    }
}

/// Every IdP.
///
/// # Errors
/// When the database fails.
pub async fn idps(tx: &mut Tx) -> Result<Vec<IdpRow>, StoreError> {
    const SQL: &str = "select key, owner_key, delegates, public_only, spec, declared, undeclared_at from idps";
    Ok(tx.conn().all::<StoredIdp>(SQL, vec![]).await?.into_iter().map(IdpRow::from).collect())
}

/// The IdPs of an organization, or the global ones.
///
/// # Errors
/// When the database fails.
pub async fn idps_of(tx: &mut Tx, owner: Option<OrganizationKey>) -> Result<Vec<IdpRow>, StoreError> {
    const OWNED: &str = "select key, owner_key, delegates, public_only, spec, declared, undeclared_at from idps \
        where owner_key = $1";
    const GLOBAL: &str = "select key, owner_key, delegates, public_only, spec, declared, undeclared_at from idps \
        where owner_key is null";
    let (sql, values) = match owner {
        Some(owner) => (OWNED, values![owner]),
        None => (GLOBAL, vec![]),
    };
    Ok(tx.conn().all::<StoredIdp>(sql, values).await?.into_iter().map(IdpRow::from).collect())
}

/// The IdP of that slug.
///
/// # Errors
/// When the database fails.
pub async fn idp(tx: &mut Tx, id: &IdpId) -> Result<Option<IdpRow>, StoreError> {
    const SQL: &str = "select key, owner_key, delegates, public_only, spec, declared, undeclared_at from idps \
        where id = $1";
    Ok(tx.conn().optional::<StoredIdp>(SQL, values![id.as_str()]).await?.map(IdpRow::from))
}

/// Every policy in force.
///
/// # Errors
/// When the database fails.
pub async fn policies(tx: &mut Tx) -> Result<Vec<PolicyRow>, StoreError> {
    #[derive(FromRow)]
    struct Row {
        id: Parsed<PolicyId>,
        idp_key: Parsed<IdpKey>,
        organization_key: Option<Parsed<OrganizationKey>>,
        org_selector: Option<String>,
        role_selector: Option<String>,
        ceiling: Option<FromJson<Ceiling>>,
    }
    const SQL: &str = "select id, idp_key, organization_key, org_selector, role_selector, ceiling from policies \
                       where retired_at is null";
    let read = |row: Row| PolicyRow {
        id: row.id.0,
        idp: row.idp_key.0,
        organization: row.organization_key.map(|key| key.0),
        text: PolicyText { org: row.org_selector, role: row.role_selector },
        ceiling: row.ceiling.map(|ceiling| ceiling.0).unwrap_or_default(),
    };
    Ok(tx.conn().all(SQL, vec![]).await?.into_iter().map(read).collect())
}

/// Every application.
///
/// # Errors
/// When the database fails.
pub async fn applications(tx: &mut Tx) -> Result<Vec<ApplicationRow>, StoreError> {
    #[derive(FromRow)]
    struct Row {
        key: Parsed<ApplicationKey>,
        organization_key: Parsed<OrganizationKey>,
        spec: FromJson<ApplicationSpec>,
        declared: bool,
        undeclared_at: Option<At>,
    }
    const SQL: &str = "select key, organization_key, spec, declared, undeclared_at from applications";
    let read = |row: Row| ApplicationRow {
        key: row.key.0,
        organization: row.organization_key.0,
        spec: row.spec.0,
        declared: row.declared,
        live: row.undeclared_at.is_none(),
    };
    Ok(tx.conn().all(SQL, vec![]).await?.into_iter().map(read).collect())
}

/// Writes an organization, new or changed.
///
/// # Errors
/// [`StoreError::Unique`] if another has its slug.
pub async fn put_organization(tx: &mut Tx, row: &OrganizationRow, now: Timestamp) -> Result<(), StoreError> {
    const SQL: &str = "insert into organizations (key, id, name, allotment, declared, undeclared_at, version, \
        created_at) values ($1, $2, $3, $4, $5, $6, 1, $7) on conflict (key) do update set name = excluded.name, \
        allotment = excluded.allotment, declared = excluded.declared, undeclared_at = excluded.undeclared_at";
    let gone = (!row.live).then_some(now);
    let allotment = if row.allotment == Allotment::default() { None } else { Some(json(&row.allotment)?) };
    let values = values![row.key, row.id.as_str(), row.name.as_str(), allotment, row.declared, gone, now];
    tx.conn().execute(SQL, values).await?;
    if row.live { Ok(()) } else { search::lost_roles(tx, &[row.key]).await }
}

/// Writes a role, new or changed.
///
/// # Errors
/// [`StoreError::Unique`] if another of the organization has its name.
pub async fn put_role(tx: &mut Tx, row: &RoleRow, now: Timestamp) -> Result<(), StoreError> {
    const SQL: &str = "insert into roles (id, organization_key, name, admin, undeclared_at, created_at) \
        values ($1, $2, $3, $4, $5, $6) on conflict (id) do update set admin = excluded.admin, \
        undeclared_at = excluded.undeclared_at";
    let gone = (!row.live).then_some(now);
    let values = values![row.id, row.organization, row.name.as_str(), row.admin, gone, now];
    tx.conn().execute(SQL, values).await?;
    if row.live { Ok(()) } else { search::lost_roles(tx, &[row.organization]).await }
}

/// Writes an IdP, new or changed.
///
/// # Errors
/// [`StoreError::Unique`] if another has its slug.
pub async fn put_idp(tx: &mut Tx, row: &IdpRow, now: Timestamp) -> Result<(), StoreError> {
    const SQL: &str = "insert into idps (key, id, owner_key, delegates, public_only, spec, declared, undeclared_at, \
        created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (key) do update set \
        owner_key = excluded.owner_key, delegates = excluded.delegates, public_only = excluded.public_only, \
        spec = excluded.spec, declared = excluded.declared, undeclared_at = excluded.undeclared_at";
    let gone = (!row.live).then_some(now);
    let spec = json(&row.spec)?;
    let (delegates, public_only) = (json(&row.delegates)?, row.addresses == Addresses::Public);
    let id = row.spec.id.as_str();
    let values = values![row.key, id, row.owner, delegates, public_only, spec, row.declared, gone, now];
    tx.conn().execute(SQL, values).await?;
    Ok(())
}

/// Writes an application, new or changed.
///
/// # Errors
/// [`StoreError::Unique`] if another has its slug.
pub async fn put_application(tx: &mut Tx, row: &ApplicationRow, now: Timestamp) -> Result<(), StoreError> {
    const SQL: &str = "insert into applications (key, id, organization_key, spec, declared, undeclared_at, created_at) \
        values ($1, $2, $3, $4, $5, $6, $7) on conflict (key) do update set \
        organization_key = excluded.organization_key, spec = excluded.spec, declared = excluded.declared, \
        undeclared_at = excluded.undeclared_at";
    let gone = (!row.live).then_some(now);
    let spec = json(&row.spec)?;
    let values = values![row.key, row.spec.id.as_str(), row.organization, spec, row.declared, gone, now];
    tx.conn().execute(SQL, values).await?;
    Ok(())
}

/// Ends the force of a version of a policy.
///
/// # Errors
/// When the database fails.
pub async fn retire_policy(tx: &mut Tx, policy: PolicyId, now: Timestamp) -> Result<(), StoreError> {
    const SQL: &str = "update policies set retired_at = $2 where id = $1 and retired_at is null";
    tx.conn().execute(SQL, values![policy, now]).await?;
    Ok(())
}

/// Puts a version of a policy in force, as `author` wrote it.
///
/// # Errors
/// [`StoreError::Unique`] if one is in force at the same place.
pub async fn insert_policy(tx: &mut Tx, row: &PolicyRow, author: Actor, now: Timestamp) -> Result<(), StoreError> {
    const SQL: &str = "insert into policies (id, idp_key, organization_key, org_selector, role_selector, ceiling, \
                       author, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8)";
    let (org, role) = (row.text.org.as_deref(), row.text.role.as_deref());
    let ceiling = match &row.ceiling {
        Ceiling::None => None,
        Ceiling::Roles(_) => Some(json(&row.ceiling)?),
    };
    tx.conn().execute(SQL, values![row.id, row.idp, row.organization, org, role, ceiling, author, now]).await?;
    Ok(())
}

/// As the column `public_only` says.
pub(super) const fn addresses(public_only: bool) -> Addresses {
    if public_only { Addresses::Public } else { Addresses::Any }
}

/// Removes organizations, with everything that is theirs.
///
/// # Errors
/// When the database fails.
pub async fn remove_organizations(tx: &mut Tx, keys: &[OrganizationKey]) -> Result<(), StoreError> {
    remove(tx, "delete from organizations where key in", keys).await?;
    search::lost_roles(tx, keys).await
}

/// Removes roles, with every grant of them.
///
/// # Errors
/// When the database fails.
pub async fn remove_roles(tx: &mut Tx, ids: &[RoleId]) -> Result<(), StoreError> {
    let mut organizations = BTreeSet::new();
    for batch in ids.chunks(BATCH) {
        let sql = format!("select distinct organization_key from roles where id in {}", list(1, batch.len()));
        let values = batch.iter().map(|role| (*role).into()).collect();
        let keys: Vec<(Parsed<OrganizationKey>,)> = tx.conn().all(sql, values).await?;
        organizations.extend(keys.into_iter().map(|(key,)| key.0));
    }
    remove(tx, "delete from roles where id in", ids).await?;
    search::lost_roles(tx, &organizations.into_iter().collect::<Vec<_>>()).await
}

/// Removes IdPs, with their policies. Whoever came from there has to be forgotten before ([`super::forget`]).
///
/// # Errors
/// When the database fails.
pub async fn remove_idps(tx: &mut Tx, keys: &[IdpKey]) -> Result<(), StoreError> {
    remove(tx, "delete from idps where key in", keys).await
}

/// Removes applications.
///
/// # Errors
/// When the database fails.
pub async fn remove_applications(tx: &mut Tx, keys: &[ApplicationKey]) -> Result<(), StoreError> {
    remove(tx, "delete from applications where key in", keys).await
}

async fn remove<T: Copy + Into<Value>>(tx: &mut Tx, head: &'static str, keys: &[T]) -> Result<(), StoreError> {
    for batch in keys.chunks(BATCH) {
        let values = batch.iter().map(|key| (*key).into()).collect();
        tx.conn().execute(format!("{head} {}", list(1, batch.len())), values).await?;
    }
    Ok(())
}

fn json(spec: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(spec).map_err(|error| StoreError::Corrupt(error.to_string()))
}

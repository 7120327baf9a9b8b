//! The rows behind the catalogue, of what is live and of what is kept though it is gone.

mod ended;
mod write;

use sqlx::FromRow;

use super::value::{At, FromJson, Parsed, values};
use super::{StoreError, Tx};
use crate::base::Addresses;
use crate::identity::{
    Allotment, ApplicationKey, ApplicationSpec, Ceiling, IdpId, IdpKey, IdpSpec, OrganizationId, OrganizationKey,
    PolicyId, PolicyText, RoleId, RoleName,
};

pub use ended::{remove_roles, settle};
pub use write::{
    insert_policy, put_application, put_idp, put_organization, put_role, remove_applications, remove_idps,
    remove_organizations, retire_policy,
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

/// Every role, but for those that were removed.
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
    const SQL: &str = "select id, organization_key, name, admin, undeclared_at from roles where removed_at is null";
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

/// As the column `public_only` says.
pub(super) const fn addresses(public_only: bool) -> Addresses {
    if public_only { Addresses::Public } else { Addresses::Any }
}

//! The live catalogue, read in one piece.

use std::collections::HashMap;

use sqlx::FromRow;

use super::declared::addresses;
use super::value::{At, FromJson, Parsed, values};
use super::{StoreError, Tx};
use crate::identity::{
    Allotment, Application, ApplicationKey, ApplicationSpec, Catalogue, Ceiling, Idp, IdpId, IdpKey, IdpSpec,
    Organization, OrganizationId, OrganizationKey, OrganizationPolicy, PolicyId, PolicyText, Role, RoleId, RoleName,
};

/// The version of the catalogue, and one IdP in it.
#[derive(Clone, Debug)]
pub struct Head {
    /// Counts every change of the catalogue.
    pub version: i64,
    /// The IdP if it is live: what is written down of it, and the organization that owns it.
    pub idp: Option<(IdpSpec, Option<OrganizationKey>)>,
}

/// The version of the catalogue.
///
/// # Errors
/// When the database fails.
pub async fn version(tx: &mut Tx) -> Result<i64, StoreError> {
    tx.conn().scalar("select version from catalogue_head where id = 1", vec![]).await
}

/// Counts a change of the catalogue, before it is made. Until the transaction ends, other changes wait, and so do
/// transactions that change grants or add identities: those that come after see the new version.
///
/// # Errors
/// When the database fails.
pub async fn bump(tx: &mut Tx) -> Result<i64, StoreError> {
    const HEAD: &str = "update catalogue_head set version = version + 1 where id = 1 returning version";
    let version = tx.conn().scalar(HEAD, vec![]).await?;
    tx.conn().execute("update idps set created_at = created_at", vec![]).await?;
    tx.conn().execute("update organizations set version = version + 1", vec![]).await?;
    Ok(version)
}

/// Takes the IdP's row until the transaction ends, before an identity is added: a change of where its people come
/// from happens either before or after that, never at once.
///
/// # Errors
/// When the database fails.
pub async fn hold_idp(tx: &mut Tx, idp: IdpKey) -> Result<(), StoreError> {
    tx.conn().execute("update idps set created_at = created_at where key = $1", values![idp]).await?;
    Ok(())
}

/// The version of the catalogue, and that IdP in it: one statement.
///
/// # Errors
/// When the database fails.
pub async fn head(tx: &mut Tx, idp: IdpKey) -> Result<Head, StoreError> {
    const SQL: &str = "select h.version, p.spec, p.owner_key, p.undeclared_at from catalogue_head h \
        left join idps p on p.key = $1 where h.id = 1";
    type Row = (i64, Option<FromJson<IdpSpec>>, Option<Parsed<OrganizationKey>>, Option<At>);
    let row: Option<Row> = tx.conn().optional(SQL, values![idp]).await?;
    let Some((version, spec, owner, undeclared_at)) = row else {
        return Err(StoreError::Corrupt("catalogue_head has no row".to_owned()));
    };
    let live = spec.filter(|_| undeclared_at.is_none());
    Ok(Head { version, idp: live.map(|spec| (spec.0, owner.map(|key| key.0))) })
}

/// Everything live, in six statements. Takes a snapshot ([`super::Db::snapshot`]) to be of one piece.
///
/// # Errors
/// When the database fails.
pub async fn load(tx: &mut Tx) -> Result<Catalogue, StoreError> {
    let version = version(tx).await?;
    let organizations = organizations(tx).await?;
    let (idps, policies) = idps(tx).await?;
    let applications = applications(tx).await?;
    Ok(Catalogue { version, organizations, idps, policies, applications })
}

/// The organizations that are live, and of IdPs the one of that id alone that an admin turned off, as if it were on. None
/// if it is not such a one: what has gone from the file is not there to be tried.
///
/// # Errors
/// When the database fails.
pub async fn load_turned_off(tx: &mut Tx, id: &IdpId) -> Result<Option<Catalogue>, StoreError> {
    const IDP: &str = "select p.key, p.owner_key, p.delegates, p.public_only, p.spec from idps p \
        left join organizations o on o.key = p.owner_key \
        where p.id = $1 and p.undeclared_at is not null and not p.declared and o.undeclared_at is null";
    const POLICIES: &str = "select y.id, y.idp_key, y.organization_key, y.org_selector, y.role_selector, y.ceiling \
        from policies y left join organizations o on o.key = y.organization_key \
        where y.idp_key = $1 and y.retired_at is null and o.undeclared_at is null order by y.id";
    let Some(row) = tx.conn().optional::<IdpRow>(IDP, values![id.as_str()]).await? else { return Ok(None) };
    let policies = tx.conn().all(POLICIES, values![row.key.0]).await?;
    let (idps, policies) = joined(vec![row], policies)?;
    let (version, organizations) = (version(tx).await?, organizations(tx).await?);
    Ok(Some(Catalogue { version, organizations, idps, policies, applications: Vec::new() }))
}

#[derive(FromRow)]
struct RoleRow {
    id: Parsed<RoleId>,
    organization_key: Parsed<OrganizationKey>,
    name: Parsed<RoleName>,
    admin: bool,
}

async fn organizations(tx: &mut Tx) -> Result<Vec<Organization>, StoreError> {
    const ORGANIZATIONS: &str =
        "select key, id, name, allotment, declared from organizations where undeclared_at is null order by id";
    const ROLES: &str = "select id, organization_key, name, admin from roles where undeclared_at is null order by name";
    type Row = (Parsed<OrganizationKey>, Parsed<OrganizationId>, String, Option<FromJson<Allotment>>, bool);
    let rows: Vec<Row> = tx.conn().all(ORGANIZATIONS, vec![]).await?;
    let mut roles: HashMap<OrganizationKey, Vec<Role>> = HashMap::new();
    for row in tx.conn().all::<RoleRow>(ROLES, vec![]).await? {
        let role = Role { id: row.id.0, name: row.name.0, admin: row.admin };
        roles.entry(row.organization_key.0).or_default().push(role);
    }
    let organization = |(key, id, name, allotment, declared): Row| Organization {
        key: key.0,
        id: id.0,
        name,
        roles: roles.remove(&key.0).unwrap_or_default(),
        allotment: allotment.map(|allotment| allotment.0).unwrap_or_default(),
        declared,
    };
    Ok(rows.into_iter().map(organization).collect())
}

#[derive(FromRow)]
struct IdpRow {
    key: Parsed<IdpKey>,
    owner_key: Option<Parsed<OrganizationKey>>,
    delegates: FromJson<Vec<OrganizationKey>>,
    public_only: bool,
    spec: FromJson<IdpSpec>,
}

#[derive(FromRow)]
struct PolicyRow {
    id: Parsed<PolicyId>,
    idp_key: Parsed<IdpKey>,
    organization_key: Option<Parsed<OrganizationKey>>,
    org_selector: Option<String>,
    role_selector: Option<String>,
    ceiling: Option<FromJson<Ceiling>>,
}

async fn idps(tx: &mut Tx) -> Result<(Vec<Idp>, Vec<OrganizationPolicy>), StoreError> {
    const IDPS: &str = "select p.key, p.owner_key, p.delegates, p.public_only, p.spec from idps p \
        left join organizations o on o.key = p.owner_key \
        where p.undeclared_at is null and o.undeclared_at is null order by p.id";
    const POLICIES: &str = "select y.id, y.idp_key, y.organization_key, y.org_selector, y.role_selector, y.ceiling \
        from policies y join idps p on p.key = y.idp_key left join organizations o on o.key = y.organization_key \
        where y.retired_at is null and p.undeclared_at is null and o.undeclared_at is null order by y.id";
    let rows = tx.conn().all(IDPS, vec![]).await?;
    joined(rows, tx.conn().all(POLICIES, vec![]).await?)
}

/// Each IdP with its default policy, and the policies of organizations.
fn joined(rows: Vec<IdpRow>, written: Vec<PolicyRow>) -> Result<(Vec<Idp>, Vec<OrganizationPolicy>), StoreError> {
    let mut defaults = HashMap::new();
    let mut policies = Vec::new();
    for row in written {
        let text = PolicyText { org: row.org_selector, role: row.role_selector };
        let ceiling = row.ceiling.map(|ceiling| ceiling.0).unwrap_or_default();
        match row.organization_key {
            None => drop(defaults.insert(row.idp_key.0, (row.id.0, text, ceiling))),
            Some(organization) => policies.push(OrganizationPolicy {
                id: row.id.0,
                idp: row.idp_key.0,
                organization: organization.0,
                text,
                ceiling,
            }),
        }
    }
    let mut idps = Vec::with_capacity(rows.len());
    for row in rows {
        let Some((default_policy, text, default_ceiling)) = defaults.remove(&row.key.0) else {
            return Err(StoreError::Corrupt(format!("IdP {} has no default policy", row.key.0)));
        };
        let mut spec = row.spec.0;
        spec.default_policy = text;
        idps.push(Idp {
            key: row.key.0,
            owner: row.owner_key.map(|key| key.0),
            default_policy,
            default_ceiling,
            delegates: row.delegates.0,
            addresses: addresses(row.public_only),
            spec,
        });
    }
    policies.retain(|policy| idps.iter().any(|idp| idp.key == policy.idp));
    Ok((idps, policies))
}

async fn applications(tx: &mut Tx) -> Result<Vec<Application>, StoreError> {
    const SQL: &str = "select a.key, a.organization_key, a.spec, a.declared from applications a \
        join organizations o on o.key = a.organization_key \
        where a.undeclared_at is null and o.undeclared_at is null order by a.id";
    type Row = (Parsed<ApplicationKey>, Parsed<OrganizationKey>, FromJson<ApplicationSpec>, bool);
    let rows: Vec<Row> = tx.conn().all(SQL, vec![]).await?;
    let application = |(key, organization, spec, declared): Row| Application {
        key: key.0,
        organization: organization.0,
        spec: spec.0,
        declared,
    };
    Ok(rows.into_iter().map(application).collect())
}

//! Writing and removing the rows behind the catalogue.

use super::ended::{organization_ended, role_ended};
use super::{ApplicationRow, IdpRow, OrganizationRow, PolicyRow, RoleRow};
use crate::base::{Addresses, Timestamp};
use crate::identity::{Actor, Allotment, ApplicationKey, Ceiling, IdpKey, OrganizationKey, PolicyId};
use crate::store::value::{BATCH, Value, list, values};
use crate::store::{StoreError, Tx, search};

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
    if row.live { Ok(()) } else { organization_ended(tx, row.key).await }
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
    if row.live { Ok(()) } else { role_ended(tx, row.id).await }
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

/// Removes organizations, with everything that is theirs.
///
/// # Errors
/// When the database fails.
pub async fn remove_organizations(tx: &mut Tx, keys: &[OrganizationKey]) -> Result<(), StoreError> {
    remove(tx, "delete from organizations where key in", keys).await?;
    search::lost_roles(tx, keys).await
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

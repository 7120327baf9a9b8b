//! What an organization and an application have to be, whoever writes them down by hand.

use std::collections::BTreeSet;

use super::{EditError, Reach};
use crate::directory::plan::Stored;
use crate::identity::{
    self, Allotment, ApplicationId, ApplicationSpec, Organization, OrganizationKey, Role, RoleName, Site, text,
};
use crate::store::declared::{ApplicationRow, OrganizationRow};

/// Most roles of one organization: each is a line of its forms and a name that selectors are checked against.
const MAX_ROLES: usize = 256;

/// Whether an organization can be called so and have these roles.
pub(super) fn organization(name: &str, roles: &[(RoleName, bool)]) -> Result<(), EditError> {
    text::label(name).map_err(|invalid| EditError::Invalid(invalid.to_string()))?;
    if roles.is_empty() || roles.len() > MAX_ROLES {
        let why = format!("an organization has 1 to {MAX_ROLES} roles: being in it is holding one of them");
        return Err(EditError::Invalid(why));
    }
    Ok(())
}

/// Whether admins of the organization itself may change it so: they name roles, but not who administers or where they
/// publish.
pub(super) fn is_own(
    stored: &Stored,
    row: &OrganizationRow,
    roles: &[(RoleName, bool)],
    allotment: &Allotment,
) -> bool {
    let of_row = stored.roles.iter().filter(|role| role.organization == row.key && role.live && role.admin);
    let before: BTreeSet<&RoleName> = of_row.map(|role| &role.name).collect();
    let after: BTreeSet<&RoleName> = roles.iter().filter(|(_, admin)| *admin).map(|(name, _)| name).collect();
    before == after && row.allotment == *allotment
}

/// Whether an application may be where it says. An organization's admin keeps to what is allotted, but for what a
/// server admin has put elsewhere and stays there.
pub(super) fn application(
    stored: &Stored,
    organization: OrganizationKey,
    spec: &ApplicationSpec,
    reach: Reach,
) -> Result<(), EditError> {
    let before = stored.applications.iter().find(|row| row.spec.id == spec.id).map(|row| &row.spec);
    let stays = before.is_some_and(|before| {
        before.reach == spec.reach && before.hosts == spec.hosts && before.upstream == spec.upstream
    });
    if reach != Reach::Server && spec.reach == identity::Reach::Anywhere && !stays {
        return Err(EditError::OutOfReach("where an application may be".to_owned()));
    }
    let Some(organization) = live(stored, organization) else {
        return Err(EditError::NoSuch(format!("organization {}", spec.organization)));
    };
    text::label(&spec.name).map_err(|invalid| EditError::Invalid(invalid.to_string()))?;
    let flaws = Site { organization: &organization, others: others(stored, &spec.id) }.flaws(spec);
    if flaws.is_empty() { Ok(()) } else { Err(EditError::Flawed(flaws)) }
}

fn others<'a>(stored: &'a Stored, id: &ApplicationId) -> Vec<&'a ApplicationSpec> {
    let counts = |row: &&ApplicationRow| row.live && row.spec.id != *id;
    stored.applications.iter().filter(counts).map(|row| &row.spec).collect()
}

fn live(stored: &Stored, key: OrganizationKey) -> Option<Organization> {
    let row = stored.organizations.iter().find(|row| row.key == key && row.live)?;
    let roles = stored.roles.iter().filter(|role| role.organization == key && role.live);
    Some(Organization {
        key,
        id: row.id.clone(),
        name: row.name.clone(),
        roles: roles.map(|role| Role { id: role.id, name: role.name.clone(), admin: role.admin }).collect(),
        allotment: row.allotment.clone(),
        declared: row.declared,
    })
}

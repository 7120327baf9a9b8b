//! The catalogue as it will be once a plan is applied.

use std::collections::HashMap;

use crate::directory::plan::{Plan, Stored};
use crate::identity::{
    Application, Catalogue, Ceiling, Idp, IdpKey, Organization, OrganizationKey, OrganizationPolicy, PolicyId, Role,
};
use crate::store::declared::{ApplicationRow, IdpRow, PolicyRow};

/// What will be live: the stored rows with the plan's in their place.
pub(super) fn catalogue(stored: &Stored, plan: &Plan, version: i64) -> Catalogue {
    let mut rows = HashMap::new();
    rows.extend(stored.organizations.iter().chain(&plan.organizations).map(|row| (row.key, row)));
    let mut organizations: Vec<Organization> = rows
        .into_values()
        .filter(|row| row.live && !plan.removed.organizations.contains(&row.key))
        .map(|row| Organization {
            key: row.key,
            id: row.id.clone(),
            name: row.name.clone(),
            roles: Vec::new(),
            allotment: row.allotment.clone(),
            declared: row.declared,
        })
        .collect();
    organizations.sort_by(|one, other| one.id.cmp(&other.id));
    let places: HashMap<OrganizationKey, usize> = organizations.iter().enumerate().map(|(i, o)| (o.key, i)).collect();

    let mut rows = HashMap::new();
    rows.extend(stored.roles.iter().chain(&plan.roles).map(|row| (row.id, row)));
    for row in rows.into_values().filter(|row| row.live && !plan.removed.roles.contains(&row.id)) {
        if let Some(organization) = places.get(&row.organization).and_then(|place| organizations.get_mut(*place)) {
            organization.roles.push(Role { id: row.id, name: row.name.clone(), admin: row.admin });
        }
    }

    let in_force = stored.policies.iter().filter(|row| !plan.retired.contains(&row.id)).chain(&plan.policies);
    let (defaults, own): (Vec<&PolicyRow>, Vec<&PolicyRow>) = in_force.partition(|row| row.organization.is_none());
    let defaults: HashMap<IdpKey, (PolicyId, Ceiling)> =
        defaults.into_iter().map(|row| (row.idp, (row.id, row.ceiling.clone()))).collect();
    let mut rows = HashMap::new();
    rows.extend(stored.idps.iter().chain(&plan.idps).map(|row| (row.key, row)));
    let removed = |row: &IdpRow| plan.removed.idps.contains(&row.key);
    let live = rows.into_values().filter(|row| row.live && !removed(row));
    let live = live.filter(|row| row.owner.is_none_or(|owner| places.contains_key(&owner)));
    let idps: Vec<Idp> = live
        .filter_map(|row| {
            let (default_policy, default_ceiling) = defaults.get(&row.key).cloned()?;
            Some(Idp {
                key: row.key,
                owner: row.owner,
                default_policy,
                default_ceiling,
                delegates: row.delegates.clone(),
                addresses: row.addresses,
                spec: row.spec.clone(),
            })
        })
        .collect();

    let policy = |row: &PolicyRow| {
        let organization = row.organization.filter(|key| places.contains_key(key))?;
        idps.iter().any(|idp| idp.key == row.idp).then_some(())?;
        let text = row.text.clone();
        Some(OrganizationPolicy { id: row.id, idp: row.idp, organization, text, ceiling: row.ceiling.clone() })
    };
    let policies = own.into_iter().filter_map(policy).collect();

    let mut rows = HashMap::new();
    rows.extend(stored.applications.iter().chain(&plan.applications).map(|row| (row.key, row)));
    let removed = |row: &ApplicationRow| plan.removed.applications.iter().any(|(key, _)| *key == row.key);
    let live = rows.into_values().filter(|row| row.live && !removed(row) && places.contains_key(&row.organization));
    let applications = live
        .map(|row| Application {
            key: row.key,
            organization: row.organization,
            spec: row.spec.clone(),
            declared: row.declared,
        })
        .collect();
    Catalogue { version, organizations, idps, policies, applications }
}

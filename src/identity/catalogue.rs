//! Everything an admin has set up, as one plain value.

use std::collections::HashMap;

use uuid::Uuid;

use crate::base::Addresses;

use super::{
    Application, ApplicationKey, ApplicationSpec, Ceiling, Idp, IdpId, IdpKey, IdpSpec, Organization, OrganizationId,
    OrganizationKey, OrganizationPolicy, OrganizationSpec, PolicyId, Role, RoleId,
};

/// What a configuration file declares, already checked: every id it refers to is declared in it too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declaration {
    /// Identity providers.
    pub idps: Vec<IdpSpec>,
    /// Organizations, with their policies.
    pub organizations: Vec<OrganizationSpec>,
    /// Applications.
    pub applications: Vec<ApplicationSpec>,
}

/// All that is live at one version: what policies and routes are compiled from.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    /// Counts every change of the catalogue.
    pub version: i64,
    /// Live organizations with their live roles.
    pub organizations: Vec<Organization>,
    /// Live identity providers.
    pub idps: Vec<Idp>,
    /// Live policies of organizations.
    pub policies: Vec<OrganizationPolicy>,
    /// Live applications.
    pub applications: Vec<Application>,
}

impl Catalogue {
    /// What a declaration would be live as, were it alone: for whatever needs no database. Each row gets a key of its
    /// own from `key`. What refers to nothing declared is left out.
    pub fn of(declaration: &Declaration, mut key: impl FnMut() -> Uuid) -> Self {
        let mut organizations: Vec<Organization> = declaration
            .organizations
            .iter()
            .map(|spec| Organization {
                key: OrganizationKey::new(key()),
                id: spec.id.clone(),
                name: spec.name.clone(),
                roles: (spec.roles.iter())
                    .map(|name| Role {
                        id: RoleId::new(key()),
                        name: name.clone(),
                        admin: spec.admin_roles.contains(name),
                    })
                    .collect(),
                allotment: spec.allotment.clone(),
                declared: true,
            })
            .collect();
        // As the database gives them.
        organizations.sort_by(|one, other| one.id.cmp(&other.id));
        let keys: HashMap<&OrganizationId, OrganizationKey> = organizations.iter().map(|o| (&o.id, o.key)).collect();
        let idp = |spec: &IdpSpec| Idp {
            key: IdpKey::new(key()),
            owner: spec.owner.as_ref().and_then(|owner| keys.get(owner).copied()),
            default_policy: PolicyId::new(key()),
            default_ceiling: Ceiling::None,
            delegates: spec.delegate_to.iter().filter_map(|id| keys.get(id).copied()).collect(),
            addresses: Addresses::Any,
            spec: spec.clone(),
        };
        let idps: Vec<Idp> = declaration.idps.iter().map(idp).collect();
        let mut policies = Vec::new();
        for spec in &declaration.organizations {
            for policy in &spec.policies {
                let idp = idps.iter().find(|idp| idp.spec.id == policy.idp);
                if let (Some(idp), Some(organization)) = (idp, keys.get(&spec.id)) {
                    policies.push(OrganizationPolicy {
                        id: PolicyId::new(key()),
                        idp: idp.key,
                        organization: *organization,
                        text: policy.text.clone(),
                        ceiling: Ceiling::None,
                    });
                }
            }
        }
        let application = |spec: &ApplicationSpec| {
            let organization = *keys.get(&spec.organization)?;
            Some(Application { key: ApplicationKey::new(key()), organization, spec: spec.clone(), declared: true })
        };
        let applications = declaration.applications.iter().filter_map(application).collect();
        Self { version: 0, organizations, idps, policies, applications }
    }

    /// The live identity provider of that row.
    pub fn idp(&self, key: IdpKey) -> Option<&Idp> {
        self.idps.iter().find(|idp| idp.key == key)
    }

    /// The live identity provider of that id.
    pub fn idp_by_id(&self, id: &IdpId) -> Option<&Idp> {
        self.idps.iter().find(|idp| idp.spec.id == *id)
    }

    /// The live organization of that row.
    pub fn organization(&self, key: OrganizationKey) -> Option<&Organization> {
        self.organizations.iter().find(|organization| organization.key == key)
    }
}

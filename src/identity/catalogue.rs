//! Everything an admin has set up, as one plain value.

use super::{
    Application, ApplicationSpec, Idp, IdpId, IdpKey, IdpSpec, Organization, OrganizationKey, OrganizationPolicy,
    OrganizationSpec,
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

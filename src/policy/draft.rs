//! Policies as they would be: with another text in one place, before it is saved. Pure.

use uuid::Uuid;

use super::snapshot::Snapshot;
use crate::identity::{Catalogue, Ceiling, IdpKey, OrganizationKey, OrganizationPolicy, PolicyId, PolicyText};

impl Snapshot {
    /// What is live, with `text` as the policy of an organization at an IdP, or as its default policy. Compiles no more
    /// than that IdP, and of the organizations that one alone if it is one's own policy: enough to ask about.
    pub fn draft(
        live: &Catalogue,
        (idp, organization): (IdpKey, Option<OrganizationKey>),
        text: &PolicyText,
        ceiling: &Ceiling,
    ) -> Self {
        let concerned = |key| organization.is_none_or(|only| only == key);
        let mut draft = Catalogue {
            version: live.version,
            organizations: live.organizations.iter().filter(|other| concerned(other.key)).cloned().collect(),
            idps: live.idps.iter().filter(|other| other.key == idp).cloned().collect(),
            policies: live.policies.iter().filter(|p| p.idp == idp && concerned(p.organization)).cloned().collect(),
            applications: Vec::new(),
        };
        match organization {
            None => {
                for idp in &mut draft.idps {
                    idp.spec.default_policy = text.clone();
                    idp.default_ceiling = ceiling.clone();
                }
            }
            Some(organization) => {
                let (id, text, ceiling) = (PolicyId::new(Uuid::nil()), text.clone(), ceiling.clone());
                draft.policies = vec![OrganizationPolicy { id, idp, organization, text, ceiling }];
            }
        }
        Self::compile(&draft)
    }
}

//! `[[organization]]` with its policies.

use crate::identity::{
    Allotment, HostSuffix, IdpId, Network, OrganizationId, OrganizationPolicySpec, OrganizationSpec, PolicyText,
    RoleName, text,
};

use super::case;
use super::idp::policy_text;
use super::list::{At, values as plain};
use super::section::Section;
use crate::policy::Case;

/// One `[[organization]]`, as far as it could be read.
pub(super) struct OrganizationDraft {
    pub(super) path: String,
    pub(super) id: Option<OrganizationId>,
    pub(super) roles: Vec<RoleName>,
    pub(super) admin_roles: Vec<At<RoleName>>,
    pub(super) policies: Vec<PolicyDraft>,
    pub(super) spec: Option<OrganizationSpec>,
}

/// One `[[organization.policy]]`, as far as it could be read.
pub(super) struct PolicyDraft {
    pub(super) path: String,
    pub(super) idp: Option<IdpId>,
    text: PolicyText,
    pub(super) cases: Vec<(String, Case)>,
}

/// Reads every `[[organization]]`.
pub(super) fn organizations(root: &mut Section<'_>) -> Vec<OrganizationDraft> {
    root.entries("organization", Some("id")).into_iter().map(organization).collect()
}

fn organization(mut section: Section<'_>) -> OrganizationDraft {
    let path = section.path.clone();
    let id = section.required("id", "give it a short name, such as home-lab", OrganizationId::parse);
    let name = section.required("name", "write what people call it", text::label);
    let hint = "name at least one role: being in an organization is holding one of its roles";
    let roles = plain(&section.required_list("roles", hint, RoleName::parse));
    let admin_roles = section.list("admin_roles", RoleName::parse).unwrap_or_default();
    let publish_hosts = section.list("publish_hosts", HostSuffix::parse).unwrap_or_default();
    let publish_upstreams = section.list("publish_upstreams", Network::parse).unwrap_or_default();
    let policies = section.entries("policy", Some("idp")).into_iter();
    let policies: Vec<_> = policies.map(|section| policy(section, id.as_ref())).collect();
    section.finish();
    let spec = (|| {
        let whole =
            |policy: &PolicyDraft| Some(OrganizationPolicySpec { idp: policy.idp.clone()?, text: policy.text.clone() });
        Some(OrganizationSpec {
            id: id.clone()?,
            name: name?,
            roles: roles.clone(),
            admin_roles: plain(&admin_roles),
            policies: policies.iter().map(whole).collect::<Option<_>>()?,
            allotment: Allotment { hosts: plain(&publish_hosts), upstreams: plain(&publish_upstreams) },
        })
    })();
    OrganizationDraft { path, id, roles, admin_roles, policies, spec }
}

fn policy(mut section: Section<'_>, organization: Option<&OrganizationId>) -> PolicyDraft {
    let path = section.path.clone();
    let idp = section.required("idp", "name the IdP whose sign-ins it judges", IdpId::parse);
    let before = section.report.count();
    let text = policy_text(&mut section);
    if text.org.is_none() && text.role.is_none() && section.report.count() == before {
        section.report.refuse(&path, "has no selector; write org or role, or remove the policy to use the default one");
    }
    let cases = case::of_policy(&mut section, organization);
    section.finish();
    PolicyDraft { path, idp, text, cases }
}

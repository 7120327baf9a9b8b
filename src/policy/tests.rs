//! Decisions and profiles, end to end in this room.

mod decisions;
mod drafts;
mod profiles;
mod properties;
mod written;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::*;
use crate::base::Addresses;
use crate::claims::{ClaimLimits, ClaimRules, Claims};
use crate::identity::{
    Catalogue, Ceiling, ClientAuth, DEFAULT_NEW_ACCOUNTS, Idp, IdpId, IdpKey, IdpSpec, Issuer, OnError, Organization,
    OrganizationId, OrganizationKey, OrganizationPolicy, PolicyId, PolicyText, ProfilePaths as Paths, Role, RoleId,
    RoleName, Sight,
};

pub(super) fn map(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("not an object: {other}"),
    }
}

pub(super) fn claims(id_token: Value) -> Claims {
    claims_of(id_token, None)
}

pub(super) fn claims_of(id_token: Value, userinfo: Option<Value>) -> Claims {
    let lists = ["groups".to_owned(), "roles".to_owned()];
    let rules = ClaimRules { list_claims: &lists };
    Claims::merge(map(id_token), userinfo.map(map), &rules, &ClaimLimits::default()).expect("claims")
}

pub(super) fn text(org: &str, role: &str) -> PolicyText {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    PolicyText { org: some(org), role: some(role) }
}

/// Two organizations, `home-lab` and `other`, each with the roles Admin and Member, and one global IdP.
pub(super) struct House {
    pub(super) catalogue: Catalogue,
}

pub(super) const IDP: IdpKey = IdpKey::new(Uuid::from_u128(1));
pub(super) const HOME_LAB: OrganizationKey = OrganizationKey::new(Uuid::from_u128(10));
pub(super) const OTHER: OrganizationKey = OrganizationKey::new(Uuid::from_u128(20));
pub(super) const DEFAULT_POLICY: PolicyId = PolicyId::new(Uuid::from_u128(100));

pub(super) fn admin_of(organization: OrganizationKey) -> RoleId {
    RoleId::new(Uuid::from_u128(organization.uuid().as_u128() + 1))
}

pub(super) fn member_of(organization: OrganizationKey) -> RoleId {
    RoleId::new(Uuid::from_u128(organization.uuid().as_u128() + 2))
}

fn organization(key: OrganizationKey, id: &str) -> Organization {
    let role = |id, name: &str, admin| Role { id, name: RoleName::parse(name).unwrap(), admin };
    Organization {
        key,
        id: OrganizationId::parse(id).unwrap(),
        name: id.to_owned(),
        roles: vec![role(admin_of(key), "Admin", true), role(member_of(key), "Member", false)],
        allotment: Default::default(),
        declared: true,
    }
}

pub(super) fn paths() -> Paths {
    Paths {
        identifier: "sub".to_owned(),
        email: "email".to_owned(),
        display_name: "name".to_owned(),
        username: "preferred_username".to_owned(),
        server_admin: None,
    }
}

impl House {
    pub(super) fn new(default_policy: PolicyText) -> Self {
        let spec = IdpSpec {
            id: IdpId::parse("company").unwrap(),
            name: "Company".to_owned(),
            owner: None,
            issuer: Issuer::parse("https://id.example.com").unwrap(),
            client_id: "vestibule".to_owned(),
            client_auth: ClientAuth::Basic,
            scopes: vec!["openid".to_owned()],
            profile: paths(),
            email_trusted: false,
            required_claims: Vec::new(),
            list_claims: vec!["groups".to_owned(), "roles".to_owned()],
            auto_provision: true,
            new_accounts_per_hour: DEFAULT_NEW_ACCOUNTS,
            require_match: false,
            on_error: OnError::Revoke,
            refresh_claims: None,
            sign_out_at_provider: false,
            delegate_to: Vec::new(),
            delegated_claims: Vec::new(),
            default_policy,
        };
        let idp = Idp {
            key: IDP,
            owner: None,
            default_policy: DEFAULT_POLICY,
            default_ceiling: Ceiling::None,
            delegates: Vec::new(),
            addresses: Addresses::Any,
            spec,
        };
        let organizations = vec![organization(HOME_LAB, "home-lab"), organization(OTHER, "other")];
        Self { catalogue: Catalogue { version: 7, organizations, idps: vec![idp], ..Catalogue::default() } }
    }

    pub(super) fn with_policy(mut self, organization: OrganizationKey, text: PolicyText) -> Self {
        let id = own_policy(organization);
        self.catalogue.policies.push(OrganizationPolicy { id, idp: IDP, organization, text, ceiling: Ceiling::None });
        self
    }

    pub(super) fn with_idp(mut self, change: impl FnOnce(&mut Idp)) -> Self {
        change(&mut self.catalogue.idps[0]);
        self
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        Snapshot::compile(&self.catalogue)
    }

    pub(super) fn decide(&self, claims: &Claims) -> Decision {
        let snapshot = self.snapshot();
        let policies = snapshot.idp(IDP).expect("the IdP");
        explain(policies, policies.reach(), claims)
    }

    pub(super) fn outcome(&self, organization: OrganizationKey, sent: Value) -> Outcome {
        let decision = self.decide(&claims(sent));
        let verdict = decision.verdicts.iter().find(|verdict| verdict.organization == organization);
        verdict.expect("a verdict").outcome.clone()
    }

    /// What a person with these claims holds.
    pub(super) fn grants(&self, sent: Value) -> Vec<(OrganizationKey, RoleId)> {
        self.decide(&claims(sent)).desired().collect()
    }
}

pub(super) fn own_policy(organization: OrganizationKey) -> PolicyId {
    PolicyId::new(Uuid::from_u128(organization.uuid().as_u128() + 200))
}

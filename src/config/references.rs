//! What no entry can know of itself: whether all that entries say of one another fits together.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::identity::{
    Host, IdpId, OrganizationId, PublicUrl, RoleName, Rule, TokenIssuer, TokenIssuerId, TokenSubject,
};

use super::application::{ApplicationDraft, RuleDraft};
use super::case::CaseOf;
use super::idp::IdpDraft;
use super::list::At;
use super::nearest::nearest;
use super::organization::OrganizationDraft;
use super::problem::Report;
use super::token_issuer::TokenIssuerDraft;

/// Everything the file declares, as far as it could be read.
pub(super) struct Drafts {
    pub(super) idps: Vec<IdpDraft>,
    pub(super) organizations: Vec<OrganizationDraft>,
    pub(super) applications: Vec<ApplicationDraft>,
    pub(super) token_issuers: Vec<TokenIssuerDraft>,
}

impl Drafts {
    /// The cases beside policies whose IdP is known.
    pub(super) fn cases(&self) -> Vec<CaseOf> {
        let of_idps = self.idps.iter().flat_map(|idp| idp.cases.iter().map(|case| (idp.id.clone(), case.clone())));
        let policies = self.organizations.iter().flat_map(|organization| &organization.policies);
        let of_policies =
            policies.flat_map(|policy| policy.cases.iter().map(|case| (policy.idp.clone(), case.clone())));
        of_idps.chain(of_policies).filter_map(|(idp, case)| Some(CaseOf::new(idp?, case))).collect()
    }
}

/// What can be referred to.
struct Names<'a> {
    idps: BTreeMap<&'a IdpId, &'a IdpDraft>,
    organizations: BTreeMap<&'a OrganizationId, &'a OrganizationDraft>,
}

/// Reports every reference that leads nowhere, and everything two entries cannot both have.
pub(super) fn check(report: &Report, drafts: &Drafts, public_url: Option<&PublicUrl>) {
    // Backwards, so that of two with one id the first stays: the second is reported where the list is read.
    let idps = drafts.idps.iter().rev().filter_map(|idp| Some((idp.id.as_ref()?, idp)));
    let organizations = drafts.organizations.iter().rev().filter_map(|org| Some((org.id.as_ref()?, org)));
    let names = Names { idps: idps.collect(), organizations: organizations.collect() };
    for idp in &drafts.idps {
        if let Some(owner) = &idp.owner {
            names.organization(report, &format!("{}.owner", idp.path), owner);
        }
        for organization in &idp.delegate_to {
            names.organization(report, &organization.path, &organization.value);
        }
    }
    for organization in &drafts.organizations {
        check_organization(report, &names, organization);
    }
    let token_issuers = TokenIssuers(&drafts.token_issuers);
    for application in &drafts.applications {
        check_application(report, &names, application);
        token_issuers.known(report, &application.issuers);
    }
    token_issuers.check(report, &names, &drafts.idps);
    check_hosts(report, drafts, public_url);
}

impl<'a> Names<'a> {
    fn organization(&self, report: &Report, path: &str, id: &OrganizationId) -> Option<&'a OrganizationDraft> {
        let found = self.organizations.get(id).copied();
        if found.is_none() {
            let known = self.organizations.keys().map(|id| id.as_str());
            report.refuse(path, unknown(report, "organization", id.as_str(), known, "declare it as [[organization]]"));
        }
        found
    }

    fn idp(&self, report: &Report, path: &str, id: &IdpId) -> Option<&'a IdpDraft> {
        let found = self.idps.get(id).copied();
        if found.is_none() {
            let known = self.idps.keys().map(|id| id.as_str());
            report.refuse(path, unknown(report, "IdP", id.as_str(), known, "declare it as [[idp]]"));
        }
        found
    }
}

fn check_organization(report: &Report, names: &Names<'_>, organization: &OrganizationDraft) {
    let roles: HashSet<&RoleName> = organization.roles.iter().collect();
    known_roles(report, &organization.admin_roles, &roles, "add it to the organization's roles");
    for policy in &organization.policies {
        let Some(idp) = &policy.idp else { continue };
        let path = format!("{}.idp", policy.path);
        let Some(idp) = names.idp(report, &path, idp) else { continue };
        if let (Some(owner), Some(id)) = (&idp.owner, &organization.id)
            && owner != id
        {
            let message = format!(
                "{} belongs to organization `{owner}` alone and says nothing about others; remove this policy",
                idp.path
            );
            report.refuse(&path, message);
        }
        if let Some(id) = &organization.id
            && idp.delegate_to.iter().any(|delegate| delegate.value == *id)
        {
            let message = format!(
                "{} leaves this to the organization's admins (`delegate_to`); remove the policy, or the organization there",
                idp.path
            );
            report.refuse(&path, message);
        }
    }
}

fn check_application(report: &Report, names: &Names<'_>, application: &ApplicationDraft) {
    check_order(report, &application.rules);
    let path = format!("{}.organization", application.path);
    let Some(id) = &application.organization else { return };
    let Some(organization) = names.organization(report, &path, id) else { return };
    let all: HashSet<&RoleName> = organization.roles.iter().collect();
    let admitted = match &application.roles {
        None => all,
        Some(roles) => {
            known_roles(report, roles, &all, &format!("add it to the roles of {}", organization.path));
            roles.iter().map(|role| &role.value).collect()
        }
    };
    for rule in &application.rules {
        known_roles(report, &rule.roles, &admitted, "a rule only narrows: name roles that may enter the application");
    }
}

/// Those whose tokens may be taken.
struct TokenIssuers<'a>(&'a [TokenIssuerDraft]);

impl TokenIssuers<'_> {
    fn known(&self, report: &Report, issuers: &[At<TokenIssuerId>]) {
        for issuer in issuers.iter().filter(|one| !self.0.iter().any(|draft| draft.id.as_ref() == Some(&one.value))) {
            let known = self.0.iter().filter_map(|draft| draft.id.as_ref().map(TokenIssuerId::as_str));
            let message =
                unknown(report, "token issuer", issuer.value.as_str(), known, "declare it as [[token_issuer]]");
            report.refuse(&issuer.path, message);
        }
    }

    fn check(&self, report: &Report, names: &Names<'_>, idps: &[IdpDraft]) {
        let mut seen: HashMap<(&str, &str), &str> = HashMap::new();
        for draft in self.0 {
            let Some(spec) = &draft.spec else { continue };
            let clients = idps.iter().filter_map(|idp| Some((idp, idp.spec.as_ref()?)));
            if let Some((idp, _)) = clients.into_iter().find(|(_, other)| other.client_id == spec.audience) {
                let message = format!(
                    "is the client_id of {}: whoever signs in gets an ID token with it, which is no access token; let \
                     the issuer put an audience of its own into tokens for applications",
                    idp.path
                );
                report.refuse(&format!("{}.audience", draft.path), message);
            }
            if let Some(other) = seen.insert((spec.issuer.as_str(), &spec.audience), &draft.path) {
                let message = format!("issuer and audience are those of {other}; keep one of the two");
                report.refuse(&format!("{}.audience", draft.path), message);
            }
            if let TokenSubject::User(idp) = &spec.subject {
                check_users(report, names, draft, spec, idp);
            }
        }
    }
}

/// Whether users of that IdP can be told by these tokens.
fn check_users(report: &Report, names: &Names<'_>, draft: &TokenIssuerDraft, spec: &TokenIssuer, id: &IdpId) {
    let path = format!("{}.idp", draft.path);
    let Some(idp) = names.idp(report, &path, id).and_then(|idp| idp.spec.as_ref()) else { return };
    let identifier = &idp.profile.identifier;
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if idp.issuer != spec.issuer {
        let message = format!(
            "the issuer of idp.{id} is {}, and under another the same identifier is somebody else; both must be equal",
            idp.issuer.as_str()
        );
        report.refuse(&path, message);
    } else if !identifier.chars().all(is_name) {
        let message = format!(
            "idp.{id} reads its identifier by `{identifier}`; tokens are matched only by the name of one claim"
        );
        report.refuse(&path, message);
    }
}

fn known_roles(report: &Report, roles: &[At<RoleName>], known: &HashSet<&RoleName>, advice: &str) {
    // An empty set was reported itself; to complain of each use of it would bury that.
    for role in roles.iter().filter(|role| !known.is_empty() && !known.contains(&role.value)) {
        let names = known.iter().map(|role| role.as_str());
        report.refuse(&role.path, unknown(report, "role", role.value.as_str(), names, advice));
    }
}

fn unknown<'a>(report: &Report, what: &str, id: &str, known: impl Iterator<Item = &'a str>, advice: &str) -> String {
    match if report.is_full() { None } else { nearest(id, known) } {
        Some(meant) => format!("there is no {what} `{id}` here; did you mean `{meant}`? Else {advice}"),
        None => format!("there is no {what} `{id}` here; {advice}"),
    }
}

/// A rule behind ones that match all of it is never reached, so whoever wrote it is mistaken about who may enter.
fn check_order(report: &Report, rules: &[RuleDraft]) {
    for (index, draft) in rules.iter().enumerate() {
        let Some(rule) = &draft.rule else { continue };
        let earlier = || rules[..index].iter().filter_map(|draft| Some((&draft.path, draft.rule.as_ref()?)));
        let hides = |(_, earlier): &(&String, &Rule)| rule.is_hidden_behind([*earlier].into_iter());
        let message = if let Some((path, _)) = earlier().find(hides) {
            format!("is never reached, since {path} matches all of it; put this rule before it")
        } else if rule.is_hidden_behind(earlier().map(|(_, rule)| rule)) {
            "is never reached, since those before it match all its methods; put this rule before them".to_owned()
        } else {
            continue;
        };
        report.refuse(&format!("{}.path", draft.path), message);
    }
}

fn check_hosts(report: &Report, drafts: &Drafts, public_url: Option<&PublicUrl>) {
    let mut taken: HashMap<&Host, &str> = HashMap::new();
    for host in drafts.applications.iter().flat_map(|application| &application.hosts) {
        if let Some(public_url) = public_url {
            if *public_url.host() == host.value {
                report
                    .refuse(&host.path, "is the sign-in host of server.public_url; give the application its own host");
            }
            if !public_url.is_https() && !host.value.is_loopback() {
                let message = format!(
                    "`{}` would be served over plain http like server.public_url; use *.localhost, or make that https",
                    host.value
                );
                report.refuse(&host.path, message);
            }
        }
        // Two of one application are reported where the list is read.
        if let Some(other) = taken.insert(&host.value, &host.path) {
            report.refuse(
                &host.path,
                format!("`{}` is taken by {other}; each host leads to one application", host.value),
            );
        }
    }
}

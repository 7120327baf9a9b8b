//! Service accounts.

use serde::Serialize;

use super::{Field, Picked, Shell, TickedRole};
use crate::pages::{Page, PageError, Pages, TokensOfPrograms};

/// The service accounts of an organization, and the form that makes one.
#[derive(Clone, Debug, Serialize)]
pub struct ServiceAccounts {
    /// What stands around it.
    pub shell: Shell,
    /// Where this page is.
    pub path: String,
    /// The name of the next.
    pub name: Field,
    /// The organization's roles, and which are ticked.
    pub roles: Vec<TickedRole>,
    /// The accounts, in the order they were made.
    pub accounts: Vec<ServiceAccountLine>,
}

/// A service account in a list.
#[derive(Clone, Debug, Serialize)]
pub struct ServiceAccountLine {
    /// What it is called here.
    pub name: String,
    /// What applications call it.
    pub username: String,
    /// The roles it holds.
    pub roles: Vec<String>,
    /// Whether it may not enter.
    pub disabled: bool,
    /// Its page.
    pub href: String,
}

/// One service account.
#[derive(Clone, Debug, Serialize)]
pub struct ServiceAccountPage {
    /// What stands around it.
    pub shell: Shell,
    /// Where this page is.
    pub path: String,
    /// Where all are.
    pub list: String,
    /// What it is called here.
    pub name: String,
    /// What applications call it.
    pub username: String,
    /// Whether it may not enter.
    pub disabled: bool,
    /// The organization's roles, and which it holds.
    pub roles: Vec<TickedRole>,
    /// Its tokens.
    pub tokens: TokensOfPrograms,
    /// By what issuers' tokens speak of it.
    pub subjects: Vec<SubjectLine>,
    /// The issuer of the next.
    pub issuer: Field,
    /// The claim of the next.
    pub claim: Picked,
    /// What that claim holds.
    pub subject: Field,
}

/// By what an issuer's tokens speak of it.
#[derive(Clone, Debug, Serialize)]
pub struct SubjectLine {
    /// The issuer.
    pub issuer: String,
    /// The claim.
    pub claim: &'static str,
    /// What it holds.
    pub subject: String,
}

impl Pages {
    /// The service accounts of an organization.
    ///
    /// # Errors
    /// When the template fails.
    pub fn service_accounts(&self, page: &ServiceAccounts) -> Result<String, PageError> {
        self.render(page)
    }

    /// One service account.
    ///
    /// # Errors
    /// When the template fails.
    pub fn service_account(&self, page: &ServiceAccountPage) -> Result<String, PageError> {
        self.render(page)
    }
}

#[cfg(test)]
fn roles() -> Vec<TickedRole> {
    vec![TickedRole { name: "Admin".into(), ticked: false }, TickedRole { name: "Member".into(), ticked: true }]
}

impl Page for ServiceAccounts {
    const TEMPLATE: &'static str = "console/service_accounts.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let account = ServiceAccountLine {
            name: "backup".into(),
            username: "service.home-lab.backup".into(),
            roles: vec!["Member".into()],
            disabled: false,
            href: "/console/organizations/home-lab/service-accounts/1".into(),
        };
        let other = ServiceAccountLine { roles: Vec::new(), disabled: true, ..account.clone() };
        let full = Self {
            shell: Shell::sample_of_organization(),
            path: "/console/organizations/home-lab/service-accounts".into(),
            name: Field::wrong("Backup", "A name is lower-case letters."),
            roles: roles(),
            accounts: vec![account, other],
        };
        vec![Self { accounts: Vec::new(), name: Field::default(), ..full.clone() }, full]
    }
}

impl Page for ServiceAccountPage {
    const TEMPLATE: &'static str = "console/service_account.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let [tokens, none] = TokensOfPrograms::samples();
        let subject = SubjectLine {
            issuer: "https://ci.example.com".into(),
            claim: "sub",
            subject: "repo:home/app:ref:refs/heads/main".into(),
        };
        let full = Self {
            shell: Shell::sample_of_organization(),
            path: "/console/organizations/home-lab/service-accounts/1".into(),
            list: "/console/organizations/home-lab/service-accounts".into(),
            name: "backup".into(),
            username: "service.home-lab.backup".into(),
            disabled: true,
            roles: roles(),
            tokens,
            subjects: vec![subject],
            issuer: Field::wrong("ci", "An issuer is a URL."),
            claim: Picked::of("client_id"),
            subject: Field::wrong("", "A subject is 1 to 512 bytes."),
        };
        let bare = Self {
            disabled: false,
            tokens: none,
            subjects: Vec::new(),
            issuer: Field::default(),
            subject: Field::default(),
            ..full.clone()
        };
        vec![full, bare]
    }
}

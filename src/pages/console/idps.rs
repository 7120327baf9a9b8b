//! Identity providers: the list, where a new one begins, and one of them.

use serde::Serialize;

use super::{Field, Shell};
use crate::pages::{Page, PageError, Pages};

/// The IdPs of the server, or of an organization.
#[derive(Clone, Debug, Serialize)]
pub struct Idps {
    /// What stands around it.
    pub shell: Shell,
    /// Where they are.
    pub base: String,
    /// The IdPs, in order of name.
    pub rows: Vec<ListedIdp>,
    /// Whether they are an organization's own.
    pub owned: bool,
}

/// An IdP in the list.
#[derive(Clone, Debug, Serialize)]
pub struct ListedIdp {
    /// Its slug.
    pub id: String,
    /// What the sign-in page calls it.
    pub name: String,
    /// The host of its issuer.
    pub host: String,
    /// Whether a first sign-in makes the account.
    pub auto_provision: bool,
    /// To how many organizations it is delegated.
    pub delegates: usize,
    /// Whether the file declares it.
    pub declared: bool,
    /// Whether anybody can sign in there.
    pub live: bool,
}

/// Which kind of provider a new IdP is.
#[derive(Clone, Debug, Serialize)]
pub struct IdpKinds {
    /// What stands around it.
    pub shell: Shell,
    /// The kinds.
    pub kinds: Vec<IdpKind>,
    /// Where to go instead.
    pub cancel: String,
}

/// A kind of provider.
#[derive(Clone, Debug, Serialize)]
pub struct IdpKind {
    /// What it is called.
    pub name: String,
    /// Where setting it up begins.
    pub href: String,
}

/// Where a new IdP is, and what it shall be called.
#[derive(Clone, Debug, Serialize)]
pub struct IdpStart {
    /// What stands around it.
    pub shell: Shell,
    /// The kind of provider.
    pub preset: String,
    /// What that is called.
    pub kind_name: String,
    /// What to do at the provider, which may be first: some have no issuer before a client is registered.
    pub steps: Vec<String>,
    /// Where browsers come back to, with the id as it stands; absent if it is none.
    pub redirect_uri: Option<String>,
    /// The name for the sign-in page.
    pub name: Field,
    /// The slug.
    pub id: Field,
    /// The issuer.
    pub issuer: Field,
    /// What issuers of that kind look like.
    pub issuer_hint: String,
    /// Where it is sent.
    pub action: String,
    /// Where to go instead.
    pub cancel: String,
}

/// One IdP.
#[derive(Clone, Debug, Serialize)]
pub struct IdpPage {
    /// What stands around it.
    pub shell: Shell,
    /// Its slug.
    pub id: String,
    /// What the sign-in page calls it.
    pub name: String,
    /// Where it is in the console.
    pub base: String,
    /// Its issuer.
    pub issuer: String,
    /// Our client id there.
    pub client_id: String,
    /// Where browsers come back to.
    pub redirect_uri: String,
    /// What a first sign-in does.
    pub provisioning: String,
    /// What is said of it beside that, in pairs.
    pub facts: Vec<(&'static str, String)>,
    /// The organizations whose admins may write policies at it.
    pub delegates: Vec<String>,
    /// How many people are known there.
    pub people: String,
    /// Where its policy is.
    pub policy: String,
    /// Where a test sign-in starts; absent: there is none.
    pub test: Option<String>,
    /// Whether the file declares it.
    pub declared: bool,
    /// Whether anybody can sign in there.
    pub live: bool,
}

impl Pages {
    /// The IdPs of the server, or of an organization.
    ///
    /// # Errors
    /// When the template fails.
    pub fn idps(&self, page: &Idps) -> Result<String, PageError> {
        self.render(page)
    }

    /// Which kind of provider a new IdP is.
    ///
    /// # Errors
    /// When the template fails.
    pub fn idp_kinds(&self, page: &IdpKinds) -> Result<String, PageError> {
        self.render(page)
    }

    /// Where a new IdP is.
    ///
    /// # Errors
    /// When the template fails.
    pub fn idp_start(&self, page: &IdpStart) -> Result<String, PageError> {
        self.render(page)
    }

    /// One IdP.
    ///
    /// # Errors
    /// When the template fails.
    pub fn idp(&self, page: &IdpPage) -> Result<String, PageError> {
        self.render(page)
    }
}

impl Page for Idps {
    const TEMPLATE: &'static str = "console/idps.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let row = |id: &str, name: &str, declared, live, delegates| ListedIdp {
            id: id.into(),
            name: name.into(),
            host: format!("{id}.example.com"),
            auto_provision: live,
            delegates,
            declared,
            live,
        };
        let full = Self {
            shell: Shell::sample(),
            base: "/console/idps".into(),
            rows: vec![row("company", "Company login", true, true, 1), row("partners", "Partners", false, false, 0)],
            owned: false,
        };
        let none = Self { rows: Vec::new(), ..full.clone() };
        let owned = Self { shell: Shell::sample_of_organization(), owned: true, ..none.clone() };
        vec![full, none, owned]
    }
}

impl Page for IdpKinds {
    const TEMPLATE: &'static str = "console/idp_kinds.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let kinds = vec![IdpKind { name: "Keycloak".into(), href: "/console/idps/_new?preset=keycloak".into() }];
        vec![Self { shell: Shell::sample(), kinds, cancel: "/console/idps".into() }]
    }
}

impl Page for IdpStart {
    const TEMPLATE: &'static str = "console/idp_start.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let first = Self {
            shell: Shell::sample(),
            preset: "keycloak".into(),
            kind_name: "Keycloak".into(),
            steps: vec!["Create a client.".into()],
            redirect_uri: None,
            name: Field::of("Company login"),
            id: Field::wrong("Company", "an id is lower-case letters"),
            issuer: Field::wrong("https://id.example.com", "discovery answered 404"),
            issuer_hint: "https://id.example.com/realms/main".into(),
            action: "/console/idps/_new".into(),
            cancel: "/console/idps".into(),
        };
        let redirect_uri = Some("https://login.example.com/login/company/callback".into());
        vec![Self { redirect_uri, id: Field::of("company"), ..first.clone() }, first]
    }
}

impl Page for IdpPage {
    const TEMPLATE: &'static str = "console/idp.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let full = Self {
            shell: Shell::sample(),
            id: "company".into(),
            name: "Company login".into(),
            base: "/console/idps/company".into(),
            issuer: "https://id.example.com/realms/main".into(),
            client_id: "vestibule".into(),
            redirect_uri: "https://login.example.com/login/company/callback".into(),
            provisioning: "A first sign-in makes the account.".into(),
            facts: vec![("Identifier", "sub".into())],
            delegates: vec!["Home lab".into(), "Office".into()],
            people: "1,000 or more".into(),
            policy: "/console/idps/company/policy".into(),
            test: Some("/login/company/test".into()),
            declared: false,
            live: true,
        };
        let disabled = Self { live: false, test: None, delegates: Vec::new(), ..full.clone() };
        let declared = Self { declared: true, ..full.clone() };
        vec![full, disabled.clone(), Self { declared: true, ..disabled }, declared]
    }
}

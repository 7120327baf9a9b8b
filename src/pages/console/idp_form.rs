//! The form of an identity provider.

use serde::Serialize;

use super::{Field, Picked, Shell};
use crate::pages::{Page, PageError, Pages};

/// An IdP, to be made or changed.
#[derive(Clone, Debug, Serialize)]
pub struct IdpForm {
    /// What stands around it.
    pub shell: Shell,
    /// Its slug, which is chosen by now.
    pub id: String,
    /// What is wrong that no field can be blamed for.
    pub problem: Option<String>,
    /// What to do at the provider, if it is of a known kind and new.
    pub steps: Vec<String>,
    /// The kind it is of.
    pub preset: String,
    /// Where browsers come back to.
    pub redirect_uri: String,
    /// What the provider tells of itself, if it was asked just now.
    pub found: Option<Found>,
    /// What is said.
    pub fields: IdpFields,
    /// The client secret.
    pub secret: SecretField,
    /// What only global IdPs have.
    pub global: Option<GlobalFields>,
    /// Where a sign-in is tried, as it is kept; absent if it cannot be.
    pub test: Option<String>,
    /// What it was like when the form was made; absent: it is new.
    pub revision: Option<String>,
    /// Where it is sent.
    pub action: String,
    /// Where to go instead.
    pub cancel: String,
}

/// What a provider tells of itself.
#[derive(Clone, Debug, Serialize)]
pub struct Found {
    /// What was found, in pairs.
    pub facts: Vec<(&'static str, String)>,
    /// What does not fit.
    pub doubts: Vec<String>,
}

/// What is said of every IdP.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct IdpFields {
    /// What the sign-in page calls it.
    pub name: Field,
    /// Its issuer.
    pub issuer: Field,
    /// Our client id there.
    pub client_id: Field,
    /// How we authenticate there.
    pub client_auth: Picked,
    /// The scopes asked for, separated by spaces.
    pub scopes: Field,
    /// The path of the account key.
    pub identifier: Field,
    /// The path of the e-mail address.
    pub email: Field,
    /// The path of the name people go by.
    pub display_name: Field,
    /// The path of the username.
    pub username: Field,
    /// Claims that are always arrays, one a line.
    pub list_claims: Field,
    /// Claims whose absence is an error, one a line.
    pub required_claims: Field,
    /// Whether applications are told addresses that are not verified.
    pub email_trusted: bool,
    /// Whether a first sign-in makes the account.
    pub auto_provision: bool,
    /// Whether somebody without any grant is refused.
    pub require_match: bool,
    /// What becomes of grants when a selector fails.
    pub on_error: Picked,
    /// For how many hours they are kept.
    pub keep_for: Field,
    /// Most new accounts in an hour.
    pub new_accounts: Field,
    /// After how many minutes claims are fetched again; empty: never.
    pub refresh_claims: Field,
    /// Whether signing out here is signing out there.
    pub sign_out_at_provider: bool,
}

/// The client secret: what was typed is never shown again.
#[derive(Clone, Debug, Default, Serialize)]
pub struct SecretField {
    /// Whether one is kept.
    pub kept: bool,
    /// The one that was typed, sealed.
    pub sealed: Option<String>,
    /// What is wrong with it and what to do.
    pub error: Option<String>,
}

/// What only global IdPs have.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct GlobalFields {
    /// The selector that makes server admins.
    pub server_admin: Field,
    /// Organizations whose admins may write policies, one a line.
    pub delegate_to: Field,
    /// The claims that they see, one a line.
    pub delegated_claims: Field,
}

impl Pages {
    /// The form of an IdP.
    ///
    /// # Errors
    /// When the template fails.
    pub fn idp_form(&self, page: &IdpForm) -> Result<String, PageError> {
        self.render(page)
    }
}

impl Page for IdpForm {
    const TEMPLATE: &'static str = "console/idp_form.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let fields = IdpFields {
            name: Field::of("Company login"),
            issuer: Field::wrong("http://id.example.com", "an issuer is an https URL"),
            client_id: Field::of("vestibule-client"),
            client_auth: Picked::of("post"),
            scopes: Field::of("openid profile"),
            identifier: Field::wrong("oid[", "not a selector"),
            email: Field::of("upn"),
            display_name: Field::of("cn"),
            username: Field::of("login_name"),
            list_claims: Field::of("groups_direct"),
            required_claims: Field::of("amr"),
            email_trusted: true,
            auto_provision: true,
            require_match: true,
            on_error: Picked::of("keep"),
            keep_for: Field::of("24"),
            new_accounts: Field::of("1000"),
            refresh_claims: Field::wrong("often", "write a number"),
            sign_out_at_provider: true,
        };
        let new = Self {
            shell: Shell::sample(),
            id: "company".into(),
            problem: Some("It has been changed meanwhile.".into()),
            steps: vec!["Create a client.".into(), "Copy its secret.".into()],
            preset: "keycloak".into(),
            redirect_uri: "https://login.example.com/login/company/callback".into(),
            found: Some(Found {
                facts: vec![("Token endpoint", "https://id.example.com/token".into())],
                doubts: vec!["It publishes no key that can be used.".into()],
            }),
            fields,
            secret: SecretField { kept: false, sealed: None, error: Some("Type the client secret.".into()) },
            global: Some(GlobalFields {
                server_admin: Field::of("is_chief"),
                delegate_to: Field::of("home-lab"),
                delegated_claims: Field::of("departments"),
            }),
            test: None,
            revision: None,
            action: "/console/idps/_new".into(),
            cancel: "/console/idps".into(),
        };
        let known = Self {
            shell: Shell::sample_of_organization(),
            problem: None,
            steps: Vec::new(),
            found: None,
            secret: SecretField { kept: true, ..SecretField::default() },
            global: None,
            test: Some("/login/company/test".into()),
            revision: Some("0123456789abcdef".into()),
            ..new.clone()
        };
        let sealed = SecretField { sealed: Some("sealed-by-us".into()), ..SecretField::default() };
        let fine = Some(Found { facts: vec![("Keys", "2".into())], doubts: Vec::new() });
        vec![Self { secret: sealed, found: fine, ..known.clone() }, new, known]
    }
}

//! `[[idp]]`.

use std::time::Duration;

use secrecy::SecretString;

use crate::identity::{
    ClientAuth, DEFAULT_KEEP_FOR, DEFAULT_LIST_CLAIMS, DEFAULT_NEW_ACCOUNTS, DEFAULT_SCOPES, IdpId, IdpSpec, Invalid,
    Issuer, LEAST_REFRESH, OnError, OrganizationId, PolicyText, ProfilePaths, text,
};

use super::case;
use super::list::{At, values as plain};
use super::section::Section;
use super::values;
use crate::policy::{Case, check_path, check_selector};

/// One `[[idp]]`, as far as it could be read.
pub(super) struct IdpDraft {
    pub(super) path: String,
    pub(super) id: Option<IdpId>,
    pub(super) owner: Option<OrganizationId>,
    pub(super) delegate_to: Vec<At<OrganizationId>>,
    pub(super) secret: Option<SecretString>,
    pub(super) spec: Option<IdpSpec>,
    pub(super) cases: Vec<(String, Case)>,
}

/// Reads every `[[idp]]`.
pub(super) fn idps(root: &mut Section<'_>) -> Vec<IdpDraft> {
    root.entries("idp", Some("id")).into_iter().map(idp).collect()
}

fn idp(mut section: Section<'_>) -> IdpDraft {
    let path = section.path.clone();
    let id = section.required("id", "give it a short name that never changes, such as company", IdpId::parse);
    let name = section.required("name", "write what the sign-in page shall call it", text::label);
    let owner = section.text("owner", OrganizationId::parse);
    let issuer =
        section.required("issuer", "write the provider's issuer URL, exactly as it names itself", Issuer::parse);
    let client_id = section.required("client_id", "write the id the provider gave this client", text::client_id);
    let (client_auth, secret) = client_auth(&mut section);
    let scopes = scopes(&mut section);
    let profile = profile(&mut section);
    let email_trusted = section.flag("email_trusted", false);
    let required_claims = section.list("required_claims", text::claim).unwrap_or_default();
    let list_claims = texts_or(&mut section, "list_claims", &DEFAULT_LIST_CLAIMS, text::claim);
    let auto_provision = section.flag("auto_provision", false);
    let new_accounts_per_hour = section.count("new_accounts_per_hour", DEFAULT_NEW_ACCOUNTS);
    let require_match = section.flag("require_match", false);
    let on_error = on_error(&mut section);
    let refresh_claims = section.text("refresh_claims", refresh_claims);
    let sign_out_at_provider = section.flag("sign_out_at_provider", false);
    let default_policy = default_policy(&mut section);
    let delegate_to = section.list("delegate_to", OrganizationId::parse).unwrap_or_default();
    let delegated_claims = plain(&section.list("delegated_claims", text::claim).unwrap_or_default());
    let cases = case::of_idp(&mut section);
    if owner.is_some() && profile.server_admin.is_some() {
        section.refuse(
            "server_admin",
            "an organization's own IdP names no server admins; remove this key, or `owner` if all may use the IdP",
        );
    }
    if owner.is_some() && !delegate_to.is_empty() {
        section.refuse("delegate_to", "an organization's own IdP is its own business already; remove this key");
    }
    let spec = (|| {
        Some(IdpSpec {
            id: id.clone()?,
            name: name?,
            owner: owner.clone(),
            issuer: issuer?,
            client_id: client_id?,
            client_auth,
            scopes,
            profile,
            email_trusted,
            required_claims: plain(&required_claims),
            list_claims,
            auto_provision,
            new_accounts_per_hour,
            require_match,
            on_error,
            refresh_claims,
            sign_out_at_provider,
            default_policy,
            delegate_to: plain(&delegate_to),
            delegated_claims,
        })
    })();
    section.finish();
    IdpDraft { path, id, owner, delegate_to, secret, spec, cases }
}

fn client_auth(section: &mut Section<'_>) -> (ClientAuth, Option<SecretString>) {
    let choices = [("basic", ClientAuth::Basic), ("post", ClientAuth::Post), ("none", ClientAuth::None)];
    let before = section.report.count();
    let auth = section.choice("client_auth", &choices, ClientAuth::default());
    let secret = section.secret("client_secret", "client_secret_file");
    let understood = section.report.count() == before;
    match (auth, &secret) {
        (ClientAuth::None, Some(_)) => section.refuse(
            "client_auth",
            "is none, a client without a secret, yet a secret is given; remove the secret, or write basic or post",
        ),
        (ClientAuth::Basic | ClientAuth::Post, None) if understood => {
            let or_set = section.variable("client_secret").map(|name| format!(", or set {name} or {name}_FILE"));
            let or_set = or_set.unwrap_or_default();
            section.refuse("client_secret", format!("is missing; name its file in client_secret_file{or_set}"));
        }
        _ => {}
    }
    (auth, secret)
}

fn scopes(section: &mut Section<'_>) -> Vec<String> {
    let scopes = texts_or(section, "scopes", &DEFAULT_SCOPES, text::scope);
    if !scopes.iter().any(|scope| scope == "openid") {
        section.refuse("scopes", "`openid` is missing, without which there is no sign-in; add it");
    }
    scopes
}

fn profile(section: &mut Section<'_>) -> ProfilePaths {
    let usual = ProfilePaths::default();
    let mut path = |key, usual| section.text(key, checked_path).unwrap_or(usual);
    ProfilePaths {
        identifier: path("identifier", usual.identifier),
        email: path("email", usual.email),
        display_name: path("display_name", usual.display_name),
        username: path("username", usual.username),
        server_admin: section.text("server_admin", checked_path),
    }
}

fn on_error(section: &mut Section<'_>) -> OnError {
    #[derive(Clone, Copy)]
    enum Word {
        Revoke,
        Keep,
    }
    let word = section.choice("on_error", &[("revoke", Word::Revoke), ("keep", Word::Keep)], Word::Revoke);
    let keep_for = section.text("keep_for", values::duration);
    match (word, keep_for) {
        (Word::Keep, keep_for) => OnError::Keep { keep_for: keep_for.unwrap_or(DEFAULT_KEEP_FOR) },
        (Word::Revoke, None) => OnError::Revoke,
        (Word::Revoke, Some(_)) => {
            section.refuse("keep_for", "says nothing while on_error is revoke; write on_error = \"keep\" or remove it");
            OnError::Revoke
        }
    }
}

fn refresh_claims(text: &str) -> Result<Duration, String> {
    let every = values::duration(text)?;
    let too_often = || "would ask the provider about everybody all the time; write 1m or more".to_owned();
    (every >= LEAST_REFRESH).then_some(every).ok_or_else(too_often)
}

fn default_policy(section: &mut Section<'_>) -> PolicyText {
    let mut section = section.section("default_policy");
    let text = policy_text(&mut section);
    section.finish();
    text
}

/// Reads the pair of selectors of a policy.
pub(super) fn policy_text(section: &mut Section<'_>) -> PolicyText {
    PolicyText { org: section.text("org", checked_selector), role: section.text("role", checked_selector) }
}

fn checked_path(text: &str) -> Result<String, String> {
    check_path(text).map(|()| text.to_owned()).map_err(|error| error.in_full(text))
}

fn checked_selector(text: &str) -> Result<String, String> {
    check_selector(text).map(|()| text.to_owned()).map_err(|error| error.in_full(text))
}

fn texts_or(
    section: &mut Section<'_>,
    key: &'static str,
    default: &[&str],
    parse: impl Fn(&str) -> Result<String, Invalid>,
) -> Vec<String> {
    match section.list(key, parse) {
        Some(list) => plain(&list),
        None => default.iter().map(|&text| text.to_owned()).collect(),
    }
}

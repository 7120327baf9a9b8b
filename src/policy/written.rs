//! What is wrong with an IdP as it is written down, part by part: the same wherever it comes from by hand.

use super::{check_path, check_selector};
use crate::identity::{IdpSpec, Invalid, LEAST_REFRESH, OnError, text};

/// Most scopes, and most claims in a list: a form of ours shows them all.
const MAX_NAMES: usize = 50;

/// Something that is wrong with an IdP, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdpFlaw {
    /// The part, as the configuration file calls it.
    pub part: &'static str,
    /// What, in words for whoever wrote it.
    pub what: String,
}

/// Everything that is wrong with an IdP that no part of it can know of itself.
pub fn idp_flaws(spec: &IdpSpec) -> Vec<IdpFlaw> {
    let mut flaws = Vec::new();
    let mut check = |part, result: Result<(), String>| flaws.extend(result.err().map(|what| IdpFlaw { part, what }));
    let told = |result: Result<String, Invalid>| result.map(drop).map_err(|error| error.to_string());
    let profile = &spec.profile;
    check("name", told(text::label(&spec.name)));
    check("client_id", told(text::client_id(&spec.client_id)));
    check("scopes", names(&spec.scopes, text::scope));
    if !spec.scopes.iter().any(|scope| scope == "openid") {
        check("scopes", Err("openid is missing, without which there is no sign-in: add it".to_owned()));
    }
    for (part, path) in [
        ("identifier", Some(&profile.identifier)),
        ("email", Some(&profile.email)),
        ("display_name", Some(&profile.display_name)),
        ("username", Some(&profile.username)),
        ("server_admin", profile.server_admin.as_ref()),
    ] {
        check(part, path.map_or(Ok(()), |path| check_path(path).map_err(|error| error.to_string())));
    }
    check("list_claims", names(&spec.list_claims, text::claim));
    check("required_claims", names(&spec.required_claims, text::claim));
    check("delegated_claims", names(&spec.delegated_claims, text::claim));
    if spec.new_accounts_per_hour == 0 {
        let what = "nobody new could ever get in: write 1 or more, or switch auto provision off";
        check("new_accounts_per_hour", Err(what.to_owned()));
    }
    if matches!(spec.on_error, OnError::Keep { keep_for } if keep_for.is_zero()) {
        check("keep_for", Err("is no time at all: write for how long roles are kept".to_owned()));
    }
    if spec.refresh_claims.is_some_and(|every| every < LEAST_REFRESH) {
        check(
            "refresh_claims",
            Err("would ask the provider about everybody all the time: a minute or more".to_owned()),
        );
    }
    if spec.owner.is_some() && profile.server_admin.is_some() {
        check("server_admin", Err("an organization's own IdP names no server admins: leave it out".to_owned()));
    }
    if spec.owner.is_some() && !spec.delegate_to.is_empty() {
        check("delegate_to", Err("an organization's own IdP is its own business: leave it out".to_owned()));
    }
    for selector in [&spec.default_policy.org, &spec.default_policy.role].into_iter().flatten() {
        check("default_policy", check_selector(selector).map_err(|error| error.to_string()));
    }
    flaws
}

fn names(names: &[String], check: impl Fn(&str) -> Result<String, Invalid>) -> Result<(), String> {
    if names.len() > MAX_NAMES {
        return Err(format!("too many: at most {MAX_NAMES} are taken"));
    }
    names.iter().try_for_each(|name| check(name).map(drop).map_err(|error| format!("{name}: {error}")))
}

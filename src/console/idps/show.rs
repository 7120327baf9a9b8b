//! Pages that only show: the list, the kinds, one IdP.

use super::BELOW;
use super::form::auth_word;
use super::preset::{PRESETS, Preset};
use crate::base::Addresses;
use crate::console::answer::{Answer, page};
use crate::console::here::Here;
use crate::directory::{IdpSummary, MANY_PEOPLE, ManagedIdp};
use crate::identity::{IdpId, IdpSpec, OnError, PublicUrl};
use crate::pages::{Field, IdpKind, IdpKinds, IdpPage, IdpStart, Idps, ListedIdp};

/// `GET …/idps`
pub(in crate::console) async fn list(here: Here) -> Answer {
    let row = |idp: IdpSummary| ListedIdp {
        id: idp.spec.id.to_string(),
        name: idp.spec.name,
        host: idp.spec.issuer.host().to_owned(),
        auto_provision: idp.spec.auto_provision,
        delegates: idp.delegates,
        declared: idp.declared,
        live: idp.live,
    };
    Ok(page(here.pages().idps(&Idps {
        shell: here.idps_shell(),
        base: here.path(BELOW),
        rows: here.admin().idps().await?.into_iter().map(row).collect(),
        owned: here.organization.is_some(),
    })))
}

/// `GET …/idps/_new`: the kinds of providers, or with `preset` where one is.
pub(in crate::console) async fn kinds(here: Here) -> Answer {
    if let Some(preset) = here.query.text("preset") {
        let preset = Preset::of(preset);
        let id = here.owner_id().map_or_else(|| preset.id.to_owned(), |owner| format!("{owner}-{}", preset.id));
        let issuer = if preset.only { preset.issuer } else { "" };
        let name = if preset.id == "other" { "" } else { preset.name };
        let start = here.idp_start(preset, [Field::of(name), Field::of(id), Field::of(issuer)]);
        return Ok(page(here.pages().idp_start(&start)));
    }
    let base = here.path(BELOW);
    let kind =
        |preset: &Preset| IdpKind { name: preset.name.to_owned(), href: format!("{base}/_new?preset={}", preset.id) };
    Ok(page(here.pages().idp_kinds(&IdpKinds {
        shell: here.idps_shell(),
        kinds: PRESETS.iter().map(kind).collect(),
        cancel: base.clone(),
    })))
}

/// `GET …/idps/{idp}`
pub(in crate::console) async fn show(here: Here) -> Answer {
    let (idp, live) = (here.idp().await?, here.console.live());
    let delegates = idp.delegates.iter().filter_map(|key| live.catalogue.organization(*key));
    let id = &idp.spec.id;
    let policy = match &here.organization {
        Some(_) => here.path(&format!("/policies/{id}")),
        None => here.path(&format!("{BELOW}/{id}/policy")),
    };
    Ok(page(here.pages().idp(&IdpPage {
        shell: here.idps_shell(),
        id: id.to_string(),
        name: idp.spec.name.clone(),
        base: here.idp_page(id),
        issuer: idp.spec.issuer.to_string(),
        client_id: idp.spec.client_id.clone(),
        redirect_uri: here.console.web.public_url.redirect_uri(id),
        provisioning: provisioning(&idp.spec).to_owned(),
        facts: facts(&idp, &here.console.web.public_url),
        delegates: delegates.map(|organization| organization.name.clone()).collect(),
        people: people(idp.people),
        policy,
        test: test_of(&idp),
        declared: idp.declared,
        live: idp.live,
    })))
}

impl Here {
    /// Where a new IdP is: name, id and issuer.
    pub(super) fn idp_start(&self, preset: &Preset, [name, id, issuer]: [Field; 3]) -> IdpStart {
        let redirect_uri = |id| self.console.web.public_url.redirect_uri(&id);
        IdpStart {
            shell: self.idps_shell(),
            steps: preset.steps.iter().map(|&step| step.to_owned()).collect(),
            redirect_uri: IdpId::parse(&id.value).ok().map(redirect_uri),
            preset: preset.id.to_owned(),
            kind_name: preset.name.to_owned(),
            name,
            id,
            issuer,
            issuer_hint: preset.issuer.to_owned(),
            action: self.path(&format!("{BELOW}/_new")),
            cancel: self.path(BELOW),
        }
    }
}

/// Where a sign-in at it is tried, if it can be.
pub(super) fn test_of(idp: &ManagedIdp) -> Option<String> {
    (idp.live || !idp.declared).then(|| format!("/login/{}/test", idp.spec.id))
}

/// What a first sign-in does.
const fn provisioning(spec: &IdpSpec) -> &'static str {
    match (spec.auto_provision, spec.require_match) {
        (false, _) => "Auto provision is off: only who was made beforehand gets in, with the roles given by hand.",
        (true, false) => "A first sign-in makes the account. The policies give its roles, and take them back.",
        (true, true) => {
            "A first sign-in makes the account and the policies give its roles; whoever would hold none is refused."
        }
    }
}

/// How many are known, in words.
pub(super) fn people(count: u32) -> String {
    match count {
        0 => "Nobody is known there yet.".to_owned(),
        1 => "1 person is known or awaited there.".to_owned(),
        MANY_PEOPLE.. => "1,000 people or more are known or awaited there.".to_owned(),
        count => format!("{count} people are known or awaited there."),
    }
}

fn facts(idp: &ManagedIdp, ours: &PublicUrl) -> Vec<(&'static str, String)> {
    let spec = &idp.spec;
    let hours = |duration: std::time::Duration| duration.as_secs().div_ceil(3_600);
    let mut facts = vec![
        ("Client authentication", auth_word(spec.client_auth).to_owned()),
        ("Scopes", spec.scopes.join(" ")),
        ("Identifier", spec.profile.identifier.clone()),
        ("Username", spec.profile.username.clone()),
        ("E-mail", spec.profile.email.clone()),
        ("Name people go by", spec.profile.display_name.clone()),
    ];
    let mut add = |name, value: String| facts.extend((!value.is_empty()).then_some((name, value)));
    add("List claims", spec.list_claims.join(", "));
    add("Required claims", spec.required_claims.join(", "));
    add("Server admins", spec.profile.server_admin.clone().unwrap_or_default());
    add("Claims that delegates see", spec.delegated_claims.join(", "));
    let on_error = match spec.on_error {
        OnError::Revoke => "the roles it gave end".to_owned(),
        OnError::Keep { keep_for } => format!("the roles it gave are kept for {} hours", hours(keep_for)),
    };
    add("When a selector fails", on_error);
    add("Most new accounts an hour", spec.new_accounts_per_hour.to_string());
    if let Some(every) = spec.refresh_claims {
        add("Asked again", format!("every {} minutes of a session", every.as_secs().div_ceil(60)));
    }
    if spec.sign_out_at_provider {
        add("Signing out here", "is signing out at the provider too".to_owned());
        add("Address after signing out there", ours.signed_out());
    }
    let [back, front] = ours.logout_uris(&spec.id);
    add("Back-channel logout", back);
    add("Front-channel logout", front);
    if idp.addresses == Addresses::Public {
        add("Looked for", "at public addresses alone".to_owned());
    }
    facts
}

//! From an IdP to its form and back.

use std::time::Duration;

use super::preset::Preset;
use crate::directory::{Live, ManagedIdp};
use crate::identity::{
    ClientAuth, DEFAULT_KEEP_FOR, DEFAULT_LIST_CLAIMS, DEFAULT_NEW_ACCOUNTS, DEFAULT_SCOPES, IdpId, IdpSpec, Issuer,
    OnError, OrganizationId, PolicyText, ProfilePaths,
};
use crate::oidc::Preview;
use crate::pages::{Field, GlobalFields, IdpFields, Picked};
use crate::policy::idp_flaws;
use crate::web::Fields;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
/// Longest between two times that claims are fetched: no session lasts longer than a week, as a rule.
const MAX_MINUTES: u64 = 7 * 24 * 60;
/// Longest that roles are kept: a year. Whoever needs more means another setting.
const MAX_HOURS: u64 = 24 * 366;

/// An IdP on its way through a form.
pub(super) struct Draft {
    pub(super) fields: IdpFields,
    /// What only global ones have.
    pub(super) global: Option<GlobalFields>,
    /// What it is, if nothing is wrong with it.
    pub(super) spec: Option<IdpSpec>,
}

impl Draft {
    /// A new one, as far as it is known by now.
    pub(super) fn new(
        preset: &Preset,
        (id, owner): (&IdpId, Option<&OrganizationId>),
        name: &str,
        issuer: &Issuer,
    ) -> Self {
        let lists = DEFAULT_LIST_CLAIMS.iter().chain(preset.lists);
        let usual = ProfilePaths::default();
        let spec = IdpSpec {
            id: id.clone(),
            name: name.to_owned(),
            owner: owner.cloned(),
            issuer: issuer.clone(),
            client_id: String::new(),
            client_auth: ClientAuth::default(),
            scopes: DEFAULT_SCOPES.map(str::to_owned).to_vec(),
            profile: ProfilePaths {
                identifier: preset.identifier.map_or(usual.identifier, str::to_owned),
                ..ProfilePaths::default()
            },
            email_trusted: false,
            required_claims: Vec::new(),
            list_claims: lists.map(|&name| name.to_owned()).collect(),
            auto_provision: false,
            new_accounts_per_hour: DEFAULT_NEW_ACCOUNTS,
            require_match: false,
            on_error: OnError::Revoke,
            refresh_claims: None,
            sign_out_at_provider: false,
            delegate_to: Vec::new(),
            delegated_claims: Vec::new(),
            default_policy: PolicyText::default(),
        };
        Self::of_spec(&spec)
    }

    /// One that is kept. Organizations that have gone are delegated to no more.
    pub(super) fn of(idp: &ManagedIdp, live: &Live) -> Self {
        let delegates = idp.delegates.iter().filter_map(|key| live.catalogue.organization(*key));
        let delegate_to = delegates.map(|organization| organization.id.clone()).collect();
        Self::of_spec(&IdpSpec { delegate_to, ..idp.spec.clone() })
    }

    fn of_spec(spec: &IdpSpec) -> Self {
        let (on_error, keep_for) = match spec.on_error {
            OnError::Revoke => ("revoke", DEFAULT_KEEP_FOR),
            OnError::Keep { keep_for } => ("keep", keep_for),
        };
        let fields = IdpFields {
            name: Field::of(&spec.name),
            issuer: Field::of(spec.issuer.as_str()),
            client_id: Field::of(&spec.client_id),
            client_auth: Picked::of(auth_word(spec.client_auth)),
            scopes: Field::of(spec.scopes.join(" ")),
            identifier: Field::of(&spec.profile.identifier),
            email: Field::of(&spec.profile.email),
            display_name: Field::of(&spec.profile.display_name),
            username: Field::of(&spec.profile.username),
            list_claims: Field::of(spec.list_claims.join("\n")),
            required_claims: Field::of(spec.required_claims.join("\n")),
            email_trusted: spec.email_trusted,
            auto_provision: spec.auto_provision,
            require_match: spec.require_match,
            on_error: Picked::of(on_error),
            keep_for: Field::of(keep_for.as_secs().div_ceil(HOUR).to_string()),
            new_accounts: Field::of(spec.new_accounts_per_hour.to_string()),
            refresh_claims: Field::of(
                spec.refresh_claims.map(|every| every.as_secs().div_ceil(MINUTE).to_string()).unwrap_or_default(),
            ),
            sign_out_at_provider: spec.sign_out_at_provider,
        };
        let global = spec.owner.is_none().then(|| GlobalFields {
            server_admin: Field::of(spec.profile.server_admin.clone().unwrap_or_default()),
            delegate_to: Field::of(spec.delegate_to.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")),
            delegated_claims: Field::of(spec.delegated_claims.join("\n")),
        });
        Self { fields, global, spec: Some(spec.clone()) }
    }

    /// Takes in what the provider tells of itself.
    pub(super) fn take(&mut self, preview: &Preview) {
        self.fields.issuer = Field::of(preview.issuer.as_str());
        self.fields.scopes = Field::of(preview.scopes.join(" "));
        if let Some(auth) = preview.client_auth {
            self.fields.client_auth = Picked::of(auth_word(auth));
        }
    }

    /// What a form says.
    pub(super) fn read(form: &Fields, id: &IdpId, owner: Option<&OrganizationId>, live: &Live) -> Self {
        let mut draft = Self::typed(form, owner.is_none());
        draft.spec = draft.parse(form, id, owner, live);
        let flaws = draft.spec.as_ref().map(idp_flaws).unwrap_or_default();
        for flaw in &flaws {
            if let Some(slot) = draft.error(flaw.part) {
                slot.get_or_insert_with(|| flaw.what.clone());
            }
        }
        if !flaws.is_empty() {
            draft.spec = None;
        }
        draft
    }

    /// The form as it was typed, with nothing wrong yet.
    pub(super) fn typed(form: &Fields, global: bool) -> Self {
        let field = |name| Field::of(form.typed(name).trim());
        let fields = IdpFields {
            name: field("name"),
            issuer: field("issuer"),
            client_id: field("client_id"),
            client_auth: Picked::of(auth_word(auth_of(form.typed("client_auth")))),
            scopes: field("scopes"),
            identifier: field("identifier"),
            email: field("email"),
            display_name: field("display_name"),
            username: field("username"),
            list_claims: field("list_claims"),
            required_claims: field("required_claims"),
            email_trusted: form.ticked("email_trusted"),
            auto_provision: form.ticked("auto_provision"),
            require_match: form.ticked("require_match"),
            on_error: Picked::of(if form.typed("on_error") == "keep" { "keep" } else { "revoke" }),
            keep_for: field("keep_for"),
            new_accounts: field("new_accounts_per_hour"),
            refresh_claims: field("refresh_claims"),
            sign_out_at_provider: form.ticked("sign_out_at_provider"),
        };
        let global = global.then(|| GlobalFields {
            server_admin: field("server_admin"),
            delegate_to: field("delegate_to"),
            delegated_claims: field("delegated_claims"),
        });
        Self { fields, global, spec: None }
    }

    /// What was typed as an IdP; what cannot be read is noted beside its field.
    fn parse(&mut self, form: &Fields, id: &IdpId, owner: Option<&OrganizationId>, live: &Live) -> Option<IdpSpec> {
        let fields = &mut self.fields;
        let issuer = noted(&mut fields.issuer, |text| Issuer::parse(text).map_err(|error| error.to_string()));
        let keep = fields.on_error.kind == "keep";
        let keep_for = noted(&mut fields.keep_for, |text| match text.parse() {
            Ok(hours @ 1..=MAX_HOURS) => Ok(Duration::from_secs(hours * HOUR)),
            _ if keep => Err(format!("write a number of hours, at most {MAX_HOURS}")),
            _ => Ok(DEFAULT_KEEP_FOR),
        });
        let new_accounts =
            noted(&mut fields.new_accounts, |text| text.parse().map_err(|_| "write a number, such as 1000".to_owned()));
        let refresh_claims = noted(&mut fields.refresh_claims, |text| match text.parse() {
            Ok(minutes @ 1..=MAX_MINUTES) => Ok(Some(Duration::from_secs(minutes * MINUTE))),
            _ if text.is_empty() => Ok(None),
            _ => Err(format!("write a number of minutes, at most {MAX_MINUTES}, or nothing")),
        });
        let delegate_to = match &mut self.global {
            None => Some(Vec::new()),
            Some(global) => noted(&mut global.delegate_to, |text| {
                text.lines().map(str::trim).filter(|line| !line.is_empty()).map(|line| known(live, line)).collect()
            }),
        };
        let path = |name| form.typed(name).trim().to_owned();
        let global = |name| self.global.as_ref().and_then(|_| form.text(name)).map(str::to_owned);
        Some(IdpSpec {
            id: id.clone(),
            name: form.typed("name").trim().to_owned(),
            owner: owner.cloned(),
            issuer: issuer?,
            client_id: form.typed("client_id").trim().to_owned(),
            client_auth: auth_of(form.typed("client_auth")),
            scopes: form.typed("scopes").split_whitespace().map(str::to_owned).collect(),
            profile: ProfilePaths {
                identifier: path("identifier"),
                email: path("email"),
                display_name: path("display_name"),
                username: path("username"),
                server_admin: global("server_admin"),
            },
            email_trusted: form.ticked("email_trusted"),
            required_claims: form.lines("required_claims"),
            list_claims: form.lines("list_claims"),
            auto_provision: form.ticked("auto_provision"),
            new_accounts_per_hour: new_accounts?,
            require_match: form.ticked("require_match"),
            on_error: if keep { OnError::Keep { keep_for: keep_for? } } else { OnError::Revoke },
            refresh_claims: refresh_claims?,
            sign_out_at_provider: form.ticked("sign_out_at_provider"),
            delegate_to: delegate_to?,
            delegated_claims: if self.global.is_some() { form.lines("delegated_claims") } else { Vec::new() },
            default_policy: PolicyText::default(),
        })
    }

    /// Where it is said what is wrong with that part.
    fn error(&mut self, part: &str) -> Option<&mut Option<String>> {
        let fields = &mut self.fields;
        Some(match (part, &mut self.global) {
            ("name", _) => &mut fields.name.error,
            ("client_id", _) => &mut fields.client_id.error,
            ("scopes", _) => &mut fields.scopes.error,
            ("identifier", _) => &mut fields.identifier.error,
            ("email", _) => &mut fields.email.error,
            ("display_name", _) => &mut fields.display_name.error,
            ("username", _) => &mut fields.username.error,
            ("list_claims", _) => &mut fields.list_claims.error,
            ("required_claims", _) => &mut fields.required_claims.error,
            ("new_accounts_per_hour", _) => &mut fields.new_accounts.error,
            ("keep_for", _) => &mut fields.keep_for.error,
            ("refresh_claims", _) => &mut fields.refresh_claims.error,
            ("server_admin", Some(global)) => &mut global.server_admin.error,
            ("delegate_to", Some(global)) => &mut global.delegate_to.error,
            ("delegated_claims", Some(global)) => &mut global.delegated_claims.error,
            _ => return None,
        })
    }
}

/// Reads a field, and notes beside it what is wrong.
fn noted<T>(field: &mut Field, read: impl Fn(&str) -> Result<T, String>) -> Option<T> {
    read(&field.value).map_err(|error| field.error = Some(error)).ok()
}

fn known(live: &Live, id: &str) -> Result<OrganizationId, String> {
    let found = live.catalogue.organizations.iter().find(|organization| organization.id.as_str() == id);
    found.map(|organization| organization.id.clone()).ok_or_else(|| format!("there is no organization {id}"))
}

/// The word of the file for it.
pub(super) const fn auth_word(auth: ClientAuth) -> &'static str {
    match auth {
        ClientAuth::Basic => "basic",
        ClientAuth::Post => "post",
        ClientAuth::None => "none",
    }
}

fn auth_of(word: &str) -> ClientAuth {
    match word {
        "post" => ClientAuth::Post,
        "none" => ClientAuth::None,
        _ => ClientAuth::Basic,
    }
}

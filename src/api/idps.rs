//! Identity providers: those of the whole server, and those of one organization's own. Both are written alike; where one
//! belongs is told by its address.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use http::{HeaderMap, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Api;
use super::answer::{Answer, Page, json, matches, must_match, one};
use super::ask::{Asked, At, Sent};
use super::edit::{ChangeQuery, Hands, Outcome, is_new};
use super::guard::Caller;
use super::refusal::Refusal;
use super::schema::Slug;
use crate::directory::{Edit, Expected, IdpSummary, ManagedIdp, SealedSecret, SecretEdit};
use crate::identity::{
    ClientAuth, DEFAULT_LIST_CLAIMS, DEFAULT_NEW_ACCOUNTS, DEFAULT_SCOPES, IdpId, IdpSpec, Issuer, OnError,
    OrganizationId, PolicyText, ProfilePaths,
};
use crate::policy::idp_flaws;

/// An identity provider.
#[derive(Serialize, JsonSchema)]
pub(super) struct Idp {
    #[schemars(with = "Slug")]
    id: IdpId,
    /// The organization it belongs to; null: it is for all.
    #[schemars(with = "Option<Slug>")]
    organization: Option<OrganizationId>,
    #[serde(flatten)]
    text: IdpText,
    /// Whether a client secret is kept for it. It is never shown.
    has_secret: bool,
    /// What the provider must be told to send people back to.
    redirect_uri: String,
    /// Whether anybody can sign in there.
    enabled: bool,
    /// Whether the configuration file declares it: then it is read-only here.
    declared: bool,
}

/// An identity provider in a list.
#[derive(Serialize, JsonSchema)]
pub(super) struct IdpLine {
    #[schemars(with = "Slug")]
    id: IdpId,
    /// What the sign-in page calls it.
    name: String,
    issuer: String,
    /// Whether anybody can sign in there.
    enabled: bool,
    /// Whether the configuration file declares it: then it is read-only here.
    declared: bool,
}

/// What is written down of an identity provider.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct IdpText {
    /// What the sign-in page calls it.
    name: String,
    /// Its issuer identifier: an https URL.
    #[schemars(with = "String")]
    issuer: Issuer,
    /// Our client id there.
    client_id: String,
    /// How we authenticate there.
    #[serde(default)]
    client_auth: Authentication,
    /// The client secret, where it changes. It is never shown again.
    #[serde(default, skip_serializing)]
    #[schemars(extend("writeOnly" = true))]
    client_secret: Option<String>,
    #[serde(default = "scopes")]
    scopes: Vec<String>,
    /// How a person is read out of the claims.
    #[serde(default)]
    profile: Profile,
    /// Whether applications are told an e-mail address that this IdP did not verify.
    #[serde(default)]
    email_trusted: bool,
    /// Claims whose absence is an error of every selector.
    #[serde(default)]
    required_claims: Vec<String>,
    /// Claims that selectors always see as arrays.
    #[serde(default = "list_claims")]
    list_claims: Vec<String>,
    /// Whether a first sign-in makes the account and runs the policies.
    #[serde(default)]
    auto_provision: bool,
    /// Most accounts that its sign-ins make within an hour.
    #[serde(default = "new_accounts")]
    #[schemars(range(min = 1))]
    new_accounts_per_hour: u32,
    /// Whether somebody without any role is refused.
    #[serde(default)]
    require_match: bool,
    /// For how many seconds roles are kept whose selector fails; null: they end.
    #[schemars(range(min = 1, max = MAX_KEEP_FOR))]
    keep_for: Option<u64>,
    /// Organizations whose admins may write their own policy here; only where it is for all.
    #[serde(default)]
    #[schemars(with = "Vec<Slug>")]
    delegate_to: Vec<OrganizationId>,
    /// The only claims that those admins see.
    #[serde(default)]
    delegated_claims: Vec<String>,
}

/// Longest that roles are kept: a year.
const MAX_KEEP_FOR: u64 = 366 * 24 * 60 * 60;

/// How we prove to the token endpoint who we are.
#[derive(Clone, Copy, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Authentication {
    /// `client_secret_basic`.
    #[default]
    Basic,
    /// `client_secret_post`.
    Post,
    /// A public client, held by PKCE alone.
    None,
}

/// JMESPath texts that read a person out of the claims.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Profile {
    /// The account key at this IdP.
    identifier: String,
    email: String,
    display_name: String,
    /// The username at creation.
    username: String,
    /// `true` makes a server admin; null: nobody. Only where it is for all.
    server_admin: Option<String>,
}

impl Default for Profile {
    fn default() -> Self {
        let ProfilePaths { identifier, email, display_name, username, server_admin } = ProfilePaths::default();
        Self { identifier, email, display_name, username, server_admin }
    }
}

fn scopes() -> Vec<String> {
    DEFAULT_SCOPES.map(str::to_owned).to_vec()
}

fn list_claims() -> Vec<String> {
    DEFAULT_LIST_CLAIMS.map(str::to_owned).to_vec()
}

const fn new_accounts() -> u32 {
    DEFAULT_NEW_ACCOUNTS
}

/// Whether an identity provider counts.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct IdpChange {
    /// Whether anybody can sign in there. Disabled, its sessions open nothing.
    enabled: bool,
}

impl From<&IdpSpec> for IdpText {
    fn from(spec: &IdpSpec) -> Self {
        let ProfilePaths { identifier, email, display_name, username, server_admin } = spec.profile.clone();
        Self {
            name: spec.name.clone(),
            issuer: spec.issuer.clone(),
            client_id: spec.client_id.clone(),
            client_auth: match spec.client_auth {
                ClientAuth::Basic => Authentication::Basic,
                ClientAuth::Post => Authentication::Post,
                ClientAuth::None => Authentication::None,
            },
            client_secret: None,
            scopes: spec.scopes.clone(),
            profile: Profile { identifier, email, display_name, username, server_admin },
            email_trusted: spec.email_trusted,
            required_claims: spec.required_claims.clone(),
            list_claims: spec.list_claims.clone(),
            auto_provision: spec.auto_provision,
            new_accounts_per_hour: spec.new_accounts_per_hour,
            require_match: spec.require_match,
            keep_for: match spec.on_error {
                OnError::Revoke => None,
                OnError::Keep { keep_for } => Some(keep_for.as_secs()),
            },
            delegate_to: spec.delegate_to.clone(),
            delegated_claims: spec.delegated_claims.clone(),
        }
    }
}

impl IdpText {
    fn spec(self, id: &IdpId, owner: Option<&OrganizationId>) -> IdpSpec {
        let Profile { identifier, email, display_name, username, server_admin } = self.profile;
        let keep_for = self.keep_for.map(|seconds| Duration::from_secs(seconds.min(MAX_KEEP_FOR)));
        IdpSpec {
            id: id.clone(),
            name: self.name,
            owner: owner.cloned(),
            issuer: self.issuer,
            client_id: self.client_id,
            client_auth: match self.client_auth {
                Authentication::Basic => ClientAuth::Basic,
                Authentication::Post => ClientAuth::Post,
                Authentication::None => ClientAuth::None,
            },
            scopes: self.scopes,
            profile: ProfilePaths { identifier, email, display_name, username, server_admin },
            email_trusted: self.email_trusted,
            required_claims: self.required_claims,
            list_claims: self.list_claims,
            auto_provision: self.auto_provision,
            new_accounts_per_hour: self.new_accounts_per_hour,
            require_match: self.require_match,
            on_error: keep_for.map_or(OnError::Revoke, |keep_for| OnError::Keep { keep_for }),
            delegate_to: self.delegate_to,
            delegated_claims: self.delegated_claims,
            // It has an address of its own.
            default_policy: PolicyText::default(),
        }
    }
}

impl From<IdpSummary> for IdpLine {
    fn from(idp: IdpSummary) -> Self {
        Self {
            id: idp.spec.id,
            name: idp.spec.name,
            issuer: idp.spec.issuer.to_string(),
            enabled: idp.live,
            declared: idp.declared,
        }
    }
}

/// Where an IdP belongs.
struct Place<'a> {
    hands: Hands<'a>,
    organization: Option<OrganizationId>,
}

impl Place<'_> {
    fn path(&self, id: &IdpId) -> String {
        match &self.organization {
            None => format!("/idps/{id}"),
            Some(organization) => format!("/organizations/{organization}/idps/{id}"),
        }
    }
}

impl Api {
    fn idps_of_server(&self, caller: &Caller) -> Result<Place<'_>, Refusal> {
        Ok(Place { hands: Hands::Server(self.server_admin(caller)?), organization: None })
    }

    fn idps_of(&self, caller: &Caller, organization: OrganizationId) -> Result<Place<'_>, Refusal> {
        let hands = self.hands(caller, &self.live(), &organization)?;
        Ok(Place { hands, organization: Some(organization) })
    }

    /// What is kept of an IdP of that place.
    async fn kept(&self, place: &Place<'_>, id: &IdpId) -> Result<ManagedIdp, Refusal> {
        let live = self.live();
        let found = match (place.hands, &place.organization) {
            (Hands::Server(admin), None) => admin.idp(id).await?,
            (Hands::Organization(admin), _) => admin.idp(id).await?,
            (Hands::Server(admin), Some(organization)) => {
                let organization = live.catalogue.organizations.iter().find(|other| other.id == *organization);
                admin.organization(organization.ok_or(Refusal::NotFound)?.key).idp(id).await?
            }
        };
        found.ok_or(Refusal::NotFound)
    }

    fn idp(&self, kept: &ManagedIdp) -> Idp {
        Idp {
            id: kept.spec.id.clone(),
            organization: kept.spec.owner.clone(),
            text: IdpText::from(&kept.spec),
            has_secret: kept.has_secret,
            redirect_uri: self.web.public_url.redirect_uri(&kept.spec.id),
            enabled: kept.live,
            declared: kept.declared,
        }
    }

    async fn put_idp(
        &self,
        place: Place<'_>,
        id: &IdpId,
        query: &ChangeQuery,
        headers: &HeaderMap,
        mut text: IdpText,
    ) -> Answer {
        let typed = text.client_secret.take();
        let spec = text.spec(id, place.organization.as_ref());
        let flaws = idp_flaws(&spec);
        if !flaws.is_empty() {
            return Err(Refusal::Flawed(flaws.into_iter().map(|flaw| (flaw.part.to_owned(), flaw.what)).collect()));
        }
        let kept = if is_new(headers)? { None } else { Some(self.kept(&place, id).await?) };
        let secret = self.secret(&spec, typed.as_deref(), kept.as_ref())?;
        let expected = match &kept {
            None => Expected::Absent,
            Some(_) if query.only_preview() => Expected::Any,
            Some(kept) => {
                must_match(headers, &self.idp(kept))?;
                Expected::Seen(kept.revision.clone())
            }
        };
        let edit = Edit::Idp { spec: Box::new(spec), secret };
        let made = self.make(place.hands, &edit, query, expected).await?;
        self.told_idp(made, &place, id).await
    }

    async fn told_idp(&self, made: Outcome, place: &Place<'_>, id: &IdpId) -> Answer {
        if let Outcome::Previewed(preview) = made {
            return Ok(preview);
        }
        let idp = self.idp(&self.kept(place, id).await?);
        made.told(&place.path(id), || Ok(idp))
    }

    /// What becomes of the client secret.
    fn secret(&self, spec: &IdpSpec, typed: Option<&str>, kept: Option<&ManagedIdp>) -> Result<SecretEdit, Refusal> {
        let flawed = |what: String| Refusal::Flawed(vec![("client_secret".to_owned(), what)]);
        match typed {
            _ if spec.client_auth == ClientAuth::None => Ok(SecretEdit::Keep),
            Some(typed) => {
                let sealed = SealedSecret::seal(&self.keys.sealing, &self.web.ambient, (&spec.id, &spec.issuer), typed);
                sealed.map(SecretEdit::Set).map_err(|invalid| flawed(invalid.to_string()))
            }
            None if kept.is_some_and(|kept| kept.has_secret && kept.spec.issuer == spec.issuer) => Ok(SecretEdit::Keep),
            None => Err(flawed("is missing: a secret is kept for one issuer alone".to_owned())),
        }
    }

    async fn change_idp(
        &self,
        place: Place<'_>,
        id: &IdpId,
        query: &ChangeQuery,
        headers: &HeaderMap,
        change: &IdpChange,
    ) -> Answer {
        let kept = self.kept(&place, id).await?;
        matches(headers, &self.idp(&kept))?;
        let edit = Edit::IdpInForce { idp: id.clone(), live: change.enabled };
        let made = self.make(place.hands, &edit, query, Expected::Seen(kept.revision)).await?;
        self.told_idp(made, &place, id).await
    }

    async fn remove_idp(&self, place: Place<'_>, id: &IdpId, query: &ChangeQuery, headers: &HeaderMap) -> Answer {
        let kept = self.kept(&place, id).await?;
        if !query.only_preview() {
            must_match(headers, &self.idp(&kept))?;
        }
        let edit = Edit::RemoveIdp(id.clone());
        self.make(place.hands, &edit, query, Expected::Seen(kept.revision)).await?.gone()
    }
}

fn listed(idps: Vec<IdpSummary>) -> Answer {
    // Few, and each is on every sign-in page: one page holds them.
    json(StatusCode::OK, &Page { items: idps.into_iter().map(IdpLine::from).collect(), next: None })
}

pub(super) async fn list(State(api): State<Arc<Api>>, caller: Caller) -> Answer {
    listed(api.server_admin(&caller)?.idps().await?)
}

pub(super) async fn show(State(api): State<Arc<Api>>, caller: Caller, At(id): At<IdpId>) -> Answer {
    let place = api.idps_of_server(&caller)?;
    one(&api.idp(&api.kept(&place, &id).await?))
}

pub(super) async fn put(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At(id): At<IdpId>,
    Asked(query): Asked<ChangeQuery>,
    headers: HeaderMap,
    Sent(text): Sent<IdpText>,
) -> Answer {
    api.put_idp(api.idps_of_server(&caller)?, &id, &query, &headers, text).await
}

pub(super) async fn change(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At(id): At<IdpId>,
    Asked(query): Asked<ChangeQuery>,
    headers: HeaderMap,
    Sent(change): Sent<IdpChange>,
) -> Answer {
    api.change_idp(api.idps_of_server(&caller)?, &id, &query, &headers, &change).await
}

pub(super) async fn remove(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At(id): At<IdpId>,
    Asked(query): Asked<ChangeQuery>,
    headers: HeaderMap,
) -> Answer {
    api.remove_idp(api.idps_of_server(&caller)?, &id, &query, &headers).await
}

pub(super) async fn list_of_organization(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At(organization): At<OrganizationId>,
) -> Answer {
    listed(api.organization_admin(&caller, &api.live(), &organization)?.idps().await?)
}

pub(super) async fn show_of_organization(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At((organization, id)): At<(OrganizationId, IdpId)>,
) -> Answer {
    let place = api.idps_of(&caller, organization)?;
    one(&api.idp(&api.kept(&place, &id).await?))
}

pub(super) async fn put_of_organization(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At((organization, id)): At<(OrganizationId, IdpId)>,
    Asked(query): Asked<ChangeQuery>,
    headers: HeaderMap,
    Sent(text): Sent<IdpText>,
) -> Answer {
    api.put_idp(api.idps_of(&caller, organization)?, &id, &query, &headers, text).await
}

pub(super) async fn change_of_organization(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At((organization, id)): At<(OrganizationId, IdpId)>,
    Asked(query): Asked<ChangeQuery>,
    headers: HeaderMap,
    Sent(change): Sent<IdpChange>,
) -> Answer {
    api.change_idp(api.idps_of(&caller, organization)?, &id, &query, &headers, &change).await
}

pub(super) async fn remove_of_organization(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At((organization, id)): At<(OrganizationId, IdpId)>,
    Asked(query): Asked<ChangeQuery>,
    headers: HeaderMap,
) -> Answer {
    api.remove_idp(api.idps_of(&caller, organization)?, &id, &query, &headers).await
}

//! Identity providers as they are sent and shown.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::schema::Slug;
use crate::directory::IdpSummary;
use crate::identity::{
    ClientAuth, DEFAULT_LIST_CLAIMS, DEFAULT_NEW_ACCOUNTS, DEFAULT_SCOPES, IdpId, IdpSpec, Issuer, OnError,
    OrganizationId, PolicyText, ProfilePaths,
};

/// An identity provider.
#[derive(Serialize, JsonSchema)]
pub(in crate::api) struct Idp {
    #[schemars(with = "Slug")]
    pub(super) id: IdpId,
    /// The organization it belongs to; null: it is for all.
    #[schemars(with = "Option<Slug>")]
    pub(super) organization: Option<OrganizationId>,
    #[serde(flatten)]
    pub(super) text: IdpText,
    /// Whether a client secret is kept for it. It is never shown.
    pub(super) has_secret: bool,
    /// What the provider must be told to send people back to.
    pub(super) redirect_uri: String,
    /// Whether anybody can sign in there.
    pub(super) enabled: bool,
    /// Whether the configuration file declares it: then it is read-only here.
    pub(super) declared: bool,
}

/// An identity provider in a list.
#[derive(Serialize, JsonSchema)]
pub(in crate::api) struct IdpLine {
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
pub(in crate::api) struct IdpText {
    /// What the sign-in page calls it.
    pub(super) name: String,
    /// Its issuer identifier: an https URL.
    #[schemars(with = "String")]
    pub(super) issuer: Issuer,
    /// Our client id there.
    pub(super) client_id: String,
    /// How we authenticate there.
    #[serde(default)]
    client_auth: Authentication,
    /// The client secret, where it changes. It is never shown again.
    #[serde(default, skip_serializing)]
    #[schemars(extend("writeOnly" = true))]
    pub(super) client_secret: Option<String>,
    #[serde(default = "scopes")]
    pub(super) scopes: Vec<String>,
    /// How a person is read out of the claims.
    #[serde(default)]
    profile: Profile,
    /// Whether applications are told an e-mail address that this IdP did not verify.
    #[serde(default)]
    pub(super) email_trusted: bool,
    /// Claims whose absence is an error of every selector.
    #[serde(default)]
    pub(super) required_claims: Vec<String>,
    /// Claims that selectors always see as arrays.
    #[serde(default = "list_claims")]
    pub(super) list_claims: Vec<String>,
    /// Whether a first sign-in makes the account and runs the policies.
    #[serde(default)]
    pub(super) auto_provision: bool,
    /// Most accounts that its sign-ins make within an hour.
    #[serde(default = "new_accounts")]
    #[schemars(range(min = 1))]
    pub(super) new_accounts_per_hour: u32,
    /// Whether somebody without any role is refused.
    #[serde(default)]
    pub(super) require_match: bool,
    /// For how many seconds roles are kept whose selector fails; null: they end.
    #[schemars(range(min = 1, max = MAX_KEEP_FOR))]
    pub(super) keep_for: Option<u64>,
    /// After how many seconds claims are fetched again while a session lasts; null: never.
    #[serde(default)]
    #[schemars(range(min = 60, max = MAX_KEEP_FOR))]
    pub(super) refresh_claims: Option<u64>,
    /// Whether signing out here is signing out at the provider too.
    #[serde(default)]
    pub(super) sign_out_at_provider: bool,
    /// Organizations whose admins may write their own policy here; only where it is for all.
    #[serde(default)]
    #[schemars(with = "Vec<Slug>")]
    pub(super) delegate_to: Vec<OrganizationId>,
    /// The only claims that those admins see.
    #[serde(default)]
    pub(super) delegated_claims: Vec<String>,
}

/// Longest that roles are kept, and that claims are: a year.
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
pub(in crate::api) struct IdpChange {
    /// Whether anybody can sign in there. Disabled, its sessions open nothing.
    pub(super) enabled: bool,
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
            refresh_claims: spec.refresh_claims.map(|every| every.as_secs()),
            sign_out_at_provider: spec.sign_out_at_provider,
            delegate_to: spec.delegate_to.clone(),
            delegated_claims: spec.delegated_claims.clone(),
        }
    }
}

impl IdpText {
    pub(super) fn spec(self, id: &IdpId, owner: Option<&OrganizationId>) -> IdpSpec {
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
            refresh_claims: self.refresh_claims.map(|seconds| Duration::from_secs(seconds.min(MAX_KEEP_FOR))),
            sign_out_at_provider: self.sign_out_at_provider,
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

//! Identity providers.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

use super::{Ceiling, Host, IdpId, IdpKey, Invalid, OrganizationId, OrganizationKey, PolicyId, text_noun};
use crate::base::Addresses;

/// An issuer identifier (OpenID Connect Discovery 1.0, section 3), kept and compared character for character.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Issuer(Arc<str>);

impl Issuer {
    /// Parses an issuer: an https URL without query or fragment; http only on loopback.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let url = Url::parse(text).map_err(|_| Invalid::new("an issuer is a URL such as https://id.example.com"))?;
        if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
            return Err(Invalid::new("an issuer has no query, fragment, user or password"));
        }
        let loopback = url.host_str().and_then(|host| Host::parse(host).ok()).is_some_and(|host| host.is_loopback());
        match url.scheme() {
            "https" => Ok(Self(text.into())),
            "http" if loopback => Ok(Self(text.into())),
            _ => Err(Invalid::new("an issuer is an https URL (http only on loopback or *.localhost)")),
        }
    }

    /// The issuer exactly as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its host, for people to read.
    pub fn host(&self) -> &str {
        let rest = self.0.split_once("://").map_or("", |(_, rest)| rest);
        rest.split('/').next().unwrap_or_default()
    }
}

text_noun!(Issuer);

/// How we prove to the token endpoint who we are (OpenID Connect Core 1.0, section 9).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClientAuth {
    /// `client_secret_basic`.
    #[default]
    Basic,
    /// `client_secret_post`.
    Post,
    /// `none`: a public client, held by PKCE alone.
    None,
}

/// Most new accounts per IdP and hour unless something else is said: more than any school's first day, few enough that
/// an afternoon of a provider gone mad can be tidied up.
pub const DEFAULT_NEW_ACCOUNTS: u32 = 1_000;

/// The scopes asked for unless something else is said.
pub const DEFAULT_SCOPES: [&str; 4] = ["openid", "profile", "email", "groups"];

/// The claims that selectors see as arrays unless something else is said.
pub const DEFAULT_LIST_CLAIMS: [&str; 2] = ["groups", "roles"];

/// How long grants are kept where a selector fails, unless something else is said.
pub const DEFAULT_KEEP_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// How often claims are fetched again at most: a provider is asked about every session.
pub const LEAST_REFRESH: Duration = Duration::from_secs(60);

const fn default_new_accounts() -> u32 {
    DEFAULT_NEW_ACCOUNTS
}

/// What becomes of grants given before when a selector fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnError {
    /// They end.
    #[default]
    Revoke,
    /// They stay for at most this long after the last good evaluation; those of admin roles end at once.
    Keep {
        /// How long.
        keep_for: Duration,
    },
}

/// JMESPath texts that read a person out of the claims.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfilePaths {
    /// The account key at this IdP.
    pub identifier: String,
    /// The e-mail address.
    pub email: String,
    /// The name people go by.
    pub display_name: String,
    /// The username at creation.
    pub username: String,
    /// `true` makes a server admin; absent: nobody.
    pub server_admin: Option<String>,
}

/// Where providers usually say it.
impl Default for ProfilePaths {
    fn default() -> Self {
        Self {
            identifier: "sub".to_owned(),
            email: "email".to_owned(),
            display_name: "name".to_owned(),
            username: "preferred_username".to_owned(),
            server_admin: None,
        }
    }
}

/// A pair of selectors, each a JMESPath text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyText {
    /// The org selector.
    pub org: Option<String>,
    /// The role selector.
    pub role: Option<String>,
}

/// An identity provider as it is written down, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdpSpec {
    /// Its slug.
    pub id: IdpId,
    /// What the sign-in page calls it.
    pub name: String,
    /// The organization it belongs to; absent: it is global.
    pub owner: Option<OrganizationId>,
    /// Its issuer identifier.
    pub issuer: Issuer,
    /// Our client id there.
    pub client_id: String,
    /// How we authenticate there.
    pub client_auth: ClientAuth,
    /// The scopes asked for; `openid` is among them.
    pub scopes: Vec<String>,
    /// How a person is read out of the claims.
    pub profile: ProfilePaths,
    /// Whether applications are told an e-mail address that this IdP did not verify.
    pub email_trusted: bool,
    /// Claims whose absence is an error of every selector.
    pub required_claims: Vec<String>,
    /// Claims that selectors always see as arrays.
    pub list_claims: Vec<String>,
    /// Whether a first sign-in creates the account and runs the policies.
    pub auto_provision: bool,
    /// Most accounts that its sign-ins make within an hour.
    #[serde(default = "default_new_accounts")]
    pub new_accounts_per_hour: u32,
    /// Whether somebody without any grant is refused.
    pub require_match: bool,
    /// What becomes of grants when a selector fails.
    pub on_error: OnError,
    /// After how long what it says of somebody is asked for again, while their session lasts; absent: never.
    #[serde(default)]
    pub refresh_claims: Option<Duration>,
    /// Whether signing out here is signing out at the provider too.
    #[serde(default)]
    pub sign_out_at_provider: bool,
    /// Of a global one: the organizations whose admins may write their own policy at it.
    #[serde(default)]
    pub delegate_to: Vec<OrganizationId>,
    /// The only claims that those admins see, of their members' sign-ins.
    #[serde(default)]
    pub delegated_claims: Vec<String>,
    /// The policy of organizations without one of their own.
    pub default_policy: PolicyText,
}

/// A live identity provider.
#[derive(Clone, Debug)]
pub struct Idp {
    /// Its row.
    pub key: IdpKey,
    /// The organization it belongs to; absent: it is global.
    pub owner: Option<OrganizationKey>,
    /// The version of its default policy.
    pub default_policy: PolicyId,
    /// The most that one may give.
    pub default_ceiling: Ceiling,
    /// Organizations whose admins may write their own policies at this IdP. One that was made anew under an old id is
    /// not among them.
    pub delegates: Vec<OrganizationKey>,
    /// Where requests to it may go: depends on who typed its issuer.
    pub addresses: Addresses,
    /// What is written down of it.
    pub spec: IdpSpec,
}

/// What an organization's admins may know of an IdP's claims, of their own members: so much their policies there may
/// ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight<'a> {
    /// Everything: it is theirs.
    All,
    /// These top-level claims: it was delegated to them.
    Claims(&'a [String]),
    /// Nothing, and they write no policy there.
    Nothing,
}

impl Sight<'_> {
    /// Whether they know of this top-level claim.
    pub fn sees(&self, claim: &str) -> bool {
        match self {
            Self::All => true,
            Self::Claims(claims) => claims.iter().any(|name| name == claim),
            Self::Nothing => false,
        }
    }
}

impl Idp {
    /// What admins of that organization may know of its claims.
    pub fn sight(&self, organization: OrganizationKey) -> Sight<'_> {
        if self.owner == Some(organization) {
            Sight::All
        } else if self.owner.is_none() && self.delegates.contains(&organization) {
            Sight::Claims(&self.spec.delegated_claims)
        } else {
            Sight::Nothing
        }
    }
}

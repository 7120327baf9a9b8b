//! The relying party: it sends a browser to an OpenID provider and turns the answer into verified claims (OpenID
//! Connect Core 1.0, authorization code flow with PKCE, `state` and `nonce`, always). It keeps nothing but what the
//! provider publishes; what belongs to one sign-in travels in the [`Attempt`]. It knows no user, role or session.
//! Access tokens of other issuers are verified here too ([`AccessIssuer`]).
//!
//! Everything that comes back is read as raw JSON and verified here, so that no claim is lost, coerced or able to stop
//! a sign-in by its type; `docs/adr/0001-oidc-without-a-library.md` says why no library does it.

mod access;
mod attempt;
mod check;
mod discovery;
mod error;
mod exchange;
mod keys;
mod logout;
mod preview;
mod provider;
mod refresh;
mod userinfo;

use std::fmt;
use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value};
use url::Url;

use crate::base::{Addresses, Ambient, HttpClient};
use crate::identity::{ClientAuth, Issuer};

pub use access::{AccessError, AccessIssuer, AccessToken, claimed_issuer};
pub use attempt::{Answer, Attempt, Hints};
pub use error::{Cause, OidcError};
pub use logout::LogoutToken;
pub use preview::{Preview, PreviewError, preview};
pub use refresh::{Refreshed, SaidAgain};

use discovery::Discovery;
use provider::Provider;

/// Longest `sid` that is kept, in bytes; known ones have a few dozen.
const MAX_SID: usize = 256;

/// Claims exactly as the provider wrote them.
pub type RawClaims = Map<String, Value>;

/// What we are to one provider.
#[derive(Clone, Debug)]
pub struct ProviderSettings {
    /// Its issuer identifier.
    pub issuer: Issuer,
    /// Our client id there.
    pub client_id: String,
    /// Our secret there; a public client has none.
    pub client_secret: Option<SecretString>,
    /// How we authenticate at its token endpoint.
    pub client_auth: ClientAuth,
    /// Where it sends browsers back to.
    pub redirect_uri: String,
    /// The scopes asked for; `openid` is always among what is sent.
    pub scopes: Vec<String>,
    /// Where requests to it may go.
    pub addresses: Addresses,
}

impl PartialEq for ProviderSettings {
    fn eq(&self, other: &Self) -> bool {
        // All of them by name, so that a new one is not forgotten.
        let Self { issuer, client_id, client_secret, client_auth, redirect_uri, scopes, addresses } = self;
        let exposed = [client_secret, &other.client_secret].map(|secret| secret.as_ref().map(|it| it.expose_secret()));
        *issuer == other.issuer
            && *client_id == other.client_id
            && exposed[0] == exposed[1]
            && *client_auth == other.client_auth
            && *redirect_uri == other.redirect_uri
            && *scopes == other.scopes
            && *addresses == other.addresses
    }
}

/// What a provider said of a person, verified.
#[derive(Clone)]
pub struct VerifiedTokens {
    /// The claims of the ID token.
    pub id_token: RawClaims,
    /// The claims of the userinfo endpoint, if the provider has one; its `sub` is the ID token's.
    pub userinfo: Option<RawClaims>,
    /// The `sub`: not empty.
    pub subject: String,
    /// The provider's session, if it names one.
    pub sid: Option<String>,
    /// The ID token itself, to be shown (`id_token_hint`) when the person signs out there.
    pub id_token_raw: SecretString,
    /// By what the same can be asked for again, if the provider gives it.
    pub refresh_token: Option<SecretString>,
}

/// Us, at one provider. Cheap to share in an `Arc`; it asks the provider for nothing before somebody signs in.
pub struct RelyingParty {
    settings: ProviderSettings,
    http: HttpClient,
    ambient: Ambient,
    discovery: Arc<Discovery<Provider>>,
}

impl RelyingParty {
    /// The relying party of these settings, whose requests go by `http`. Makes no request.
    ///
    /// # Errors
    /// [`OidcError::Misconfigured`] when the settings contradict each other.
    pub fn new(settings: ProviderSettings, http: HttpClient, ambient: Ambient) -> Result<Self, OidcError> {
        if settings.client_auth != ClientAuth::None && settings.client_secret.is_none() {
            return Err(OidcError::misconfigured(
                "client_auth needs a client secret; a public client has client_auth none",
            ));
        }
        if Url::parse(&settings.redirect_uri).is_err() {
            return Err(OidcError::misconfigured("the redirect URI is no URL"));
        }
        let discovery = Arc::new(Discovery::new(settings.issuer.clone(), http.clone(), ambient.clone()));
        Ok(Self { settings, http, ambient, discovery })
    }

    /// Whether another would be the same, made of these settings: then this one, which knows the provider, may stay.
    pub fn is_made_of(&self, settings: &ProviderSettings) -> bool {
        self.settings == *settings
    }

    /// Why the provider did not answer when it was last asked, if it did not.
    pub fn trouble(&self) -> Option<Arc<String>> {
        self.discovery.trouble()
    }

    /// The issuer of this provider.
    pub const fn issuer(&self) -> &Issuer {
        &self.settings.issuer
    }

    /// Begins a sign-in: where to send the browser, and what it has to bring back.
    ///
    /// # Errors
    /// When the provider's metadata cannot be had, or is not what it should be.
    pub async fn authorize(&self, hints: Hints) -> Result<(Url, Attempt), OidcError> {
        let provider = self.discovery.current().await?;
        let attempt = Attempt::new(&self.ambient);
        let url = exchange::authorization_url(&self.settings, &provider, &hints, &attempt);
        Ok((url, attempt))
    }

    /// Checks who says to have answered (RFC 9207 2.4). [`Self::redeem`] does so too; an answer that carries an `error`
    /// instead of a code is believed only after this.
    ///
    /// # Errors
    /// When it is not this provider, or does not say although the provider's metadata promises it.
    pub async fn check_response_issuer(&self, iss: Option<&str>) -> Result<(), OidcError> {
        check_issuer(&*self.discovery.current().await?, iss)
    }

    /// Ends a sign-in: exchanges the code, verifies everything that comes for it.
    ///
    /// # Errors
    /// When the provider cannot be reached, refuses, or answers with anything that does not stand every check.
    pub async fn redeem(&self, answer: Answer, attempt: &Attempt) -> Result<VerifiedTokens, OidcError> {
        let provider = self.discovery.current().await?;
        check_issuer(&provider, answer.iss.as_deref())?;
        let tokens = exchange::redeem(&self.settings, &self.http, &provider, &answer.code, attempt).await?;
        let id_token = self.verify(&provider, &tokens.id_token).await?;
        let subject = check::id_token(&id_token, &self.expected(&tokens.access_token, Some(&attempt.nonce)))?;
        let userinfo = self.userinfo(&provider, &tokens.access_token, &subject).await?;
        let id_token = id_token.claims;
        let sid = id_token.get("sid").and_then(Value::as_str).filter(is_session_id).map(str::to_owned);
        let (id_token_raw, refresh_token) = (tokens.id_token.into(), tokens.refresh_token.map(SecretString::from));
        Ok(VerifiedTokens { id_token, userinfo, subject, sid, id_token_raw, refresh_token })
    }

    fn expected<'a>(&'a self, access_token: &'a str, nonce: Option<&'a str>) -> check::Expected<'a> {
        check::Expected {
            issuer: self.settings.issuer.as_str(),
            client_id: &self.settings.client_id,
            nonce,
            access_token,
            now: self.ambient.now(),
        }
    }

    async fn userinfo(
        &self,
        provider: &Arc<Provider>,
        access_token: &str,
        subject: &str,
    ) -> Result<Option<RawClaims>, OidcError> {
        let Some(endpoint) = &provider.metadata.userinfo_endpoint else { return Ok(None) };
        let claims = match userinfo::fetch(&self.http, endpoint, access_token).await? {
            userinfo::Answer::Claims(claims) => claims,
            userinfo::Answer::Jwt(jwt) => {
                let verified = self.verify(provider, &jwt).await?;
                check::userinfo_jwt(&verified, self.settings.issuer.as_str(), &self.settings.client_id)?;
                verified.claims
            }
        };
        check::userinfo_subject(&claims, subject)?;
        Ok(Some(claims))
    }

    /// Verifies a signature with the provider's keys; those are fetched again, within limits, if none of them fits.
    async fn verify(&self, provider: &Arc<Provider>, jwt: &str) -> Result<keys::Verified, OidcError> {
        match provider.keys.verify(jwt) {
            Err(keys::Rejected::NoKey(_)) => {}
            Err(keys::Rejected::Bad(cause)) => return Err(OidcError::refused(cause)),
            Ok(verified) => return Ok(verified),
        }
        let renewed = self.discovery.newer_than(provider).await?;
        renewed.keys.verify(jwt).map_err(|rejected| OidcError::refused(rejected.into_cause()))
    }
}

/// Whether a `sid` can be kept: longer ones, or those with control characters, fit no index.
fn is_session_id(sid: &&str) -> bool {
    !sid.is_empty() && sid.len() <= MAX_SID && !sid.chars().any(char::is_control)
}

fn check_issuer(provider: &Provider, iss: Option<&str>) -> Result<(), OidcError> {
    match iss {
        Some(iss) if iss == provider.metadata.issuer => Ok(()),
        Some(iss) => {
            Err(OidcError::refused(format!("the callback's iss names another issuer: {}", error::quoted(iss))))
        }
        None if provider.metadata.iss_in_response => {
            Err(OidcError::refused("the callback lacks iss, which this provider promises to send (RFC 9207)"))
        }
        None => Ok(()),
    }
}

impl fmt::Debug for VerifiedTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VerifiedTokens(…)")
    }
}

impl fmt::Debug for RelyingParty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RelyingParty").field("issuer", &self.settings.issuer).finish_non_exhaustive()
    }
}

//! The identity assertion: a JWT (RFC 7519) that tells an upstream who its user is in a way it can check, signed with a
//! key of ours whose public half stands in our JWKS. Signing costs more than the rest of a request together, so an
//! assertion is signed once per session and application and used until half its life is over.

mod key;

use std::fmt;
use std::time::Duration;

use http::HeaderValue;
use jsonwebtoken::{Algorithm, Header};
use serde::{Deserialize, Serialize};

use crate::base::{Ambient, Timestamp};
use crate::identity::{ApplicationId, OrganizationId, PublicUrl, RoleName, UserId, Username};

pub use key::{InvalidKey, SigningKey};

/// How long an assertion holds: the most the mission allows, since an upstream cannot ask whether it still does.
pub const VALIDITY: Duration = Duration::from_secs(5 * 60);
/// An assertion with less than this left is signed anew, so that an upstream always has time to look at it.
const RENEW_BELOW: Duration = Duration::from_secs(VALIDITY.as_secs() / 2);
/// The `typ` of an assertion (RFC 8725 3.11): no token of another kind is taken for one, nor it for another.
pub const TYPE: &str = "vestibule-assertion+jwt";

/// Whom an assertion speaks of, and to whom.
#[derive(Clone, Debug)]
pub struct Subject<'a> {
    /// The application: `aud`.
    pub application: &'a ApplicationId,
    /// The application's organization: `organization`.
    pub organization: &'a OrganizationId,
    /// The user: `sub`.
    pub user: UserId,
    /// The username: `preferred_username`.
    pub username: &'a Username,
    /// The name people go by: `name`.
    pub display_name: Option<&'a str>,
    /// The e-mail address, if applications may be told: `email`.
    pub email: Option<&'a str>,
    /// Names of the roles held in the application's organization: `groups`.
    pub groups: Vec<&'a RoleName>,
}

/// The claims as they travel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The public URL.
    pub iss: String,
    /// The application's id.
    pub aud: String,
    /// The user's id.
    pub sub: String,
    /// When it was signed, in seconds since the epoch.
    pub iat: i64,
    /// Until when it holds, in seconds since the epoch.
    pub exp: i64,
    /// The username.
    pub preferred_username: String,
    /// The name people go by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Role names in the application's organization.
    pub groups: Vec<String>,
    /// The application's organization.
    pub organization: String,
}

/// An assertion could not be signed. Carries nothing of the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the identity assertion could not be signed")]
pub struct SigningFailed;

/// Signs assertions.
pub struct Assertions {
    key: SigningKey,
    issuer: PublicUrl,
    ambient: Ambient,
}

/// A signed assertion.
#[derive(Clone, Debug)]
pub struct Signed {
    /// The value of `X-Vestibule-Assertion`.
    pub value: HeaderValue,
    /// From when on another is to be used.
    pub renew_at: Timestamp,
}

impl Assertions {
    /// Signs with `key` as `issuer`.
    pub const fn new(key: SigningKey, issuer: PublicUrl, ambient: Ambient) -> Self {
        Self { key, issuer, ambient }
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        self.ambient.now()
    }

    /// Signs an assertion about `subject`. It costs some tens of microseconds: keep it until it is to be renewed.
    ///
    /// # Errors
    /// When signing fails. The request must then not be forwarded as anybody.
    pub fn sign(&self, subject: &Subject<'_>) -> Result<Signed, SigningFailed> {
        let now = self.now();
        let mut value = HeaderValue::from_str(&self.encode(subject, now)?).map_err(|_| SigningFailed)?;
        value.set_sensitive(true);
        Ok(Signed { value, renew_at: now.plus(VALIDITY - RENEW_BELOW) })
    }

    /// The key set upstreams check assertions with (RFC 7517): `/.well-known/vestibule/jwks.json`.
    pub fn jwks(&self) -> serde_json::Value {
        serde_json::json!({ "keys": [self.key.jwk()] })
    }

    /// What an assertion about `subject` would say now.
    pub fn claims(&self, subject: &Subject<'_>) -> Claims {
        self.claims_at(subject, self.now())
    }

    fn encode(&self, subject: &Subject<'_>, now: Timestamp) -> Result<String, SigningFailed> {
        let header =
            Header { typ: Some(TYPE.to_owned()), kid: Some(self.key.id().to_owned()), ..Header::new(Algorithm::EdDSA) };
        let claims = self.claims_at(subject, now);
        jsonwebtoken::encode(&header, &claims, self.key.encoding()).map_err(|_| SigningFailed)
    }

    fn claims_at(&self, subject: &Subject<'_>, now: Timestamp) -> Claims {
        Claims {
            iss: self.issuer.as_str().to_owned(),
            aud: subject.application.to_string(),
            sub: subject.user.to_string(),
            iat: now.secs(),
            exp: now.plus(VALIDITY).secs(),
            preferred_username: subject.username.to_string(),
            name: subject.display_name.map(str::to_owned),
            email: subject.email.map(str::to_owned),
            groups: subject.groups.iter().map(ToString::to_string).collect(),
            organization: subject.organization.to_string(),
        }
    }
}

impl fmt::Debug for Assertions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Assertions").field("key", &self.key).field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;

//! The identity assertion: a JWT (RFC 7519) that tells an upstream who its user is in a way it can check, signed with a
//! key of ours whose public half stands in our JWKS. Signing costs more than the rest of a request together, so an
//! assertion is signed once per session and application and used until half its life is over: the signature alone is
//! kept for that long, and is a tenth of it.

mod key;

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

use crate::base::{Ambient, Timestamp};
use crate::identity::{ApplicationId, OrganizationId, PublicUrl, RoleName, UserId};

use key::{ALGORITHM, SIGNATURE_LENGTH};
pub use key::{InvalidKey, SigningKey};

/// How long an assertion holds: the most the mission allows, since an upstream cannot ask whether it still does.
pub const VALIDITY: Duration = Duration::from_secs(5 * 60);
/// An assertion with less than this left is signed anew, so that an upstream always has time to look at it.
const RENEW_BELOW: Duration = Duration::from_secs(VALIDITY.as_secs() / 2);
/// Room for the claims of most people, so that they are written without moving.
const USUAL_LENGTH: usize = 1024;
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
    pub username: &'a str,
    /// The name people go by: `name`.
    pub display_name: Option<&'a str>,
    /// The e-mail address, if applications may be told: `email`.
    pub email: Option<&'a str>,
    /// Names of the roles held in the application's organization: `groups`.
    pub groups: Vec<&'a RoleName>,
}

/// The claims as they travel.
#[derive(Serialize)]
struct Claims<'a> {
    /// The public URL.
    iss: &'a str,
    /// The application's id.
    aud: &'a str,
    /// The user's id.
    sub: UserId,
    /// When it was signed, in seconds since the epoch.
    iat: i64,
    /// Until when it holds, in seconds since the epoch.
    exp: i64,
    /// The username.
    preferred_username: &'a str,
    /// The name people go by.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    /// The e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    /// Role names in the application's organization.
    groups: &'a [&'a RoleName],
    /// The application's organization.
    organization: &'a str,
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
    /// The first part of each: its JOSE header (RFC 7515 4).
    head: String,
}

/// What of an assertion is dear to make. The rest is told again of whom it speaks of, so this is all that is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature {
    bytes: [u8; SIGNATURE_LENGTH],
    signed_at: Timestamp,
}

impl Signature {
    /// From when on another is to be used.
    pub fn renew_at(&self) -> Timestamp {
        self.signed_at.plus(VALIDITY - RENEW_BELOW)
    }
}

impl Assertions {
    /// Signs with `key` as `issuer`.
    pub fn new(key: SigningKey, issuer: PublicUrl, ambient: Ambient) -> Self {
        let head = serde_json::json!({ "typ": TYPE, "alg": ALGORITHM, "kid": key.id() }).to_string();
        Self { head: URL_SAFE_NO_PAD.encode(head), key, issuer, ambient }
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        self.ambient.now()
    }

    /// Signs an assertion about `subject`. It costs some tens of microseconds: keep it until it is to be renewed.
    ///
    /// # Errors
    /// When signing fails. The request must then not be forwarded as anybody.
    pub fn sign(&self, subject: &Subject<'_>) -> Result<Signature, SigningFailed> {
        let signed_at = self.now();
        let mut message = String::new();
        self.say(subject, signed_at, &mut message)?;
        Ok(Signature { bytes: self.key.sign(message.as_bytes())?, signed_at })
    }

    /// Adds to `text` the assertion that was signed about `subject`: the value of `X-Vestibule-Assertion`, in the compact
    /// form of RFC 7515 3.1. With the signature of another subject it is one that nobody believes.
    ///
    /// # Errors
    /// When what it says cannot be written down, which its signing would have told.
    pub fn write(&self, subject: &Subject<'_>, signature: &Signature, text: &mut String) -> Result<(), SigningFailed> {
        self.say(subject, signature.signed_at, text)?;
        text.push('.');
        URL_SAFE_NO_PAD.encode_string(signature.bytes, text);
        Ok(())
    }

    /// The key set upstreams check assertions with (RFC 7517): `/.well-known/vestibule/jwks.json`.
    pub fn jwks(&self) -> serde_json::Value {
        serde_json::json!({ "keys": [self.key.jwk()] })
    }

    /// What an assertion about `subject` would say now, as JSON for people to read.
    pub fn claims(&self, subject: &Subject<'_>) -> Option<String> {
        serde_json::to_string_pretty(&self.claims_at(subject, self.now())).ok()
    }

    /// Adds the part that is signed.
    fn say(&self, subject: &Subject<'_>, signed_at: Timestamp, text: &mut String) -> Result<(), SigningFailed> {
        let mut claims = Vec::with_capacity(USUAL_LENGTH);
        serde_json::to_writer(&mut claims, &self.claims_at(subject, signed_at)).map_err(|_| SigningFailed)?;
        // In one piece of the right size: it may be kept for long.
        let lengths =
            [claims.len(), SIGNATURE_LENGTH].map(|length| base64::encoded_len(length, false).unwrap_or(0) + 1);
        text.reserve_exact(self.head.len() + lengths.iter().sum::<usize>());
        text.push_str(&self.head);
        text.push('.');
        URL_SAFE_NO_PAD.encode_string(claims, text);
        Ok(())
    }

    fn claims_at<'a>(&'a self, subject: &'a Subject<'_>, now: Timestamp) -> Claims<'a> {
        Claims {
            iss: self.issuer.as_str(),
            aud: subject.application.as_str(),
            sub: subject.user,
            iat: now.secs(),
            exp: now.plus(VALIDITY).secs(),
            preferred_username: subject.username,
            name: subject.display_name,
            email: subject.email,
            groups: &subject.groups,
            organization: subject.organization.as_str(),
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

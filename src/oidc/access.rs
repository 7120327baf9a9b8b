//! Access tokens that programs come with: JWTs of issuers that the configuration names (RFC 9068, RFC 8725). Whatever a
//! token's own header says of keys (`jku`, `jwk`, `x5u`, `x5c`) does not count: the issuer's published keys do.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::Value;

use super::check::{audiences, instant, text};
use super::discovery::Discovery;
use super::error::{OidcError, quoted};
use super::keys::{self, Rejected};
use super::provider::PublishedKeys;
use super::{Cause, RawClaims};
use crate::base::{Ambient, HttpClient, Timestamp};
use crate::identity::{SigningAlgorithm, TokenIssuer, TokenType};

/// How far an issuer's clock may be ahead of ours. None is given at a token's end: what has run out has run out.
const LEEWAY: Duration = Duration::from_secs(60);

/// Claims that only ID tokens hold (OpenID Connect Core 1.0, sections 2 and 3.3.2.11).
const OF_ID_TOKENS: [&str; 4] = ["nonce", "at_hash", "c_hash", "s_hash"];

/// An issuer whose access tokens are verified here.
pub struct AccessIssuer {
    spec: TokenIssuer,
    ambient: Ambient,
    keys: Arc<Discovery<PublishedKeys>>,
}

/// An access token that stands every check.
#[derive(Clone, Debug)]
pub struct AccessToken {
    claims: RawClaims,
    /// From when on it counts no more.
    pub expires_at: Timestamp,
}

/// Why a token is refused. The causes are safe to log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccessError {
    /// The token does not stand a check.
    #[error("{0}")]
    Refused(String),
    /// The issuer's keys cannot be had.
    #[error("the issuer's keys cannot be had: {0}")]
    Unavailable(Cause),
}

fn refused(cause: impl Into<String>) -> AccessError {
    AccessError::Refused(cause.into())
}

/// What a check of claims found, as this room's callers are told it.
impl From<OidcError> for AccessError {
    fn from(error: OidcError) -> Self {
        Self::Refused(error.cause().to_string())
    }
}

impl AccessToken {
    /// A claim that is a text and not empty.
    pub fn text(&self, claim: &str) -> Option<&str> {
        text(&self.claims, claim).filter(|text| !text.is_empty())
    }
}

/// The issuer that a JWT says it is of, unverified: to know whose keys to try, and for nothing else.
pub fn claimed_issuer(jwt: &str) -> Option<String> {
    let parts = Parts::read(jwt).ok()?;
    text(&parts.claims, "iss").map(str::to_owned)
}

impl AccessIssuer {
    /// The issuer of these settings, whose keys are asked for by `http` when the first token comes.
    pub fn new(spec: TokenIssuer, http: HttpClient, ambient: Ambient) -> Self {
        let place = (spec.issuer.clone(), spec.keys.clone());
        Self { spec, keys: Arc::new(Discovery::new(place, http, ambient.clone())), ambient }
    }

    /// What is written down of it.
    pub const fn spec(&self) -> &TokenIssuer {
        &self.spec
    }

    /// Verifies a token. `is_client` says of an audience whether it is a client id of ours: such a token was made for
    /// a sign-in.
    ///
    /// # Errors
    /// When it does not stand every check, or the issuer's keys cannot be had.
    pub async fn verify(&self, jwt: &str, is_client: impl Fn(&str) -> bool) -> Result<AccessToken, AccessError> {
        let parts = Parts::read(jwt)?;
        self.check_header(&parts.header)?;
        // Before anything is asked of anybody: what can be told from the token alone.
        let expires_at = self.check_claims(&parts.claims, is_client)?;
        self.check_signature(jwt).await?;
        Ok(AccessToken { claims: parts.claims, expires_at })
    }

    async fn check_signature(&self, jwt: &str) -> Result<(), AccessError> {
        let unavailable = |error: OidcError| AccessError::Unavailable(error.cause().clone());
        let published = self.keys.current().await.map_err(unavailable)?;
        match published.keys.verify(jwt) {
            Err(Rejected::NoKey(_)) => {}
            verified => return verified.map(drop).map_err(|rejected| refused(rejected.into_cause())),
        }
        let renewed = self.keys.newer_than(&published).await.map_err(unavailable)?;
        renewed.keys.verify(jwt).map(drop).map_err(|rejected| refused(rejected.into_cause()))
    }

    fn check_header(&self, header: &RawClaims) -> Result<(), AccessError> {
        let marked = |typ: &str| {
            let typ = typ.to_ascii_lowercase();
            matches!(typ.as_str(), "at+jwt" | "application/at+jwt")
        };
        match (self.spec.token_type, header.get("typ")) {
            (_, Some(Value::String(typ))) if marked(typ) => {}
            (TokenType::Unmarked, None) => {}
            (TokenType::Unmarked, Some(Value::String(typ))) if typ.eq_ignore_ascii_case("jwt") => {}
            (TokenType::AccessToken, Some(Value::String(typ))) if typ.eq_ignore_ascii_case("jwt") => {
                return Err(refused(
                    "the token's typ is JWT, which any token's may be; at+jwt is asked for (RFC 9068)",
                ));
            }
            _ => return Err(refused("the token's typ is not that of an access token (at+jwt)")),
        }
        let name = text(header, "alg").unwrap_or_default();
        let algorithm = keys::accepted(name).ok_or_else(|| refused(format!("the token has alg {}", quoted(name))))?;
        let pinned = |pinned: &SigningAlgorithm| keys::algorithm_of(*pinned) == algorithm;
        if self.spec.algorithms.iter().any(pinned) {
            Ok(())
        } else {
            Err(refused(format!("the token is signed with {name}, which is not among the issuer's algorithms here")))
        }
    }

    fn check_claims(&self, claims: &RawClaims, is_client: impl Fn(&str) -> bool) -> Result<Timestamp, AccessError> {
        if text(claims, "iss") != Some(self.spec.issuer.as_str()) {
            return Err(refused("the token is of another issuer"));
        }
        let all = claims.get("aud").and_then(audiences).unwrap_or_default();
        if !all.contains(&self.spec.audience.as_str()) {
            return Err(refused("the token is for another audience (aud)"));
        }
        if all.iter().any(|audience| is_client(audience)) {
            return Err(refused("the token is for our client at an identity provider (aud), so it is no access token"));
        }
        if let Some(claim) = OF_ID_TOKENS.iter().find(|claim| claims.contains_key(**claim)) {
            return Err(refused(format!("the token holds {claim}, so it is an ID token")));
        }
        // Keycloak and Cognito say in a claim what a token is.
        let of_access = |word: &str| ["bearer", "at+jwt", "access"].iter().any(|it| word.eq_ignore_ascii_case(it));
        let is_other = |claim: &str| claims.get(claim).is_some_and(|word| !word.as_str().is_some_and(of_access));
        if is_other("typ") || is_other("token_use") || claims.contains_key("events") {
            return Err(refused("the token says that it is no access token"));
        }
        if claims.contains_key("cnf") {
            return Err(refused("the token is bound to a key (cnf), which a bearer does not show"));
        }
        self.check_times(claims)
    }

    fn check_times(&self, claims: &RawClaims) -> Result<Timestamp, AccessError> {
        let now = self.ambient.now();
        let expires_at = instant(claims, "exp")?.ok_or_else(|| refused("the token has no exp"))?;
        if now >= expires_at {
            return Err(refused("the token has run out (exp)"));
        }
        let issued_at = instant(claims, "iat")?.ok_or_else(|| refused("the token has no iat"))?;
        if issued_at > now.plus(LEEWAY) {
            return Err(refused("the token was issued in the future (iat): compare clocks"));
        }
        if expires_at.since(issued_at) > self.spec.max_lifetime {
            return Err(refused("the token lives longer than this issuer's may (exp - iat)"));
        }
        match instant(claims, "nbf")? {
            Some(from) if from > now.plus(LEEWAY) => Err(refused("the token is not valid yet (nbf)")),
            _ => Ok(expires_at),
        }
    }
}

/// Header and claims of a compact JWS, unverified.
struct Parts {
    header: RawClaims,
    claims: RawClaims,
}

impl Parts {
    fn read(jwt: &str) -> Result<Self, AccessError> {
        let parts: Vec<&str> = jwt.splitn(6, '.').collect();
        match parts.as_slice() {
            [_, _, ""] => Err(refused("the token is not signed")),
            [header, claims, _] => Ok(Self { header: object(header, "header")?, claims: object(claims, "claims")? }),
            [_, _, _, _, _] => Err(refused("the token is encrypted, which is not supported")),
            _ => Err(refused("the token is no JWT")),
        }
    }
}

/// A JSON object in base64url. A name twice could be read in two ways (RFC 7519 4).
fn object(part: &str, what: &str) -> Result<RawClaims, AccessError> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| refused(format!("the token's {what} is not base64url")))?;
    let once: Result<Once, _> = serde_json::from_slice(&bytes);
    once.map(|once| once.0).map_err(|_| refused(format!("the token's {what} is no JSON object with each name once")))
}

/// An object whose names stand in it once.
struct Once(RawClaims);

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;
        impl<'de> Visitor<'de> for Names {
            type Value = RawClaims;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawClaims, A::Error> {
                let mut all = RawClaims::new();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    if all.insert(name, value).is_some() {
                        return Err(A::Error::custom("a name stands twice"));
                    }
                }
                Ok(all)
            }
        }
        deserializer.deserialize_map(Names).map(Self)
    }
}

#[cfg(test)]
mod tests;

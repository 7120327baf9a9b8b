//! The checks of OpenID Connect Core 1.0, sections 3.1.3.7 and 5.3.2, on claims whose signature has been verified. Pure.

use std::time::Duration;

use serde_json::Value;
use subtle::ConstantTimeEq as _;

use crate::base::Timestamp;

use super::RawClaims;
use super::error::{OidcError, quoted};
use super::keys::{Verified, half_hash};

/// How far the provider's clock and ours may be apart.
pub(super) const LEEWAY: Duration = Duration::from_secs(60);
/// How old an ID token may be: it was made for the code we have just exchanged.
const MAX_AGE: Duration = Duration::from_secs(60 * 60);

/// What an ID token has to agree with.
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    /// What we sent; one that came for a refresh token answers to nothing that we sent (OpenID Connect Core 1.0, 12.2).
    pub(super) nonce: Option<&'a str>,
    pub(super) access_token: &'a str,
    pub(super) now: Timestamp,
}

/// Checks a verified ID token and gives its subject.
pub(super) fn id_token(token: &Verified, expected: &Expected<'_>) -> Result<String, OidcError> {
    let claims = &token.claims;
    issuer(claims, expected.issuer)?;
    audience(claims, expected.client_id)?;
    times(claims, expected.now)?;
    if let Some(ours) = expected.nonce
        && !text(claims, "nonce").is_some_and(|nonce| same(nonce, ours))
    {
        return Err(OidcError::refused("the ID token's nonce is not the one we sent"));
    }
    if let Some(at_hash) = claims.get("at_hash") {
        let ours = half_hash(token.algorithm, expected.access_token);
        if !at_hash.as_str().is_some_and(|theirs| same(theirs, &ours)) {
            return Err(OidcError::refused("the ID token's at_hash is not of the access token that came with it"));
        }
    }
    match text(claims, "sub") {
        Some(subject) if !subject.is_empty() => Ok(subject.to_owned()),
        _ => Err(OidcError::refused("the ID token has no sub that is a non-empty string")),
    }
}

/// Checks what a userinfo JWT says of itself; there these claims are only recommended.
pub(super) fn userinfo_jwt(token: &Verified, issuer: &str, client_id: &str) -> Result<(), OidcError> {
    if let Some(iss) = token.claims.get("iss")
        && iss.as_str() != Some(issuer)
    {
        return Err(OidcError::refused("the userinfo JWT is of another issuer"));
    }
    match token.claims.get("aud") {
        Some(aud) if !audiences(aud).is_some_and(|all| all.contains(&client_id)) => {
            Err(OidcError::refused("the userinfo JWT is for another audience"))
        }
        _ => Ok(()),
    }
}

/// Checks that userinfo is of the person the ID token is of.
pub(super) fn userinfo_subject(claims: &RawClaims, subject: &str) -> Result<(), OidcError> {
    match text(claims, "sub") {
        Some(sub) if sub == subject => Ok(()),
        Some(_) => Err(OidcError::refused("userinfo is of another sub than the ID token")),
        None => Err(OidcError::refused("userinfo has no sub")),
    }
}

/// The `iss` of any token of the provider's.
pub(super) fn issuer(claims: &RawClaims, issuer: &str) -> Result<(), OidcError> {
    match text(claims, "iss") {
        Some(iss) if iss == issuer => Ok(()),
        Some(iss) => Err(OidcError::refused(format!("the token is of another issuer: {}", quoted(iss)))),
        None => Err(OidcError::refused("the token has no iss")),
    }
}

/// The `aud`, and `azp`, of any token made for us.
pub(super) fn audience(claims: &RawClaims, client_id: &str) -> Result<(), OidcError> {
    let all = claims.get("aud").and_then(audiences).unwrap_or_default();
    if !all.contains(&client_id) {
        return Err(OidcError::refused("the token is for another audience (aud)"));
    }
    match claims.get("azp") {
        Some(azp) if azp.as_str() != Some(client_id) => {
            Err(OidcError::refused("the token was issued to another client (azp)"))
        }
        None if all.len() > 1 => Err(OidcError::refused("the token has several audiences and no azp")),
        _ => Ok(()),
    }
}

fn times(claims: &RawClaims, now: Timestamp) -> Result<(), OidcError> {
    let exp = instant(claims, "exp")?.ok_or_else(|| OidcError::refused("the ID token has no exp"))?;
    if now >= exp.plus(LEEWAY) {
        return Err(OidcError::refused(format!("the ID token expired {} s ago", now.since(exp).as_secs())));
    }
    let iat = instant(claims, "iat")?.ok_or_else(|| OidcError::refused("the ID token has no iat"))?;
    if iat > now.plus(LEEWAY) {
        let ahead = iat.since(now).as_secs();
        return Err(OidcError::refused(format!(
            "the ID token was issued {ahead} s in the future (iat): compare clocks"
        )));
    }
    if now.since(iat) > MAX_AGE + LEEWAY {
        return Err(OidcError::refused(format!("the ID token was issued {} s ago (iat)", now.since(iat).as_secs())));
    }
    match instant(claims, "nbf")? {
        Some(nbf) if nbf > now.plus(LEEWAY) => Err(OidcError::refused("the ID token is not valid yet (nbf)")),
        _ => Ok(()),
    }
}

/// A NumericDate (RFC 7519 2), which may have a fraction.
pub(super) fn instant(claims: &RawClaims, name: &str) -> Result<Option<Timestamp>, OidcError> {
    let Some(value) = claims.get(name) else { return Ok(None) };
    let not_a_date = || OidcError::refused(format!("the token's {name} is no date"));
    if let Some(secs) = value.as_i64() {
        return Ok(Some(Timestamp::from_secs(secs)));
    }
    let secs = value.as_f64().ok_or_else(not_a_date)?;
    // Years 1 to 9999: beyond, a float as well as a date means nothing.
    if !(-62_135_596_800.0..=253_402_300_799.0).contains(&secs) {
        return Err(not_a_date());
    }
    #[expect(clippy::cast_possible_truncation, reason = "in range, and the fraction of a second does not matter")]
    Ok(Some(Timestamp::from_secs(secs as i64)))
}

pub(super) fn audiences(aud: &Value) -> Option<Vec<&str>> {
    match aud {
        Value::String(one) => Some(vec![one.as_str()]),
        Value::Array(all) => all.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

pub(super) fn text<'a>(claims: &'a RawClaims, name: &str) -> Option<&'a str> {
    claims.get(name).and_then(Value::as_str)
}

fn same(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

#[cfg(test)]
mod tests;

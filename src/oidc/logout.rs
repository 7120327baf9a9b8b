//! Signing out at the provider: what it says when somebody did so there (OpenID Connect Back-Channel Logout 1.0), and where
//! somebody who signs out here is sent on to (RP-Initiated Logout 1.0).

use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use url::Url;

use super::check::{self, LEEWAY, instant, text};
use super::error::OidcError;
use super::{RawClaims, RelyingParty, claimed_issuer, is_session_id};
use crate::base::Timestamp;

/// What makes a token a logout token.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// How old a logout token may be: what it says is sent at once.
const MAX_AGE: Duration = Duration::from_secs(60 * 60);
/// Longest `sub` or `jti`, in bytes (OpenID Connect Core 1.0, section 2, has 255 for the first).
const MAX_TEXT: usize = 1_024;

/// What a verified logout token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogoutToken {
    /// Whose sessions ended there.
    pub subject: Option<String>,
    /// Which of them; else all.
    pub sid: Option<String>,
    /// The token's own name (`jti`): it counts once.
    pub id: String,
    /// From when on it would not be taken anyway.
    pub stale_at: Timestamp,
}

impl RelyingParty {
    /// Verifies a logout token (OpenID Connect Back-Channel Logout 1.0, section 2.6).
    ///
    /// # Errors
    /// When it does not stand every check, or the provider's keys cannot be had.
    pub async fn logout_token(&self, jwt: &str) -> Result<LogoutToken, OidcError> {
        // Before anything is asked of anybody: strangers send these.
        if claimed_issuer(jwt).as_deref() != Some(self.settings.issuer.as_str()) {
            return Err(OidcError::refused("the logout token is of another issuer"));
        }
        let provider = self.discovery.current().await?;
        let verified = self.verify(&provider, jwt).await?;
        LogoutToken::read(&verified.claims, self.settings.issuer.as_str(), &self.settings.client_id, self.ambient.now())
    }

    /// Where to send the browser of somebody who has signed out here and shall be signed out there too, to come back to
    /// `then`; nothing if the provider has no such place.
    ///
    /// # Errors
    /// When the provider's metadata cannot be had.
    pub async fn end_session(&self, id_token: Option<&SecretString>, then: &str) -> Result<Option<Url>, OidcError> {
        let provider = self.discovery.current().await?;
        let Some(mut url) = provider.metadata.end_session_endpoint.clone() else { return Ok(None) };
        let mut query = url.query_pairs_mut();
        if let Some(id_token) = id_token {
            query.append_pair("id_token_hint", id_token.expose_secret());
        }
        query.append_pair("client_id", &self.settings.client_id).append_pair("post_logout_redirect_uri", then);
        drop(query);
        Ok(Some(url))
    }
}

impl LogoutToken {
    /// Reads the claims of a token whose signature has been verified; [`RelyingParty::logout_token`] sees to both.
    ///
    /// # Errors
    /// When they are not those of a logout token of this issuer, for this client, of now.
    pub fn read(claims: &RawClaims, issuer: &str, client_id: &str, now: Timestamp) -> Result<Self, OidcError> {
        let refused = |why: &str| Err(OidcError::refused(format!("the logout token {why}")));
        check::issuer(claims, issuer)?;
        check::audience(claims, client_id)?;
        let event = claims.get("events").and_then(|events| events.get(EVENT));
        if !event.is_some_and(Value::is_object) {
            return refused("tells of no logout (events): it is another kind of token");
        }
        // An ID token must never do for one (2.4).
        if claims.contains_key("nonce") {
            return refused("has a nonce, which only ID tokens have");
        }
        let Some(exp) = instant(claims, "exp")? else { return refused("has no exp") };
        let Some(iat) = instant(claims, "iat")? else { return refused("has no iat") };
        if now >= exp.plus(LEEWAY) {
            return refused("has expired");
        }
        if iat > now.plus(LEEWAY) {
            return refused("was issued in the future (iat): compare clocks");
        }
        let oldest = iat.plus(MAX_AGE + LEEWAY);
        if now >= oldest {
            return refused("was issued long ago (iat)");
        }
        let short = |name: &str| text(claims, name).filter(|text| !text.is_empty() && text.len() <= MAX_TEXT);
        let Some(id) = short("jti") else { return refused("has no jti that can be remembered") };
        let subject = short("sub").map(str::to_owned);
        let sid = text(claims, "sid").filter(is_session_id).map(str::to_owned);
        if claims.contains_key("sub") && subject.is_none() || claims.contains_key("sid") && sid.is_none() {
            return refused("names a sub or sid that can be nobody's");
        }
        if subject.is_none() && sid.is_none() {
            return refused("names neither sub nor sid");
        }
        Ok(Self { subject, sid, id: id.to_owned(), stale_at: exp.plus(LEEWAY).min(oldest) })
    }
}

#[cfg(test)]
mod tests;

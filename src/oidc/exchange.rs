//! The two requests of a sign-in: the authorization request, which the browser carries (OpenID Connect Core 1.0,
//! section 3.1.2.1, with PKCE, RFC 7636), and the token request, which is ours (RFC 6749, section 4.1.3); and the one by
//! which claims are fetched again.
//!
//! Of the token response only what is used is looked at, so that nothing else in it can stop a sign-in.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Request, StatusCode};
use secrecy::ExposeSecret as _;
use serde_json::Value;
use url::Url;

use crate::base::HttpClient;
use crate::identity::ClientAuth;

use super::error::{OidcError, quoted};
use super::provider::{Provider, unexpected_status};
use super::{Attempt, Hints, ProviderSettings, RawClaims};

const WHAT: &str = "the token endpoint";

/// Where to send the browser.
pub(super) fn authorization_url(
    settings: &ProviderSettings,
    provider: &Provider,
    hints: &Hints,
    attempt: &Attempt,
) -> Url {
    let mut url = provider.metadata.authorization_endpoint.clone();
    // The endpoint may have a query of its own, which stays.
    let mut query = url.query_pairs_mut();
    query
        .append_pair("response_type", "code")
        .append_pair("client_id", &settings.client_id)
        .append_pair("redirect_uri", &settings.redirect_uri)
        .append_pair("scope", &scope(&settings.scopes))
        .append_pair("state", &attempt.state)
        .append_pair("nonce", &attempt.nonce)
        .append_pair("code_challenge", &code_challenge(&attempt.pkce_verifier))
        .append_pair("code_challenge_method", "S256");
    if let Some(hint) = &hints.login_hint {
        query.append_pair("login_hint", hint);
    }
    if hints.reauthenticate {
        query.append_pair("prompt", "login");
    }
    drop(query);
    url
}

/// Without `openid` it would be no OpenID request.
fn scope(scopes: &[String]) -> String {
    let others = scopes.iter().map(String::as_str).filter(|scope| *scope != "openid");
    std::iter::once("openid").chain(others).collect::<Vec<_>>().join(" ")
}

/// The S256 challenge of a verifier (RFC 7636 4.2).
fn code_challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()))
}

/// What the token endpoint gave for a code.
pub(super) struct Tokens {
    pub(super) id_token: String,
    pub(super) access_token: String,
    pub(super) refresh_token: Option<String>,
}

/// What it gives for a refresh token.
pub(super) struct Renewed {
    pub(super) access_token: String,
    /// Not every provider gives one (OpenID Connect Core 1.0, section 12.2).
    pub(super) id_token: Option<String>,
}

/// What the token endpoint makes of a refresh token.
pub(super) enum Refreshed {
    /// Tokens of now, if they can be used, and the refresh token that may have taken this one's place all the same.
    Tokens(Result<Renewed, OidcError>, Option<String>),
    /// Nothing any more (`invalid_grant`, RFC 6749 5.2): it ran out, was taken back, or the person is gone.
    Ended(OidcError),
}

/// Exchanges a code.
pub(super) async fn redeem(
    settings: &ProviderSettings,
    http: &HttpClient,
    provider: &Provider,
    code: &str,
    attempt: &Attempt,
) -> Result<Tokens, OidcError> {
    let form = code_grant(settings, code, attempt);
    let request = token_request(settings, &provider.metadata.token_endpoint, &form)?;
    let response = http.request(request).await.map_err(|error| OidcError::of_exchange(WHAT, &error))?;
    match response.status() {
        StatusCode::OK => Tokens::parse(response.body()),
        status @ (StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED) => {
            Err(refusal(settings, status, response.body()))
        }
        status => Err(unexpected_status(WHAT, status)),
    }
}

fn code_grant<'a>(settings: &'a ProviderSettings, code: &'a str, attempt: &'a Attempt) -> [(&'static str, &'a str); 4] {
    [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", &settings.redirect_uri),
        ("code_verifier", &attempt.pkce_verifier),
    ]
}

/// Uses a refresh token (RFC 6749 6, OpenID Connect Core 1.0, section 12).
pub(super) async fn refresh(
    settings: &ProviderSettings,
    http: &HttpClient,
    provider: &Provider,
    token: &str,
) -> Result<Refreshed, OidcError> {
    let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
    let request = token_request(settings, &provider.metadata.token_endpoint, &form)?;
    let response = http.request(request).await.map_err(|error| OidcError::of_exchange(WHAT, &error))?;
    match response.status() {
        StatusCode::OK => {
            let next = said(response.body(), "refresh_token");
            Ok(Refreshed::Tokens(Renewed::parse(response.body()), next))
        }
        status @ (StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED) => {
            let refused = refusal(settings, status, response.body());
            let ended = said(response.body(), "error").as_deref() == Some("invalid_grant");
            if ended { Ok(Refreshed::Ended(refused)) } else { Err(refused) }
        }
        status => Err(unexpected_status(WHAT, status)),
    }
}

fn token_request<'a>(
    settings: &'a ProviderSettings,
    endpoint: &Url,
    what: &[(&'static str, &'a str)],
) -> Result<Request<Bytes>, OidcError> {
    let unusable = || OidcError::misconfigured("the token request cannot be sent: check client id and secret");
    let mut form = what.to_vec();
    let mut request = Request::post(endpoint.as_str())
        .header(ACCEPT, "application/json")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    let secret = settings.client_secret.as_ref().map(|secret| secret.expose_secret());
    match (settings.client_auth, secret) {
        (ClientAuth::Basic, Some(secret)) => {
            let value = basic_authorization(&settings.client_id, secret).ok_or_else(unusable)?;
            request = request.header(AUTHORIZATION, value);
        }
        (ClientAuth::Post, Some(secret)) => {
            form.extend([("client_id", settings.client_id.as_str()), ("client_secret", secret)]);
        }
        // A public client only says who it is.
        (ClientAuth::None, _) | (_, None) => form.push(("client_id", &settings.client_id)),
    }
    let body: Vec<String> = form.into_iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    request.body(Bytes::from(body.join("&"))).map_err(|_| unusable())
}

fn basic_authorization(client_id: &str, secret: &str) -> Option<HeaderValue> {
    let pair = format!("{}:{}", encoded(client_id), encoded(secret));
    let mut value = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(pair))).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Form encoding (`application/x-www-form-urlencoded`) of no more than it must. RFC 6749 2.3.1 wants it in Basic too,
/// where several providers do not decode: leaving alone what is unreserved (RFC 3986 2.3) satisfies both for all usual
/// secrets.
fn encoded(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
        out
    })
}

impl Tokens {
    /// Reads a token response (RFC 6749 5.1, OpenID Connect Core 1.0 3.1.3.3). How long the access token is good for,
    /// and whatever else there is, does not matter: it is used at once.
    fn parse(json: &[u8]) -> Result<Self, OidcError> {
        let Renewed { access_token, id_token } = Renewed::parse(json)?;
        let id_token = id_token.ok_or_else(|| OidcError::refused(format!("{WHAT} gave no ID token")))?;
        Ok(Self { access_token, id_token, refresh_token: said(json, "refresh_token") })
    }
}

impl Renewed {
    fn parse(json: &[u8]) -> Result<Self, OidcError> {
        let answer: RawClaims = serde_json::from_slice(json)
            .map_err(|_| OidcError::refused(format!("{WHAT} did not answer with a token response: no JSON object")))?;
        let token = |name: &str| text(&answer, name).filter(|token| !token.is_empty()).map(str::to_owned);
        // Another kind of access token could not be used at userinfo (RFC 6749 7.1).
        match answer.get("token_type") {
            None | Some(Value::Null) => {}
            Some(Value::String(kind)) if kind.eq_ignore_ascii_case("bearer") => {}
            Some(_) => return Err(OidcError::refused(format!("{WHAT} gave a token that is no bearer token"))),
        }
        let access_token = token("access_token");
        let access_token = access_token.ok_or_else(|| OidcError::refused(format!("{WHAT} gave no access token")))?;
        Ok(Self { access_token, id_token: token("id_token") })
    }
}

/// A text of the answer that is not empty.
fn said(json: &[u8], name: &str) -> Option<String> {
    let answer: RawClaims = serde_json::from_slice(json).ok()?;
    text(&answer, name).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Reads an error response (RFC 6749 5.2).
fn refusal(settings: &ProviderSettings, status: StatusCode, json: &[u8]) -> OidcError {
    let answer: RawClaims = serde_json::from_slice(json).unwrap_or_default();
    let Some(error) = text(&answer, "error") else {
        return OidcError::refused(format!("{WHAT} answered {} without saying why", status.as_u16()));
    };
    let mut cause = format!("{WHAT} answered {}", quoted(&without_secret(settings, error)));
    if let Some(description) = text(&answer, "error_description") {
        cause = format!("{cause}, {}", quoted(&without_secret(settings, description)));
    }
    match error {
        "invalid_client" | "unauthorized_client" => {
            OidcError::misconfigured(format!("{cause}: check client id, secret and client_auth"))
        }
        _ => OidcError::refused(cause),
    }
}

/// A provider may quote what we sent. Codes and tokens are long enough to be masked anyway; a secret need not be.
fn without_secret(settings: &ProviderSettings, text: &str) -> String {
    match settings.client_secret.as_ref().map(|secret| secret.expose_secret()) {
        Some(secret) if !secret.is_empty() => text.replace(secret, "…").replace(&encoded(secret), "…"),
        _ => text.to_owned(),
    }
}

fn text<'a>(answer: &'a RawClaims, name: &str) -> Option<&'a str> {
    answer.get(name).and_then(Value::as_str)
}

#[cfg(test)]
mod tests;

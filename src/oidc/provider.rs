//! What a provider publishes: its metadata (OpenID Connect Discovery 1.0) and its keys.

use bytes::Bytes;
use http::header::ACCEPT;
use http::{Request, Response, StatusCode};
use serde_json::Value;
use url::Url;

use crate::base::{HttpClient, Timestamp};
use crate::identity::{Host, Issuer, KeySource};

use super::RawClaims;
use super::error::{OidcError, quoted};
use super::keys::KeySet;

/// Where the document lies below an issuer (OpenID Connect Discovery 1.0, section 4).
pub(super) const DOCUMENT: &str = "/.well-known/openid-configuration";

/// A provider as it described itself.
pub(super) struct Provider {
    pub(super) metadata: Metadata,
    pub(super) keys: KeySet,
    /// When it was asked.
    pub(super) fetched: Timestamp,
}

/// The part of a provider's metadata that we use; whatever else it holds, and of whatever type, does not matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Metadata {
    pub(super) issuer: String,
    pub(super) authorization_endpoint: Url,
    pub(super) token_endpoint: Url,
    pub(super) jwks_uri: Url,
    pub(super) userinfo_endpoint: Option<Url>,
    /// Where people sign out (OpenID Connect RP-Initiated Logout 1.0, section 2.1). Nobody signs in there, so one that is
    /// no address of theirs is none.
    pub(super) end_session_endpoint: Option<Url>,
    /// Whether every authorization response carries `iss` (RFC 9207 3).
    pub(super) iss_in_response: bool,
}

/// What somebody publishes and we keep for a while.
pub(super) trait Published: Sized + Send + Sync + 'static {
    /// Where it is.
    type Place: Send + Sync + 'static;

    /// Asks for it.
    fn fetch(
        place: &Self::Place,
        http: &HttpClient,
        now: Timestamp,
    ) -> impl Future<Output = Result<Self, OidcError>> + Send;

    /// When it was asked for.
    fn fetched(&self) -> Timestamp;
}

impl Published for Provider {
    type Place = Issuer;

    async fn fetch(issuer: &Issuer, http: &HttpClient, now: Timestamp) -> Result<Self, OidcError> {
        let metadata = Metadata::parse(issuer, &document(issuer, http).await?)?;
        let keys = keys(&metadata.jwks_uri, http).await?;
        Ok(Self { metadata, keys, fetched: now })
    }

    fn fetched(&self) -> Timestamp {
        self.fetched
    }
}

/// The keys of an issuer of access tokens, at which nobody signs in.
pub(super) struct PublishedKeys {
    pub(super) keys: KeySet,
    fetched: Timestamp,
}

impl Published for PublishedKeys {
    type Place = (Issuer, KeySource);

    async fn fetch((issuer, source): &Self::Place, http: &HttpClient, now: Timestamp) -> Result<Self, OidcError> {
        let url = match source {
            KeySource::Url(url) => Url::parse(url).map_err(|_| OidcError::misconfigured("jwks_url is no URL"))?,
            KeySource::Discovery => {
                let body = self::document(issuer, http).await?;
                let document = of_issuer(issuer, &body)?;
                required(issuer, &document, "jwks_uri")?
            }
        };
        Ok(Self { keys: keys(&url, http).await?, fetched: now })
    }

    fn fetched(&self) -> Timestamp {
        self.fetched
    }
}

/// The metadata document of an issuer, unread.
pub(super) async fn document(issuer: &Issuer, http: &HttpClient) -> Result<Bytes, OidcError> {
    let base = issuer.as_str().strip_suffix('/').unwrap_or(issuer.as_str());
    Ok(get(http, &format!("{base}{DOCUMENT}"), "discovery").await?.into_body())
}

/// The keys that are there.
pub(super) async fn keys(url: &Url, http: &HttpClient) -> Result<KeySet, OidcError> {
    let response = get(http, url.as_str(), "the key set").await?;
    KeySet::parse(response.body()).ok_or_else(|| OidcError::misconfigured("the key set (jwks_uri) is no JWK Set"))
}

impl Metadata {
    /// Reads a metadata document of exactly this issuer.
    pub(super) fn parse(issuer: &Issuer, json: &[u8]) -> Result<Self, OidcError> {
        let document = of_issuer(issuer, json)?;
        let required = |name: &str| required(issuer, &document, name);
        Ok(Self {
            issuer: issuer.as_str().to_owned(),
            authorization_endpoint: required("authorization_endpoint")?,
            token_endpoint: required("token_endpoint")?,
            jwks_uri: required("jwks_uri")?,
            userinfo_endpoint: endpoint(issuer, &document, "userinfo_endpoint")?,
            end_session_endpoint: endpoint(issuer, &document, "end_session_endpoint").unwrap_or_default(),
            iss_in_response: document.get("authorization_response_iss_parameter_supported") == Some(&Value::Bool(true)),
        })
    }
}

/// A discovery document that is this issuer's.
fn of_issuer(issuer: &Issuer, json: &[u8]) -> Result<RawClaims, OidcError> {
    let document: RawClaims = serde_json::from_slice(json)
        .map_err(|_| OidcError::misconfigured("the discovery document is no JSON object: is the issuer right?"))?;
    let theirs = document.get("issuer").and_then(Value::as_str).unwrap_or_default();
    if theirs != issuer.as_str() {
        let (theirs, ours) = (quoted(theirs), issuer.as_str());
        return Err(OidcError::misconfigured(format!(
            "the discovery document is of another issuer, {theirs}; the setting says \"{ours}\", and they must be \
             equal to the last character"
        )));
    }
    Ok(document)
}

fn required(issuer: &Issuer, document: &RawClaims, name: &str) -> Result<Url, OidcError> {
    endpoint(issuer, document, name)?
        .ok_or_else(|| OidcError::misconfigured(format!("the discovery document has no {name}")))
}

/// An endpoint of the metadata: https, or http on loopback if the issuer itself is there. Whoever runs a provider
/// elsewhere must not be able to send our requests to what listens on this machine alone.
fn endpoint(issuer: &Issuer, document: &RawClaims, name: &str) -> Result<Option<Url>, OidcError> {
    let text = match document.get(name) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text,
        Some(_) => return Err(OidcError::misconfigured(format!("the discovery document's {name} is no URL"))),
    };
    let usable = Url::parse(text).ok().filter(|url| {
        let host = url.host_str().and_then(|host| Host::parse(host).ok());
        let safe = match url.scheme() {
            "https" => host.is_some(),
            "http" => issuer.as_str().starts_with("http://") && host.is_some_and(|host| host.is_loopback()),
            _ => false,
        };
        safe && url.fragment().is_none() && url.username().is_empty() && url.password().is_none()
    });
    match usable {
        Some(url) => Ok(Some(url)),
        None => Err(OidcError::misconfigured(format!("the discovery document's {name} is no https URL"))),
    }
}

async fn get(http: &HttpClient, url: &str, what: &str) -> Result<Response<Bytes>, OidcError> {
    let request = Request::get(url)
        .header(ACCEPT, "application/json")
        .body(Bytes::new())
        .map_err(|_| OidcError::misconfigured(format!("{what}: the address is no URL")))?;
    let response = http.request(request).await.map_err(|error| OidcError::of_exchange(what, &error))?;
    match response.status() {
        StatusCode::OK => Ok(response),
        status => Err(unexpected_status(what, status)),
    }
}

/// The error of an endpoint that answers something else than it should.
pub(super) fn unexpected_status(what: &str, status: StatusCode) -> OidcError {
    let code = status.as_u16();
    if status.is_server_error() || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT) {
        OidcError::unavailable(format!("{what} answered {code}"))
    } else if status.is_redirection() {
        OidcError::misconfigured(format!("{what} answered {code}, a redirect, which is not followed"))
    } else {
        OidcError::misconfigured(format!("{what} answered {code}"))
    }
}

#[cfg(test)]
mod tests;

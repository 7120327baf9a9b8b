//! Asking the userinfo endpoint (OpenID Connect Core 1.0, section 5.3).

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Request, StatusCode};
use url::Url;

use crate::base::HttpClient;

use super::RawClaims;
use super::error::OidcError;
use super::keys::MAX_CLAIMS;
use super::provider::unexpected_status;

const WHAT: &str = "the userinfo endpoint";

/// What it answered.
pub(super) enum Answer {
    /// Plain claims, as trustworthy as the connection.
    Claims(RawClaims),
    /// A JWT, not verified yet.
    Jwt(String),
}

/// Asks with the access token.
pub(super) async fn fetch(http: &HttpClient, endpoint: &Url, access_token: &str) -> Result<Answer, OidcError> {
    let unusable = || OidcError::refused("the access token cannot be sent to the userinfo endpoint");
    let mut bearer = HeaderValue::from_str(&format!("Bearer {access_token}")).map_err(|_| unusable())?;
    bearer.set_sensitive(true);
    let request = Request::get(endpoint.as_str())
        .header(ACCEPT, "application/json, application/jwt")
        .header(AUTHORIZATION, bearer)
        .body(Bytes::new())
        .map_err(|_| unusable())?;
    let response = http.request(request).await.map_err(|error| OidcError::of_exchange(WHAT, &error))?;
    match response.status() {
        StatusCode::OK => {}
        status @ (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => {
            return Err(OidcError::refused(format!("{WHAT} answered {} to the access token", status.as_u16())));
        }
        status => return Err(unexpected_status(WHAT, status)),
    }
    let media_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/jwt") {
        let text =
            std::str::from_utf8(response.body()).map_err(|_| OidcError::refused("the userinfo JWT is no text"))?;
        return Ok(Answer::Jwt(text.trim().to_owned()));
    }
    if response.body().len() > MAX_CLAIMS {
        return Err(OidcError::refused(format!("{WHAT} answered more than {MAX_CLAIMS} bytes of claims")));
    }
    let claims = serde_json::from_slice(response.body())
        .map_err(|_| OidcError::refused(format!("{WHAT} did not answer with a JSON object")))?;
    Ok(Answer::Claims(claims))
}

//! The token endpoint and userinfo.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::response::{IntoResponse as _, Response};
use axum::{Form, Json};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};

use super::authorize::Granted;
use super::signer::at_hash;
use super::{Provider, TOKEN_LIFE};

/// The parameters of a token request (RFC 6749 4.1.3, RFC 7636 4.5).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Exchange {
    grant_type: String,
    code: String,
    redirect_uri: String,
    code_verifier: String,
}

/// `POST /token`: a code for an ID token and an access token.
pub(super) async fn exchange(
    State(provider): State<Arc<Provider>>,
    headers: HeaderMap,
    form: Result<Form<Exchange>, FormRejection>,
) -> Response {
    if !provider.client.is_sender(&headers) {
        let mut response = refuse(StatusCode::UNAUTHORIZED, "invalid_client");
        let challenge = HeaderValue::from_static("Basic realm=\"demonstration provider\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        return response;
    }
    let Ok(Form(exchange)) = form else { return refuse(StatusCode::BAD_REQUEST, "invalid_request") };
    if exchange.grant_type != "authorization_code" {
        return refuse(StatusCode::BAD_REQUEST, "unsupported_grant_type");
    }
    // Taken before it is judged: a code that was shown with the wrong verifier is spent.
    let granted = provider.codes.take(&provider.ambient, &exchange.code);
    match granted.filter(|granted| fits(granted, &exchange)).and_then(|granted| tokens(&provider, &granted)) {
        Some(tokens) => answer(StatusCode::OK, tokens),
        None => refuse(StatusCode::BAD_REQUEST, "invalid_grant"),
    }
}

fn fits(granted: &Granted, exchange: &Exchange) -> bool {
    let verifier = exchange.code_verifier.as_bytes();
    // RFC 7636 4.1.
    let unreserved = |c: &u8| c.is_ascii_alphanumeric() || b"-._~".contains(c);
    (43..=128).contains(&verifier.len())
        && verifier.iter().all(unreserved)
        && URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier)) == granted.code_challenge
        && exchange.redirect_uri == granted.redirect_uri
}

fn tokens(provider: &Provider, granted: &Granted) -> Option<Value> {
    let access_token = provider.tokens.issue(&provider.ambient, granted.person);
    let now = provider.ambient.now();
    let mut claims = granted.person.claims();
    let body = claims.as_object_mut()?;
    body.insert("iss".into(), json!(provider.issuer));
    body.insert("aud".into(), json!(provider.client.id));
    body.insert("iat".into(), json!(now.secs()));
    body.insert("exp".into(), json!(now.plus(TOKEN_LIFE).secs()));
    body.insert("auth_time".into(), json!(now.secs()));
    body.insert("at_hash".into(), json!(at_hash(&access_token)));
    if !granted.nonce.is_empty() {
        body.insert("nonce".into(), json!(granted.nonce));
    }
    Some(json!({
        "access_token": access_token,
        "token_type": "Bearer",
        "expires_in": TOKEN_LIFE.as_secs(),
        "id_token": provider.signer.sign(&claims)?,
    }))
}

/// `GET` and `POST /userinfo` (OpenID Connect Core 1.0, 5.3; RFC 6750 2.1).
pub(super) async fn userinfo(State(provider): State<Arc<Provider>>, headers: HeaderMap) -> Response {
    let person = bearer(&headers).and_then(|token| provider.tokens.look(&provider.ambient, token));
    if let Some(person) = person {
        return answer(StatusCode::OK, person.claims());
    }
    let mut response = refuse(StatusCode::UNAUTHORIZED, "invalid_token");
    let challenge = HeaderValue::from_static("Bearer error=\"invalid_token\"");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    response
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

fn refuse(status: StatusCode, error: &str) -> Response {
    answer(status, json!({ "error": error }))
}

fn answer(status: StatusCode, body: Value) -> Response {
    (status, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

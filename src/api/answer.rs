//! What goes well: JSON, with the state it is in where it can be changed.

use axum::body::Body;
use axum::response::Response;
use http::header::{ETAG, IF_MATCH, LOCATION};
use http::{HeaderMap, HeaderValue, StatusCode};
use schemars::JsonSchema;
use serde::Serialize;

use super::BASE;
use super::refusal::Refusal;
use crate::base::TokenHash;
use crate::web;

/// What a handler gives.
pub(super) type Answer = Result<Response, Refusal>;

/// A page of a list.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "PageOf{T}")]
pub(super) struct Page<T> {
    /// The things on this page.
    pub(super) items: Vec<T>,
    /// The `cursor` of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next: Option<String>,
}

/// Something without a state to be held to.
pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Answer {
    let body = serde_json::to_vec(body).map_err(|error| Refusal::Store(error.to_string()))?;
    Ok(web::answer(status, "application/json", Body::from(body)))
}

/// One thing, with the state it is in.
pub(super) fn one(body: &impl Serialize) -> Answer {
    let etag = etag(body)?;
    let mut response = json(StatusCode::OK, body)?;
    response.headers_mut().insert(ETAG, etag);
    Ok(response)
}

/// A thing that has come into being at this path below [`BASE`].
pub(super) fn created(path: &str, body: &impl Serialize) -> Answer {
    let mut response = one(body)?;
    *response.status_mut() = StatusCode::CREATED;
    if let Ok(location) = HeaderValue::from_str(&format!("{BASE}{path}")) {
        response.headers_mut().insert(LOCATION, location);
    }
    Ok(response)
}

/// Nothing more to say.
pub(super) fn done() -> Answer {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(response)
}

/// The state of a thing: a hash of what is shown of it (RFC 9110 8.8.3), so that what nobody can see changes nothing.
fn etag(body: &impl Serialize) -> Result<HeaderValue, Refusal> {
    // As a value, so that the order of its members counts for nothing.
    let shown = serde_json::to_value(body).map_err(|error| Refusal::Store(error.to_string()))?;
    let hash = TokenHash::of(shown.to_string().as_bytes()).to_string();
    HeaderValue::from_str(&format!("\"{}\"", &hash[..32])).map_err(|error| Refusal::Store(error.to_string()))
}

/// Whether `If-Match`, if it is there, means the thing as it is shown now (RFC 9110 13.1.1).
///
/// # Errors
/// When it means another state.
pub(super) fn matches(headers: &HeaderMap, shown: &impl Serialize) -> Result<(), Refusal> {
    if !headers.contains_key(IF_MATCH) || is_any(headers) {
        return Ok(());
    }
    let now = etag(shown)?;
    let values = headers.get_all(IF_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut listed = values.flat_map(|value| value.split(',')).map(str::trim);
    if listed.any(|tag| tag.as_bytes() == now.as_bytes()) { Ok(()) } else { Err(Refusal::Changed) }
}

/// Whether `If-Match` means whatever is there: `*` stands for that alone, not in a list.
pub(super) fn is_any(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(IF_MATCH).iter();
    values.next().is_some_and(|value| value == "*") && values.next().is_none()
}

/// The same where a state must be named.
///
/// # Errors
/// When none is named, or another.
pub(super) fn must_match(headers: &HeaderMap, shown: &impl Serialize) -> Result<(), Refusal> {
    if headers.contains_key(IF_MATCH) { matches(headers, shown) } else { Err(Refusal::NoPrecondition) }
}

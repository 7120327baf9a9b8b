//! What a request says: the parts of its path, its query, its body. What cannot be read is refused with the reason.

use std::borrow::Cow;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::PathRejection;
use axum::extract::{self, FromRequest, FromRequestParts, Path, Request};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::request::Parts;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};

use super::refusal::Refusal;
use super::{Api, objects};

/// Most things on one page.
pub(super) const MAX_PAGE: u32 = 200;
/// Things on one page unless something else is said.
const USUAL_PAGE: u32 = 50;

/// The parts of the path. What is no id names nothing.
#[derive(Debug)]
pub(super) struct At<T>(pub(super) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Arc<Api>> for At<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, Refusal> {
        let path: Result<Path<T>, PathRejection> = Path::from_request_parts(parts, api).await;
        path.map(|Path(path)| Self(path)).map_err(|_| Refusal::NotFound)
    }
}

/// The query.
#[derive(Debug)]
pub(super) struct Query<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequestParts<Arc<Api>> for Query<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Api>) -> Result<Self, Refusal> {
        let query = extract::Query::try_from_uri(&parts.uri);
        query.map(|extract::Query(query)| Self(query)).map_err(|error| Refusal::Query(error.body_text()))
    }
}

/// The body, JSON.
#[derive(Debug)]
pub(super) struct Sent<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<Arc<Api>> for Sent<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, api: &Arc<Api>) -> Result<Self, Refusal> {
        let content_type = request.headers().get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let media_type = content_type.and_then(|value| value.split(';').next()).map(str::trim).unwrap_or_default();
        if !media_type.eq_ignore_ascii_case("application/json") {
            return Err(Refusal::NotJson);
        }
        let body = Bytes::from_request(request, api).await.map_err(|error| Refusal::Body(error.body_text()))?;
        objects::read(&body).map(Self).map_err(|error| match error.classify() {
            serde_json::error::Category::Data => Refusal::Invalid(error.to_string()),
            _ => Refusal::Body(error.to_string()),
        })
    }
}

/// Which page of a list.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PageQuery {
    /// `next` of the page before.
    pub(super) cursor: Option<Cursor>,
    /// Most things on the page.
    pub(super) limit: Option<Limit>,
}

/// How many things a page holds at most.
pub(super) fn limit(asked: Option<Limit>) -> u32 {
    asked.map_or(USUAL_PAGE, |limit| limit.0)
}

/// Most things on a page, within what a page may hold.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "u32")]
pub(super) struct Limit(u32);

impl JsonSchema for Limit {
    fn schema_name() -> Cow<'static, str> {
        "Limit".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 1, "maximum": MAX_PAGE, "default": USUAL_PAGE })
    }
}

impl TryFrom<u32> for Limit {
    type Error = String;

    fn try_from(number: u32) -> Result<Self, String> {
        let fits = (1..=MAX_PAGE).contains(&number);
        if fits { Ok(Self(number)) } else { Err(format!("a page holds 1 to {MAX_PAGE} things")) }
    }
}

/// Reads a filter that has something to say if it is sent: a variable that a script left empty would ask for everything.
pub(super) fn said<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() { Err(D::Error::custom("it is empty: say what is sought, or leave it out")) } else { Ok(text) }
}

/// Where a page begins. Callers are not meant to read it, so that it may change.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(super) struct Cursor(String);

impl Cursor {
    /// The cursor for a place.
    pub(super) fn of(place: &impl ToString) -> String {
        URL_SAFE_NO_PAD.encode(place.to_string())
    }

    /// The place it stands for.
    ///
    /// # Errors
    /// When it is none of ours.
    pub(super) fn place<T: std::str::FromStr>(&self) -> Result<T, Refusal> {
        let bytes = URL_SAFE_NO_PAD.decode(&self.0).ok();
        let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
        let place = text.and_then(|text| text.parse().ok());
        place.ok_or_else(|| Refusal::Query("cursor: none that a page of this list gave".to_owned()))
    }
}

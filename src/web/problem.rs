//! Problems (RFC 9457): failures as programs read them.

use axum::body::Body;
use axum::response::Response;
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::answer;
use crate::base::Reference;

/// A problem about to be told.
#[derive(Clone, Debug)]
pub struct Problem {
    status: StatusCode,
    members: Map<String, Value>,
    reference: Reference,
}

impl Problem {
    /// A problem of the type `code`: what it is in a few words, what happened and what to do, and what the log is
    /// searched for.
    pub fn new(status: StatusCode, code: &str, title: &str, detail: impl Into<String>, reference: &Reference) -> Self {
        let mut members = Map::new();
        members.insert("type".to_owned(), json!(format!("urn:vestibule:problem:{code}")));
        members.insert("title".to_owned(), json!(title));
        members.insert("status".to_owned(), json!(status.as_u16()));
        members.insert("detail".to_owned(), json!(detail.into()));
        members.insert("reference".to_owned(), json!(reference.as_str()));
        Self { status, members, reference: reference.clone() }
    }

    /// This problem with one more member.
    #[must_use]
    pub fn with(mut self, member: &str, value: Value) -> Self {
        self.members.insert(member.to_owned(), value);
        self
    }

    /// The answer that tells it. Its reference stands in the extensions, for the access log.
    pub fn answer(self) -> Response {
        let body = Body::from(Value::Object(self.members).to_string());
        let mut response = answer(self.status, "application/problem+json", body);
        response.extensions_mut().insert(self.reference);
        response
    }
}

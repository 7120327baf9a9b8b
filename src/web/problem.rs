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
        Self { status, members }
    }

    /// This problem with one more member.
    #[must_use]
    pub fn with(mut self, member: &str, value: Value) -> Self {
        self.members.insert(member.to_owned(), value);
        self
    }

    /// The answer that tells it.
    pub fn answer(self) -> Response {
        answer(self.status, "application/problem+json", Body::from(Value::Object(self.members).to_string()))
    }
}

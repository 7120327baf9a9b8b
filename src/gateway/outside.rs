//! Paths that are not below an application's prefix.

use axum::body::Body;
use axum::response::Response;
use http::header::LOCATION;
use http::{HeaderValue, StatusCode};

use super::Gateway;
use crate::decision::Ask;
use crate::identity::PathPrefix;
use crate::telemetry::{Decided, Watch};
use crate::web::{self, Assets, Cause};

impl Gateway {
    /// What is not below an application's prefix is nothing of the application. The prefix itself leads below it, as
    /// relative links of the page there need; for now, since a prefix may change.
    pub(super) fn outside(&self, watch: &mut Watch<'_>, ask: &Ask<'_>, prefix: &PathPrefix) -> Response {
        self.note(watch, ask.host, Decided::Outside);
        let mut entrance = format!("{}{prefix}/", self.web.public_url.origin_of(ask.host));
        if ask.path.as_str() != prefix.as_str() {
            let failure = self.web.failure(Cause::NotFound).with_link("Open the application", entrance);
            tracing::info!(reference = %failure.reference, host = %ask.host, %prefix, "a path that is not below the prefix");
            return self.web.fail(failure, ask.headers, Assets::Application);
        }
        if let Some(query) = ask.path.target().query() {
            entrance = entrance + "?" + query;
        }
        let mut response = web::answer(StatusCode::TEMPORARY_REDIRECT, "text/plain", Body::empty());
        // Of a host, a prefix and a query that were read: all of it can stand in a header.
        if let Ok(entrance) = HeaderValue::try_from(entrance) {
            response.headers_mut().insert(LOCATION, entrance);
        }
        response
    }
}

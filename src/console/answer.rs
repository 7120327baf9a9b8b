//! Answers of the console: pages that may load our script, and redirects after a form.

use axum::response::Response;
use http::header::{CONTENT_SECURITY_POLICY, RETRY_AFTER};
use http::{HeaderValue, StatusCode};

use super::failed::Failed;
use crate::pages::{Done, PageError};
use crate::web;

/// What a handler gives.
pub(super) type Answer = Result<Response, Failed>;

/// As for every page of ours, and our own script, which may ask this host alone.
const POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; \
                      form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// A page.
pub(super) fn page(page: Result<String, PageError>) -> Response {
    page_with(StatusCode::OK, page)
}

/// A form that cannot be taken as it is, with what is wrong beside its fields.
pub(super) fn form_again(page: Result<String, PageError>) -> Response {
    page_with(StatusCode::UNPROCESSABLE_ENTITY, page)
}

/// A form that was sent too often, and will do after so many seconds.
pub(super) fn too_soon(seconds: u64, page: Result<String, PageError>) -> Response {
    let mut response = page_with(StatusCode::TOO_MANY_REQUESTS, page);
    response.headers_mut().insert(RETRY_AFTER, seconds.into());
    response
}

fn page_with(status: StatusCode, page: Result<String, PageError>) -> Response {
    let mut response = web::html(status, page);
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}

/// Sends the browser on after a form, to a page that says what was done.
pub(super) fn done(path: &str, done: Done) -> Response {
    let separator = if path.contains('?') { '&' } else { '?' };
    web::see_other(&format!("{path}{separator}done={}", done.code()))
}

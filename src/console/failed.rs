//! How a handler fails, and what the person is told.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;

use super::Console;
use crate::base::Reference;
use crate::directory::StoreError;
use crate::pages::Assets;
use crate::session::Unavailable;
use crate::web::{Cause, SignInWish};

/// Why there is no page.
#[derive(Clone, Debug)]
pub(super) enum Failed {
    /// No such thing, or none that this visitor may know of: the two look the same.
    NotFound,
    /// Signed in, and no admin.
    NotAllowed,
    /// Nobody is signed in, and this request cannot start a sign-in.
    SignInRequired,
    /// A form of another site, or of another session.
    ForeignForm,
    /// What was sent cannot be read.
    BadRequest,
    /// The database failed.
    Store(String),
    /// Nobody is signed in: to a sign-in, and back to this path.
    SignIn(String),
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self::Store(error.to_string())
    }
}

impl From<Unavailable> for Failed {
    fn from(error: Unavailable) -> Self {
        Self::Store(error.to_string())
    }
}

/// Travels with a blank response to [`tell`], which knows the request.
impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        let mut response = Response::default();
        response.extensions_mut().insert(self);
        response
    }
}

/// Puts a page, or a problem, in the place of a failure.
pub(super) async fn tell(State(console): State<Arc<Console>>, request: Request, next: Next) -> Response {
    let headers = request.headers().clone();
    let mut response = next.run(request).await;
    match response.extensions_mut().remove::<Failed>() {
        Some(failed) => console.told(&failed, &headers),
        None => response,
    }
}

impl Console {
    fn told(&self, failed: &Failed, headers: &HeaderMap) -> Response {
        let reference = Reference::new(&self.web.ambient);
        let cause = match failed {
            Failed::NotFound => Cause::NotFound,
            Failed::NotAllowed => Cause::NoAdmin,
            Failed::SignInRequired => Cause::SignInRequired,
            Failed::ForeignForm => Cause::ForeignForm,
            Failed::BadRequest => Cause::BadRequest,
            Failed::SignIn(path) => {
                let host = self.web.public_url.host();
                return self.web.send_to_sign_in(&self.keys, host, path, &SignInWish::default(), headers);
            }
            Failed::Store(why) => {
                tracing::error!(%reference, cause = %why, "cannot work without the database");
                Cause::Unavailable
            }
        };
        let failure = self.web.failure_under(cause, reference);
        tracing::info!(reference = %failure.reference, outcome = ?cause, "refused in the console");
        let failure =
            if cause == Cause::NotFound { failure.with_link("Go to the console", "/console") } else { failure };
        self.web.fail(failure, headers, Assets::SignIn)
    }
}

//! How a handler fails, and what the person is told: in one place, which knows in what form and on whose pages.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::RETRY_AFTER;

use super::Login;
use crate::directory::StoreError;
use crate::pages::Assets;
use crate::session::Unavailable;
use crate::web::{Cause, Failure, Form};

/// What a handler gives.
pub(super) type Answer = Result<Response, Failed>;

/// Why there is no page.
#[derive(Clone, Debug)]
pub(super) enum Failed {
    /// The kind is all there is to tell, to the person and to the log.
    Because(Cause),
    /// Nothing of ours has that address.
    NothingHere,
    /// An admin tries a provider out again and again; after so many seconds they may once more.
    TooManyTests(u64),
    /// The store cannot be asked: nobody is let through.
    Unavailable(String),
    /// This, whose cause is in the log.
    Told(Box<Failure>),
}

impl From<Cause> for Failed {
    fn from(cause: Cause) -> Self {
        Self::Because(cause)
    }
}

impl From<Failure> for Failed {
    fn from(failure: Failure) -> Self {
        Self::Told(Box::new(failure))
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<Unavailable> for Failed {
    fn from(error: Unavailable) -> Self {
        Self::Unavailable(error.to_string())
    }
}

/// Travels with a blank response to [`tell`], which knows the request.
impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        let mut response = Response::default();
        if let Self::TooManyTests(seconds) = &self {
            response.headers_mut().insert(RETRY_AFTER, (*seconds).into());
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// Puts a page, or a problem, in the place of a failure. What stands in its head stays: cookies, and which methods there
/// are.
pub(super) async fn tell(
    State((login, assets)): State<(Arc<Login>, Assets)>,
    request: Request,
    next: Next,
) -> Response {
    let form = Form::asked_for(request.headers());
    let mut response = next.run(request).await;
    let Some(failed) = response.extensions_mut().remove::<Failed>() else { return response };
    let mut told = login.web.tell(login.failure_of(failed), form, assets);
    told.headers_mut().extend(std::mem::take(response.headers_mut()));
    told
}

/// For addresses that have no page.
pub(super) async fn nothing_here() -> Failed {
    Failed::NothingHere
}

/// For methods that have no meaning there.
pub(super) async fn wrong_method() -> Failed {
    Failed::Because(Cause::MethodNotAllowed)
}

impl Login {
    /// What is told of it, once the log knows.
    fn failure_of(&self, failed: Failed) -> Failure {
        let cause = match failed {
            Failed::Told(failure) => return *failure,
            Failed::Unavailable(why) => {
                let failure = self.web.failure(Cause::Unavailable);
                tracing::error!(reference = %failure.reference, cause = %why, "cannot work without the database");
                return failure;
            }
            Failed::NothingHere => {
                let failure = self.web.failure(Cause::NotFound).with_link("Go to the front page", "/");
                tracing::info!(reference = %failure.reference, "there is no such page");
                return failure;
            }
            Failed::TooManyTests(_) => Cause::TooManyTests,
            Failed::Because(cause) => cause,
        };
        let failure = self.web.failure(cause);
        tracing::info!(reference = %failure.reference, outcome = ?cause, "refused");
        failure
    }
}

//! How a request fails, and the problem (RFC 9457) that is told of it.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde_json::json;

use super::Api;
use super::danger::DangerTold;
use crate::base::Reference;
use crate::directory::{AdminError, EditError, ExplainError, StoreError, TokenError};
use crate::web::Problem;

/// Why a request was refused. Nothing was done then.
#[derive(Clone, Debug)]
pub(super) enum Refusal {
    /// No token, or more than one.
    NoToken,
    /// A token that opens nothing.
    BadToken,
    /// A token for one organization, where the whole server is meant.
    OneOrganization,
    /// A change that reaches beyond the organization, or beyond what its admins say of it.
    OutOfReach(String),
    /// No such thing, or none that this token may know of: the two look the same.
    NotFound,
    /// Nothing answers this method here.
    WrongMethod,
    /// The query cannot be read.
    Query(String),
    /// The body is no JSON.
    Body(String),
    /// The body is said to be something else than JSON.
    NotJson,
    /// It cannot be done as it is asked: what is wrong, and where.
    Invalid(String),
    /// What is to be made is there already.
    Taken(String),
    /// The configuration file declares it.
    Declared(String),
    /// It does what has to be meant.
    Dangerous(Vec<DangerTold>),
    /// Parts of it are wrong, each with what and why.
    Flawed(Vec<(String, String)>),
    /// It must be said which state of the thing is meant.
    NoPrecondition,
    /// It is in another state than the one that is meant.
    Changed,
    /// Too many requests; after so many seconds the next will do.
    TooMany(u64),
    /// The database failed.
    Store(String),
}

impl Refusal {
    /// The status, the last part of the problem's type, its title, and what to do.
    fn words(&self) -> (StatusCode, &'static str, &'static str, String) {
        match self {
            Self::NoToken => (
                StatusCode::UNAUTHORIZED,
                "token-required",
                "A token is required",
                "Send one token, as `Authorization: Bearer vst_…`. An admin makes it in the console.".to_owned(),
            ),
            Self::BadToken => (
                StatusCode::UNAUTHORIZED,
                "token-refused",
                "This token opens nothing",
                "It is none of ours, was ended, has run out, or whoever made it may no longer do what it opened."
                    .to_owned(),
            ),
            Self::OneOrganization => (
                StatusCode::FORBIDDEN,
                "one-organization",
                "This token opens one organization",
                "Use the paths below /organizations/ and its id, or a token that opens the server.".to_owned(),
            ),
            Self::OutOfReach(why) => {
                (StatusCode::FORBIDDEN, "out-of-reach", "That is for server admins to change", why.clone())
            }
            Self::NotFound => (
                StatusCode::NOT_FOUND,
                "not-found",
                "There is no such thing",
                "Nothing has this address, or nothing that this token may know of.".to_owned(),
            ),
            Self::WrongMethod => (
                StatusCode::METHOD_NOT_ALLOWED,
                "method-not-allowed",
                "That cannot be done here",
                "The header Allow names the methods that have a meaning at this address.".to_owned(),
            ),
            Self::Query(why) => (StatusCode::BAD_REQUEST, "bad-query", "The query cannot be read", why.clone()),
            Self::Body(why) => (StatusCode::BAD_REQUEST, "bad-json", "The body is no JSON", why.clone()),
            Self::NotJson => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "not-json",
                "The body must be JSON",
                "Send it with `Content-Type: application/json`.".to_owned(),
            ),
            Self::Invalid(why) => {
                (StatusCode::UNPROCESSABLE_ENTITY, "invalid", "That cannot be done as it is asked", why.clone())
            }
            Self::Taken(why) => (StatusCode::CONFLICT, "taken", "It is there already", why.clone()),
            Self::Declared(why) => {
                (StatusCode::CONFLICT, "declared", "The configuration file declares it", why.clone())
            }
            Self::Dangerous(_) => (
                StatusCode::CONFLICT,
                "dangerous",
                "That has to be meant",
                "Nothing was done. Look at `dangers`, and say in the query of each that it is meant.".to_owned(),
            ),
            Self::Flawed(_) => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "invalid",
                "That cannot be done as it is asked",
                "Look at `errors`, each with the part it is about.".to_owned(),
            ),
            Self::NoPrecondition => (
                StatusCode::PRECONDITION_REQUIRED,
                "if-match-required",
                "Which state is meant must be said",
                "Send If-Match with the ETag that was read, or `*` for whatever is there; or If-None-Match: * for what is new.".to_owned(),
            ),
            Self::Changed => (
                StatusCode::PRECONDITION_FAILED,
                "changed",
                "It has been changed meanwhile",
                "Read it again, and send the change with the new ETag.".to_owned(),
            ),
            Self::TooMany(seconds) => (
                StatusCode::TOO_MANY_REQUESTS,
                "too-many-requests",
                "Too many requests",
                format!("Go on in {seconds} s."),
            ),
            Self::Store(_) => (
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "Temporarily unavailable",
                "Nothing was done. Wait a moment and try again.".to_owned(),
            ),
        }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Store(error.to_string())
    }
}

impl From<TokenError> for Refusal {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::NoSuchToken => Self::NotFound,
            TokenError::Store(error) => error.into(),
            other => Self::Invalid(other.to_string()),
        }
    }
}

impl From<AdminError> for Refusal {
    fn from(error: AdminError) -> Self {
        match error {
            AdminError::NoSuchUser => Self::NotFound,
            AdminError::Moved => Self::Changed,
            AdminError::Store(error) => error.into(),
            other => Self::Invalid(other.to_string()),
        }
    }
}

impl From<ExplainError> for Refusal {
    fn from(error: ExplainError) -> Self {
        match error {
            ExplainError::NoSuchUser | ExplainError::NoSuchReference => Self::NotFound,
            ExplainError::Store(error) => error.into(),
        }
    }
}

impl From<EditError> for Refusal {
    fn from(error: EditError) -> Self {
        let why = error.to_string();
        match error {
            EditError::Declared(_) => Self::Declared(why),
            EditError::Taken(_) => Self::Taken(why),
            EditError::NoSuch(_) => Self::NotFound,
            EditError::OutOfReach(_) => Self::OutOfReach(why),
            EditError::Invalid(_) => Self::Invalid(why),
            EditError::Flawed(flaws) => {
                Self::Flawed(flaws.into_iter().map(|flaw| (flaw.part.to_string(), flaw.what)).collect())
            }
            EditError::Moved => Self::Changed,
            EditError::Dangerous(dangers) => Self::Dangerous(dangers.iter().map(DangerTold::from).collect()),
            EditError::Store(error) => error.into(),
        }
    }
}

/// Travels with a blank response to [`tell`], which knows where we are.
impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = Response::default();
        *response.status_mut() = self.words().0;
        response.extensions_mut().insert(self);
        response
    }
}

/// Puts a problem in the place of a refusal.
pub(super) async fn tell(State(api): State<Arc<Api>>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    match response.extensions_mut().remove::<Refusal>() {
        Some(refusal) => {
            let mut told = api.told(&refusal);
            // What says which methods there are.
            told.headers_mut().extend(response.headers_mut().drain().filter_map(|(name, value)| Some((name?, value))));
            told
        }
        None => response,
    }
}

impl Api {
    fn told(&self, refusal: &Refusal) -> Response {
        let reference = Reference::new(&self.web.ambient);
        let (status, code, title, detail) = refusal.words();
        match refusal {
            Refusal::Store(why) => tracing::error!(%reference, cause = %why, "cannot work without the database"),
            _ => tracing::info!(%reference, outcome = code, "refused in the API"),
        }
        let mut problem = Problem::new(status, code, title, detail, &reference);
        match refusal {
            Refusal::Dangerous(dangers) => problem = problem.with("dangers", json!(dangers)),
            Refusal::Flawed(flaws) => {
                let flaw = |(part, what): &(String, String)| json!({ "part": part, "detail": what });
                problem = problem.with("errors", flaws.iter().map(flaw).collect());
            }
            _ => {}
        }
        let mut response = problem.answer();
        let mut header = |name, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                response.headers_mut().insert(name, value);
            }
        };
        match refusal {
            // RFC 6750, 3: without a token nothing is said about one.
            Refusal::NoToken => header(WWW_AUTHENTICATE, "Bearer realm=\"vestibule\""),
            Refusal::BadToken => header(WWW_AUTHENTICATE, "Bearer realm=\"vestibule\", error=\"invalid_token\""),
            Refusal::TooMany(seconds) => header(RETRY_AFTER, &seconds.to_string()),
            Refusal::Store(_) => header(RETRY_AFTER, "5"),
            _ => {}
        }
        response
    }
}

/// For addresses that have no operation.
pub(super) async fn nothing_here() -> Refusal {
    Refusal::NotFound
}

/// For methods that have none.
pub(super) async fn wrong_method() -> Refusal {
    Refusal::WrongMethod
}

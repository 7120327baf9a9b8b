//! The authorization endpoint: who may ask, who the person chooses to be, and the way back.

use std::sync::Arc;

use axum::Form;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, StatusCode, header};
use url::Url;

use super::request::Request;
use super::{Person, Provider, pages};

/// Longest `state` or `nonce` taken, in bytes: what we keep or send back for a client has a bound.
const MAX_OPAQUE: usize = 2 * 1024;
/// The length of a SHA-256 in unpadded base64url (RFC 7636 4.2).
const CHALLENGE_LENGTH: usize = 43;

/// What a code stands for.
#[derive(Clone, Debug)]
pub(super) struct Granted {
    pub(super) person: &'static Person,
    pub(super) nonce: String,
    pub(super) redirect_uri: String,
    pub(super) code_challenge: String,
}

/// Why a request is not taken.
enum Refusal {
    /// Said to the person: the request does not name our client and its redirect URI, so nothing may be sent there
    /// (RFC 6749 4.1.2.1).
    Here(&'static str),
    /// Said to the client, by redirect: the code of the error, and words about it.
    There(&'static str, &'static str),
}

/// `GET /authorize`: asks who to be.
pub(super) async fn ask(
    State(provider): State<Arc<Provider>>,
    query: Result<Query<Request>, QueryRejection>,
) -> Response {
    let Ok(Query(request)) = query else {
        return pages::refusal(
            StatusCode::BAD_REQUEST,
            "The request has a parameter twice, or one that cannot be read.",
        );
    };
    match check(&provider, &request) {
        Ok(()) if request.prompt.split(' ').any(|prompt| prompt == "none") => {
            error(&provider, &request, "login_required", "nobody is signed in at the demonstration provider")
        }
        Ok(()) => pages::choose(&request),
        Err(refusal) => refuse(&provider, &request, &refusal),
    }
}

/// `POST /choose`: back to the client with a code, or with a refusal if nobody was chosen.
pub(super) async fn choose(
    State(provider): State<Arc<Provider>>,
    form: Result<Form<Request>, FormRejection>,
) -> Response {
    let Ok(Form(request)) = form else {
        return pages::refusal(StatusCode::BAD_REQUEST, "The form cannot be read.");
    };
    // The form travelled through the browser: everything in it is checked once more.
    if let Err(refusal) = check(&provider, &request) {
        return refuse(&provider, &request, &refusal);
    }
    let Some(person) = Person::named(&request.person) else {
        return error(&provider, &request, "access_denied", "nobody was chosen");
    };
    let granted = Granted {
        person,
        nonce: request.nonce.clone(),
        redirect_uri: request.redirect_uri.clone(),
        code_challenge: request.code_challenge.clone(),
    };
    let code = provider.codes.issue(&provider.ambient, granted);
    redirect(&provider, &request, &[("code", &code)])
}

fn check(provider: &Provider, request: &Request) -> Result<(), Refusal> {
    if request.client_id != provider.client.id {
        return Err(Refusal::Here("The request comes from a client that this provider does not know."));
    }
    if request.redirect_uri != provider.client.redirect_uri {
        return Err(Refusal::Here("The request wants its answer sent to a place that is not the client's."));
    }
    if request.state.len() > MAX_OPAQUE || request.nonce.len() > MAX_OPAQUE {
        return Err(Refusal::Here("The request is too long."));
    }
    if request.response_type != "code" {
        return Err(Refusal::There("unsupported_response_type", "response_type must be code"));
    }
    if !request.scope.split(' ').any(|scope| scope == "openid") {
        return Err(Refusal::There("invalid_scope", "scope must hold openid"));
    }
    let base64url = |c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'_';
    let challenge = request.code_challenge.as_bytes();
    if request.code_challenge_method != "S256"
        || challenge.len() != CHALLENGE_LENGTH
        || !challenge.iter().copied().all(base64url)
    {
        return Err(Refusal::There("invalid_request", "PKCE with S256 is required"));
    }
    Ok(())
}

fn refuse(provider: &Provider, request: &Request, refusal: &Refusal) -> Response {
    match refusal {
        Refusal::Here(reason) => pages::refusal(StatusCode::BAD_REQUEST, reason),
        Refusal::There(code, description) => error(provider, request, code, description),
    }
}

fn error(provider: &Provider, request: &Request, code: &str, description: &str) -> Response {
    redirect(provider, request, &[("error", code), ("error_description", description)])
}

/// Back to the client, whose redirect URI has been checked, with `state` and with `iss` (RFC 9207).
fn redirect(provider: &Provider, request: &Request, parameters: &[(&str, &str)]) -> Response {
    let location = Url::parse(&request.redirect_uri).ok().and_then(|mut url| {
        let mut query = url.query_pairs_mut();
        query.extend_pairs(parameters);
        if !request.state.is_empty() {
            query.append_pair("state", &request.state);
        }
        query.append_pair("iss", &provider.issuer);
        drop(query);
        HeaderValue::try_from(String::from(url)).ok()
    });
    match location {
        Some(location) => {
            let no_store = HeaderValue::from_static("no-store");
            (StatusCode::FOUND, [(header::LOCATION, location), (header::CACHE_CONTROL, no_store)]).into_response()
        }
        None => pages::refusal(StatusCode::INTERNAL_SERVER_ERROR, "The client's redirect URI is not a URL."),
    }
}

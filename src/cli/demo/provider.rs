//! The demonstration's OpenID provider: anyone can be anyone, by a click. To Vestibule it is a provider like any other,
//! held to the same rules; it is not for use outside `vestibule demo`.

mod authorize;
mod client;
mod pages;
mod people;
mod request;
mod signer;
#[cfg(test)]
mod tests;
mod tickets;
mod token;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde_json::{Value, json};

use self::authorize::Granted;
use self::people::Person;
use self::signer::Signer;
use self::tickets::Tickets;
use super::html;
use crate::base::Ambient;

pub use self::client::Client;
pub use self::people::PEOPLE;

/// How long a code may wait for its exchange (RFC 6749 4.1.2 asks for a short time).
const CODE_LIFE: Duration = Duration::from_secs(60);
/// How long an access token opens the userinfo endpoint.
const TOKEN_LIFE: Duration = Duration::from_secs(300);
/// Largest form taken, in bytes: the parameters of one sign-in, with room.
const MAX_FORM: usize = 16 * 1024;

/// The provider cannot be built: no signing key could be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the demonstration provider could not make a signing key")]
pub struct NoSigningKey;

/// What every handler shares.
struct Provider {
    issuer: String,
    client: Client,
    ambient: Ambient,
    signer: Signer,
    codes: Tickets<Granted>,
    tokens: Tickets<&'static Person>,
}

/// The provider at `issuer` (an origin such as `http://idp.localhost:8080`, without a path or a slash at the end), for
/// one client. The signing key lives as long as the router.
///
/// # Errors
/// When no signing key can be made.
pub fn router(issuer: String, client: Client, ambient: Ambient) -> Result<Router, NoSigningKey> {
    let provider = Provider {
        issuer,
        client,
        ambient,
        signer: Signer::new()?,
        codes: Tickets::new(CODE_LIFE),
        tokens: Tickets::new(TOKEN_LIFE),
    };
    Ok(Router::new()
        .route("/", get(pages::front))
        .route("/style.css", get(async || html::stylesheet(include_str!("provider/style.css"))))
        .route("/.well-known/openid-configuration", get(discovery))
        .route("/jwks", get(jwks))
        .route("/authorize", get(authorize::ask))
        .route("/choose", post(authorize::choose))
        .route("/token", post(token::exchange))
        .route("/userinfo", get(token::userinfo).post(token::userinfo))
        .fallback(async || pages::refusal(StatusCode::NOT_FOUND, "There is no such page here."))
        .layer(DefaultBodyLimit::max(MAX_FORM))
        .with_state(Arc::new(provider)))
}

/// OpenID Connect Discovery 1.0, 3.
async fn discovery(State(provider): State<Arc<Provider>>) -> Json<Value> {
    let issuer = &provider.issuer;
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "userinfo_endpoint": format!("{issuer}/userinfo"),
        "jwks_uri": format!("{issuer}/jwks"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": ["openid", "profile", "email", "groups"],
        "claims_supported": ["sub", "preferred_username", "name", "email", "email_verified", "groups"],
        "authorization_response_iss_parameter_supported": true,
        "claims_parameter_supported": false,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
    }))
}

/// RFC 7517 5.
async fn jwks(State(provider): State<Arc<Provider>>) -> Json<Value> {
    Json(provider.signer.jwks())
}

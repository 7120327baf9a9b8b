//! Signing out at the provider reaches here in two ways: by a token of its own (OpenID Connect Back-Channel Logout 1.0),
//! or by a frame on its page (Front-Channel Logout 1.0). Signing out here reaches the provider as [`Login::onward`].

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_FRAME_OPTIONS};
use http::{HeaderMap, HeaderValue, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};

use super::params::Params;
use super::{Login, Scene};
use crate::directory::{EndedThere, ProviderLogout};
use crate::identity::{Idp, IdpId};
use crate::oidc::{LogoutToken, OidcError, VerifiedTokens};
use crate::session::EndedSession;
use crate::web;

/// Longest ID token that is kept, in bytes: it travels in the address of a page, and so far servers read on.
const MAX_HINT: usize = 4 * 1024;
const FORM: &str = "application/x-www-form-urlencoded";
const NOTHING: &str = "{}";
const SIGNED_OUT: &str = "signed out at the provider";

/// `POST /login/{idp}/backchannel-logout`: the provider itself says that sessions there have ended. It is believed by its
/// signature alone.
pub(super) async fn back_channel(
    State(login): State<Arc<Login>>,
    Path(idp): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let scene = login.scene();
    let is_form = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let is_form = is_form.is_some_and(|value| value.split(';').next().is_some_and(|it| it.trim() == FORM));
    let params = std::str::from_utf8(&body).ok().filter(|_| is_form).and_then(|body| Params::parse(Some(body)));
    let token = params.as_ref().and_then(|params| params.get("logout_token"));
    let (Some(idp), Some(token)) = (named(&scene, &idp), token) else {
        return told(StatusCode::BAD_REQUEST, r#"{"error":"invalid_request"}"#);
    };
    let Some(provider) = scene.provider(idp.key) else {
        return told(StatusCode::BAD_REQUEST, r#"{"error":"invalid_request"}"#);
    };
    match provider.logout_token(token).await {
        Ok(token) => login.end_with(idp, &token).await,
        Err(error) => {
            tracing::warn!(idp = %idp.spec.id, cause = %error, "a logout token was refused");
            match error {
                OidcError::Unavailable(_) => {
                    told(StatusCode::SERVICE_UNAVAILABLE, r#"{"error":"temporarily_unavailable"}"#)
                }
                OidcError::Refused(_) | OidcError::Misconfigured(_) => {
                    told(StatusCode::BAD_REQUEST, r#"{"error":"invalid_request"}"#)
                }
            }
        }
    }
}

/// `GET /login/{idp}/frontchannel-logout`: in a frame of the provider's page, where browsers send none of our cookies. So
/// it is believed if it names a session there by its `sid`, which only that provider and whoever it told know; at worst
/// those sign somebody out.
pub(super) async fn front_channel(
    State(login): State<Arc<Login>>,
    Path(idp): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let scene = login.scene();
    let params = Params::parse(query.as_deref());
    let param = |name| params.as_ref().and_then(|params| params.get(name));
    let idp = named(&scene, &idp).filter(|idp| param("iss") == Some(idp.spec.issuer.as_str()));
    let (Some(idp), Some(sid)) = (idp, param("sid")) else { return framed(StatusCode::BAD_REQUEST) };
    // Whoever guesses has nothing written.
    let known = match login.sessions.is_known_there(idp.key, sid).await {
        Ok(known) => known,
        Err(error) => {
            tracing::error!(idp = %idp.spec.id, cause = %error, "a sign-out at the provider was not followed");
            return framed(StatusCode::SERVICE_UNAVAILABLE);
        }
    };
    if known {
        let ended = EndedThere::Session { sid, sub: None };
        if let Err(error) = login
            .directory
            .end_with_provider(&ProviderLogout { idp: idp.key, ended, once: None, why: SIGNED_OUT })
            .await
        {
            tracing::error!(idp = %idp.spec.id, cause = %error, "a sign-out at the provider was not followed");
            return framed(StatusCode::SERVICE_UNAVAILABLE);
        }
    }
    framed(StatusCode::OK)
}

fn named<'s>(scene: &'s Scene, id: &str) -> Option<&'s Idp> {
    scene.catalogue.idp_by_id(&IdpId::parse(id).ok()?)
}

/// An answer for the provider's server.
fn told(status: StatusCode, body: &'static str) -> Response {
    web::answer(status, "application/json", Body::from(body))
}

/// An empty page that may stand in a frame: there is nothing on it to be led astray by.
fn framed(status: StatusCode) -> Response {
    let mut response = web::answer(status, "text/html; charset=utf-8", Body::empty());
    response.headers_mut().remove(X_FRAME_OPTIONS);
    let policy = HeaderValue::from_static("default-src 'none'; base-uri 'none'; form-action 'none'");
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    response
}

impl Login {
    async fn end_with(&self, idp: &Idp, token: &LogoutToken) -> Response {
        let ended = match (&token.sid, &token.subject) {
            (Some(sid), subject) => EndedThere::Session { sid, sub: subject.as_deref() },
            (None, Some(sub)) => EndedThere::Person { sub },
            (None, None) => return told(StatusCode::BAD_REQUEST, r#"{"error":"invalid_request"}"#),
        };
        let logout = ProviderLogout { idp: idp.key, ended, once: Some((&token.id, token.stale_at)), why: SIGNED_OUT };
        match self.directory.end_with_provider(&logout).await {
            Ok(count) => {
                tracing::info!(idp = %idp.spec.id, count, "signed out at the provider");
                told(StatusCode::OK, NOTHING)
            }
            Err(error) => {
                tracing::error!(idp = %idp.spec.id, cause = %error, "a sign-out at the provider was not followed");
                told(StatusCode::SERVICE_UNAVAILABLE, r#"{"error":"temporarily_unavailable"}"#)
            }
        }
    }

    /// The ID token as it is kept until the person signs out, if it is to be shown to the provider then. It holds claims:
    /// none is kept that holds one which is never to be.
    pub(super) fn keep_hint(&self, idp: &Idp, tokens: &VerifiedTokens) -> Option<String> {
        let records = self.directory.records();
        let may_be_kept =
            records.keep_claims && !records.redact_claims.iter().any(|name| tokens.id_token.contains_key(name));
        let jwt = tokens.id_token_raw.expose_secret();
        let fits = idp.spec.sign_out_at_provider && may_be_kept && jwt.len() <= MAX_HINT;
        fits.then(|| self.keys.sealing.seal(&self.web.ambient, &hint_of(idp), &jwt))?
    }

    /// Where somebody whose session has ended signs out of the provider too, if its IdP is to be signed out of: what it is
    /// called, and the address.
    pub(super) async fn onward(&self, ended: &EndedSession) -> Option<(String, String)> {
        let scene = self.scene();
        let idp = scene.catalogue.idp(ended.idp).filter(|idp| idp.spec.sign_out_at_provider)?;
        let sealed = ended.id_token.as_deref();
        let hint: Option<String> = sealed.and_then(|sealed| self.keys.sealing.open(&hint_of(idp), sealed));
        let then = self.web.public_url.signed_out();
        match scene.provider(idp.key)?.end_session(hint.map(SecretString::from).as_ref(), &then).await {
            Ok(url) => Some((idp.spec.name.clone(), url?.to_string())),
            Err(error) => {
                tracing::warn!(idp = %idp.spec.id, cause = %error, "nobody can be sent to sign out at the provider");
                None
            }
        }
    }
}

/// Shown to nobody but who gave it: an IdP may be somewhere else by then.
fn hint_of(idp: &Idp) -> String {
    format!("ID token of {} at {}", idp.key, idp.spec.issuer.as_str())
}

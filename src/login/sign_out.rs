//! Signing out, on the sign-in host or any application's: the session ends on every host. A GET asks first.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use axum::{Extension, body::Bytes};
use http::header::REFRESH;
use http::{HeaderMap, HeaderValue, StatusCode};
use url::form_urlencoded;

use super::Login;
use super::failed::Answer;
use crate::base::Token;
use crate::identity::Host;
use crate::pages::{Assets, CSRF_FIELD, ConfirmSignOut, Farewell, SignedOut};
use crate::session::{EndedSession, Principal, Unavailable};
use crate::web::{self, Cause, SESSION_COOKIE, is_form_token, is_same_origin, see_other, with_cookie};

/// `GET /logout`.
pub(super) async fn confirm(
    State(login): State<Arc<Login>>,
    Extension(host): Extension<Host>,
    headers: HeaderMap,
) -> Answer {
    Ok(match login.principal(&host, &headers).await? {
        Some((principal, token)) => login.ask(Assets::SignIn, &principal, "/logout", Some(web::form_token(&token))),
        None => see_other("/signed-out"),
    })
}

/// `GET /.vestibule/sign-out`.
pub(super) async fn confirm_on_application(
    State(login): State<Arc<Login>>,
    Extension(host): Extension<Host>,
    headers: HeaderMap,
) -> Answer {
    Ok(match login.principal(&host, &headers).await? {
        Some((principal, _)) => login.ask(Assets::Application, &principal, "/.vestibule/sign-out", None),
        None => see_other("/.vestibule/signed-out"),
    })
}

/// `POST /logout`: asks for the form token besides the origin.
pub(super) async fn sign_out(
    State(login): State<Arc<Login>>,
    Extension(host): Extension<Host>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let presented = form_urlencoded::parse(&body).find(|(name, _)| name == CSRF_FIELD);
    let presented = presented.map(|(_, value)| value.into_owned()).unwrap_or_default();
    let tokens: Vec<Token> = login.web.session_tokens(&headers).collect();
    if !tokens.is_empty() && !tokens.iter().any(|token| is_form_token(token, &presented)) {
        return Err(Cause::ForeignForm.into());
    }
    login.end(&host, tokens, "/signed-out", Assets::SignIn, &headers).await
}

/// `POST /.vestibule/sign-out`: applications put this form on their own pages, so the origin alone must do.
pub(super) async fn sign_out_on_application(
    State(login): State<Arc<Login>>,
    Extension(host): Extension<Host>,
    headers: HeaderMap,
) -> Answer {
    let tokens: Vec<Token> = login.web.session_tokens(&headers).collect();
    login.end(&host, tokens, "/.vestibule/signed-out", Assets::Application, &headers).await
}

/// `GET /signed-out`.
pub(super) async fn signed_out(State(login): State<Arc<Login>>) -> Response {
    login.gone(Assets::SignIn, "/login")
}

/// `GET /.vestibule/signed-out`.
pub(super) async fn signed_out_on_application(State(login): State<Arc<Login>>) -> Response {
    login.gone(Assets::Application, "/")
}

impl Login {
    async fn end(&self, host: &Host, tokens: Vec<Token>, then: &str, assets: Assets, headers: &HeaderMap) -> Answer {
        if !is_same_origin(headers, &self.web.public_url.origin_of(host)) {
            return Err(Cause::ForeignForm.into());
        }
        let mut onward = None;
        for token in tokens {
            let ended = self.end_session_of(host, &token).await?;
            if let Some(ended) = ended.filter(|_| onward.is_none()) {
                onward = self.onward(&ended).await;
            }
        }
        let response = match onward {
            Some((provider, href)) => self.send_on(assets, provider, href),
            None => see_other(then),
        };
        Ok(with_cookie(response, self.web.cookies.expire(SESSION_COOKIE)))
    }

    async fn end_session_of(&self, host: &Host, token: &Token) -> Result<Option<EndedSession>, Unavailable> {
        let principal = self.sessions.recognise(host, token).await?;
        let Some(session) = principal.and_then(|principal| principal.session()) else { return Ok(None) };
        tracing::info!(%session, "signed out");
        self.sessions.end(session).await
    }

    fn ask(&self, assets: Assets, principal: &Principal, action: &str, csrf: Option<String>) -> Response {
        web::html(
            StatusCode::OK,
            self.web.pages.confirm_sign_out(&ConfirmSignOut {
                frame: self.web.frame(assets),
                account: web::account(principal),
                action: action.to_owned(),
                csrf,
                cancel: "/".to_owned(),
            }),
        )
    }

    /// A page, not a redirect: where the form stood, a policy may let forms lead to their own origin alone.
    fn send_on(&self, assets: Assets, provider: String, href: String) -> Response {
        let refresh = HeaderValue::try_from(format!("0; url={href}"));
        let page = Farewell { frame: self.web.frame(assets), provider, href };
        let mut response = web::html(StatusCode::OK, self.web.pages.farewell(&page));
        response.headers_mut().extend(refresh.ok().map(|refresh| (REFRESH, refresh)));
        response
    }

    fn gone(&self, assets: Assets, sign_in: &str) -> Response {
        let page = SignedOut { frame: self.web.frame(assets), sign_in: sign_in.to_owned() };
        web::html(StatusCode::OK, self.web.pages.signed_out(&page))
    }
}

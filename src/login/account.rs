//! `/account`: everything that is somebody's own, and the end of their sessions.

use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{FromRequest, RawQuery, Request, State};
use http::{HeaderMap, Method, StatusCode};

use super::failed::{Answer, Failed};
use super::{Login, StoreError};
use crate::base::Token;
use crate::directory::OwnSession;
use crate::identity::{Host, SessionId};
use crate::pages::{AccountPage, AccountSession, CSRF_FIELD, Done, Home};
use crate::session::Principal;
use crate::web::{
    self, Cause, Fields, SESSION_COOKIE, SignInWish, is_form_token, is_navigation, is_same_origin, see_other,
    to_the_minute, with_cookie,
};

/// `GET /account`
pub(super) async fn show(
    State(login): State<Arc<Login>>,
    Extension(host): Extension<Host>,
    RawQuery(query): RawQuery,
    method: Method,
    headers: HeaderMap,
) -> Answer {
    let Some((principal, token)) = login.principal(&host, &headers).await? else {
        if is_navigation(&method, &headers) {
            return Ok(login.web.send_to_sign_in(&login.keys, &host, "/account", &SignInWish::default(), &headers));
        }
        return Err(Cause::SignInRequired.into());
    };
    let fields = query.and_then(|query| Fields::parse(query.as_bytes())).unwrap_or_default();
    let done = Done::of_code(fields.typed("done")).map(Done::words);
    let page = AccountPage { done, ..login.account_page(&principal, &token).await? };
    Ok(web::html(StatusCode::OK, login.web.pages.account(&page)))
}

/// `POST /account/sessions`: ends the session that the form names, or all of them.
pub(super) async fn end_sessions(State(login): State<Arc<Login>>, posted: Posted) -> Answer {
    let Posted { principal, fields, .. } = posted;
    let only = fields.text("session").map(str::parse::<SessionId>).transpose().map_err(|_| Cause::BadRequest)?;
    let ended = login.directory.own(principal.user).end_sessions(only).await;
    ended.map_err(|error| Failed::Unavailable(error.to_string()))?;
    if only.is_none_or(|only| principal.session() == Some(only)) {
        return Ok(with_cookie(see_other("/signed-out"), login.web.cookies.expire(SESSION_COOKIE)));
    }
    Ok(see_other(&format!("/account?done={}", Done::SessionsEnded.code())))
}

/// A form of this page that somebody sent by themselves.
pub(super) struct Posted {
    pub(super) principal: Arc<Principal>,
    pub(super) token: Token,
    pub(super) fields: Fields,
}

impl FromRequest<Arc<Login>> for Posted {
    type Rejection = Failed;

    async fn from_request(request: Request, login: &Arc<Login>) -> Result<Self, Failed> {
        let host = login.web.public_url.host();
        let headers = request.headers().clone();
        let body = Bytes::from_request(request, login).await.map_err(|_| Cause::BadRequest)?;
        let fields = Fields::parse(&body).unwrap_or_default();
        let (principal, token) = login.principal(host, &headers).await?.ok_or(Cause::SignInRequired)?;
        let origin = login.web.public_url.origin_of(host);
        if !is_same_origin(&headers, &origin) || !is_form_token(&token, fields.typed(CSRF_FIELD)) {
            return Err(Cause::ForeignForm.into());
        }
        Ok(Self { principal, token, fields })
    }
}

impl Login {
    /// Everything that is theirs.
    pub(super) async fn account_page(&self, principal: &Principal, token: &Token) -> Result<AccountPage, StoreError> {
        let scene = self.scene();
        let own = self.directory.own(principal.user);
        let mut sessions = own.sessions(self.sessions.idle_since()).await?;
        sessions.sort_by_key(|session| Some(session.id) != principal.session());
        let shown = |session: OwnSession| AccountSession {
            id: session.id.to_string(),
            current: Some(session.id) == principal.session(),
            provider: scene.catalogue.idp(session.idp).map(|idp| idp.spec.name.clone()).unwrap_or_default(),
            since: to_the_minute(session.created_at),
            seen: to_the_minute(session.last_seen_at),
        };
        Ok(AccountPage {
            home: Home { csrf: web::form_token(token), ..self.about(&scene, principal) },
            sessions: sessions.into_iter().map(shown).collect(),
            tokens: self.tokens(&scene, principal, own.tokens().await?),
            done: None,
        })
    }
}

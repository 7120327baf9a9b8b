//! `/account`: everything that is somebody's own, and the end of their sessions.

use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use http::{HeaderMap, Method, StatusCode};

use super::{Login, StoreError};
use crate::base::Token;
use crate::directory::OwnSession;
use crate::identity::{Host, SessionId};
use crate::pages::{AccountPage, AccountSession, Assets, CSRF_FIELD, Done, Home};
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
) -> Response {
    match login.principal(&host, &headers).await {
        Ok(Some((principal, token))) => match login.own_page(&principal, &token, query.as_deref()).await {
            Ok(page) => page,
            Err(error) => login.unavailable(&error, &headers, Assets::SignIn),
        },
        Ok(None) if is_navigation(&method, &headers) => {
            login.web.send_to_sign_in(&login.keys, &host, "/account", &SignInWish::default(), &headers)
        }
        Ok(None) => login.web.refuse(Cause::SignInRequired, &headers, Assets::SignIn),
        Err(error) => login.unavailable(&error, &headers, Assets::SignIn),
    }
}

/// `POST /account/sessions`: ends the session that the form names, or all of them.
pub(super) async fn end_sessions(
    State(login): State<Arc<Login>>,
    Extension(host): Extension<Host>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Posted { principal, fields, .. } = match login.posted(&host, &headers, &body).await {
        Ok(posted) => posted,
        Err(answer) => return *answer,
    };
    let only = match fields.text("session").map(str::parse::<SessionId>) {
        None => None,
        Some(Ok(session)) => Some(session),
        Some(Err(_)) => return login.web.refuse(Cause::BadRequest, &headers, Assets::SignIn),
    };
    if let Err(error) = login.directory.own(principal.user).end_sessions(only).await {
        return login.unavailable(&error, &headers, Assets::SignIn);
    }
    if only.is_none_or(|only| principal.session() == Some(only)) {
        return with_cookie(see_other("/signed-out"), login.web.cookies.expire(SESSION_COOKIE));
    }
    see_other(&format!("/account?done={}", Done::SessionsEnded.code()))
}

/// A form of this page that somebody sent by themselves.
pub(super) struct Posted {
    pub(super) principal: Arc<Principal>,
    pub(super) token: Token,
    pub(super) fields: Fields,
}

impl Login {
    /// Reads such a form, or gives the answer that says why it is none.
    pub(super) async fn posted(&self, host: &Host, headers: &HeaderMap, body: &Bytes) -> Result<Posted, Box<Response>> {
        let fields = Fields::parse(body).unwrap_or_default();
        let (principal, token) = match self.principal(host, headers).await {
            Ok(Some(known)) => known,
            Ok(None) => return Err(Box::new(self.web.refuse(Cause::SignInRequired, headers, Assets::SignIn))),
            Err(error) => return Err(Box::new(self.unavailable(&error, headers, Assets::SignIn))),
        };
        let origin = self.web.public_url.origin_of(host);
        if !is_same_origin(headers, &origin) || !is_form_token(&token, fields.typed(CSRF_FIELD)) {
            return Err(Box::new(self.web.refuse(Cause::ForeignForm, headers, Assets::SignIn)));
        }
        Ok(Posted { principal, token, fields })
    }

    async fn own_page(
        &self,
        principal: &Principal,
        token: &Token,
        query: Option<&str>,
    ) -> Result<Response, StoreError> {
        let fields = query.and_then(|query| Fields::parse(query.as_bytes())).unwrap_or_default();
        let done = Done::of_code(fields.typed("done")).map(Done::words);
        let page = AccountPage { done, ..self.account_page(principal, token).await? };
        Ok(web::html(StatusCode::OK, self.web.pages.account(&page)))
    }

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

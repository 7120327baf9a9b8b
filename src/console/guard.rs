//! Who is asking: every page begins here. What they administer of what the address is of, [`here`](super::here) says.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use http::HeaderMap;
use http::request::Parts;

use super::Console;
use super::failed::Failed;
use crate::base::Token;
use crate::directory::ServerAdmin;
use crate::identity::{Actor, Host, Organization};
use crate::pages::CSRF_FIELD;
use crate::session::Principal;
use crate::web::{Fields, form_token, is_form_token, is_navigation, is_same_origin};

/// Who may be in the console.
#[derive(Clone, Debug)]
pub(super) enum Who {
    /// A user, signed in on the sign-in host.
    User(Arc<Principal>),
    /// Whoever came in by a login link.
    BreakGlass,
}

/// Somebody who is in.
#[derive(Clone, Debug)]
pub(super) struct Visitor {
    /// Who they are.
    pub(super) who: Who,
    /// What the forms of this session carry.
    pub(super) csrf: String,
}

/// Somebody who sent a form of ours, in this very session.
#[derive(Debug)]
pub(super) struct Posted {
    /// Who.
    pub(super) visitor: Visitor,
    /// What it says.
    pub(super) fields: Fields,
}

impl FromRequestParts<Arc<Console>> for Visitor {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, console: &Arc<Console>) -> Result<Self, Failed> {
        let host = console.web.public_url.host().clone();
        match console.recognise(&host, &parts.headers).await? {
            Some((who, token)) => Ok(Self { who, csrf: form_token(&token) }),
            None if is_navigation(&parts.method, &parts.headers) => {
                let path = parts.uri.path_and_query().map_or("/console", |path| path.as_str());
                Err(Failed::SignIn(path.to_owned()))
            }
            None => Err(Failed::SignInRequired),
        }
    }
}

impl FromRequest<Arc<Console>> for Posted {
    type Rejection = Failed;

    async fn from_request(request: Request, console: &Arc<Console>) -> Result<Self, Failed> {
        let (parts, body) = request.into_parts();
        let host = console.web.public_url.host().clone();
        if !is_same_origin(&parts.headers, &console.web.public_url.origin_of(&host)) {
            return Err(Failed::ForeignForm);
        }
        let known = console.recognise(&host, &parts.headers).await?;
        let (who, token) = known.ok_or(Failed::SignInRequired)?;
        let request = Request::from_parts(parts, body);
        let body = Bytes::from_request(request, console).await.map_err(|_| Failed::BadRequest)?;
        let fields = Fields::parse(&body).ok_or(Failed::BadRequest)?;
        if !is_form_token(&token, fields.typed(CSRF_FIELD)) {
            return Err(Failed::ForeignForm);
        }
        Ok(Self { visitor: Visitor { who, csrf: form_token(&token) }, fields })
    }
}

impl Visitor {
    /// Whether they administer that organization, or the server.
    pub(super) fn administers(&self, organization: &Organization) -> bool {
        let Who::User(principal) = &self.who else { return true };
        principal.administers(organization)
    }

    /// Whether they administer the server.
    pub(super) fn is_server_admin(&self) -> bool {
        match &self.who {
            Who::User(principal) => principal.holdings.server_admin,
            Who::BreakGlass => true,
        }
    }

    /// What people call them.
    pub(super) fn name(&self) -> String {
        match &self.who {
            Who::User(principal) => principal.name().to_owned(),
            Who::BreakGlass => "break-glass".to_owned(),
        }
    }

    /// How the audit log calls them.
    pub(super) fn actor(&self) -> Actor {
        match &self.who {
            Who::User(principal) => Actor::User(principal.user),
            Who::BreakGlass => Actor::BreakGlass,
        }
    }
}

impl Console {
    /// The handle for the whole server.
    ///
    /// # Errors
    /// When the visitor is no server admin.
    pub(super) fn server_admin(&self, visitor: &Visitor) -> Result<ServerAdmin<'_>, Failed> {
        if visitor.is_server_admin() {
            Ok(self.directory.server_admin(visitor.actor()))
        } else {
            Err(Failed::NotAllowed)
        }
    }

    /// Who is signed in, and with which token.
    async fn recognise(&self, host: &Host, headers: &HeaderMap) -> Result<Option<(Who, Token)>, Failed> {
        for token in self.web.break_glass_tokens(headers) {
            if self.directory.is_break_glass(&token).await? {
                return Ok(Some((Who::BreakGlass, token)));
            }
        }
        for token in self.web.session_tokens(headers) {
            if let Some(principal) = self.sessions.recognise(host, &token).await? {
                return Ok(Some((Who::User(principal), token)));
            }
        }
        Ok(None)
    }
}

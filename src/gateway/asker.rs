//! Who asks: the browser's session, or, where an application takes them, a program's bearer token.
//!
//! Both at once is refused: of two who could be meant, an upstream and we must never choose differently. A bearer token
//! that is none of ours is the upstream's own business and passes with whoever the session says, as it does at
//! applications that take none.

use std::net::IpAddr;
use std::sync::Arc;

use axum::response::Response;
use http::HeaderMap;
use http::header::AUTHORIZATION;

use super::Gateway;
use crate::base::Token;
use crate::bearer::{self, Asked, Recognised, Sent};
use crate::decision::{RequestPath, Route};
use crate::identity::Host;
use crate::session::{Principal, Unavailable};

/// Who asks.
#[derive(Default)]
pub(super) struct Asker {
    /// Somebody; nobody, if nothing speaks for one.
    pub(super) principal: Option<Arc<Principal>>,
    /// What shows their session at this host, if that is how they are known.
    pub(super) token: Option<Token>,
    /// By what they are known.
    pub(super) by: By,
}

/// By what somebody is known.
#[derive(Clone, Default)]
pub(super) enum By {
    /// A session, if at all.
    #[default]
    Session,
    /// A token of ours, which the upstream does not get.
    Token(Arc<str>),
    /// A session, if at all; a bearer token that is none of ours stands beside it.
    Foreign,
}

/// Why nobody is known.
pub(super) enum Unknown {
    /// It could not be found out.
    Unavailable(Unavailable),
    /// The token, or how it was sent, is refused: this is the answer.
    Refused(Box<Response>),
}

impl From<Unavailable> for Unknown {
    fn from(error: Unavailable) -> Self {
        Self::Unavailable(error)
    }
}

impl Gateway {
    /// Who asks for something at that host. A request without `Authorization` is looked at no further than that.
    pub(super) async fn asker(
        &self,
        host: &Host,
        path: &RequestPath,
        headers: &HeaderMap,
        client: Option<IpAddr>,
    ) -> Result<Asker, Unknown> {
        let by = if headers.contains_key(AUTHORIZATION) {
            match Box::pin(self.program(host, path, headers, client)).await? {
                Asker { by, principal: None, .. } => by,
                program => return Ok(program),
            }
        } else {
            By::Session
        };
        self.visitor(host, headers, by).await
    }

    /// Whose session the browser has.
    pub(super) async fn visitor(&self, host: &Host, headers: &HeaderMap, by: By) -> Result<Asker, Unknown> {
        for token in self.web.session_tokens(headers) {
            if let Some(principal) = self.sessions.recognise(host, &token).await? {
                return Ok(Asker { principal: Some(principal), token: Some(token), by });
            }
        }
        Ok(Asker { by, ..Asker::default() })
    }

    /// The program that asks, if the application takes tokens and one of ours was sent.
    async fn program(
        &self,
        host: &Host,
        path: &RequestPath,
        headers: &HeaderMap,
        client: Option<IpAddr>,
    ) -> Result<Asker, Unknown> {
        let route = self.routes.load().route(host).filter(|route| route.spec().machines.any()).cloned();
        let Some(route) = route else { return Ok(Asker::default()) };
        let token = match bearer::sent(headers) {
            Sent::Nothing => return Ok(Asker::default()),
            Sent::Unclear => return Err(self.unclear(&route, "Authorization is not one bearer token")),
            Sent::Token(token) => token,
        };
        let asked = asked(&route, token, client);
        match self.bearers.recognise(&asked).await {
            Ok(Recognised::Foreign) => Ok(Asker { by: By::Foreign, ..Asker::default() }),
            Ok(Recognised::As(_)) if self.web.session_tokens(headers).next().is_some() => {
                Err(self.unclear(&route, "a bearer token and a session came together"))
            }
            Ok(Recognised::As(principal)) => {
                Ok(Asker { principal: Some(principal), token: None, by: By::Token(token.into()) })
            }
            Err(refused) => Err(self.refused(&route, path, refused)),
        }
    }

    /// Whether a token still speaks for the same user, asked while a connection stays open.
    pub(super) async fn still_speaks(
        &self,
        host: &Host,
        token: &str,
        client: Option<IpAddr>,
    ) -> Option<Arc<Principal>> {
        let route = self.routes.load().route(host).cloned()?;
        match self.bearers.recognise(&asked(&route, token, client)).await {
            Ok(Recognised::As(principal)) => Some(principal),
            _ => None,
        }
    }
}

fn asked<'a>(route: &'a Route, token: &'a str, client: Option<IpAddr>) -> Asked<'a> {
    Asked {
        token,
        application: route.key(),
        organization: route.organization(),
        machines: &route.spec().machines,
        client,
    }
}

//! Who asks: the browser's session, or, where an application takes them, a program's bearer token.
//!
//! Both at once is refused: of two who could be meant, an upstream and we must never choose differently. A bearer token
//! that is none of ours is the upstream's own business and passes with whoever the session says, as it does at
//! applications that take none.

use std::fmt::Display;
use std::net::IpAddr;
use std::sync::Arc;

use axum::response::Response;
use http::header::{AUTHORIZATION, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue};

use super::Gateway;
use crate::base::Token;
use crate::bearer::{self, Asked, Recognised, Refused, Sent};
use crate::decision::{RequestPath, Route};
use crate::identity::Host;
use crate::session::{Principal, Unavailable};
use crate::web::Cause;

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

    fn unclear(&self, route: &Route, why: &str) -> Unknown {
        let failure = self.web.failure(Cause::TokenUnclear);
        tracing::info!(reference = %failure.reference, application = %route.application(), cause = why, "refused");
        Unknown::Refused(Box::new(challenge(self.web.problem(failure), "Bearer error=\"invalid_request\"")))
    }

    fn refused(&self, route: &Route, path: &RequestPath, refused: Refused) -> Unknown {
        let cause = match &refused {
            Refused::OutOfScope(principal) => {
                return Unknown::Refused(Box::new(self.deny_program(route, &refused, path, principal)));
            }
            Refused::Unavailable(_) | Refused::WithoutKeys(_) => Cause::Unavailable,
            Refused::TooMany(_) => Cause::TooManyTokens,
            Refused::Invalid(_) => Cause::TokenRefused,
        };
        let failure = self.web.failure(cause);
        tracing::info!(
            reference = %failure.reference, application = %route.application(), cause = %refused, "token refused"
        );
        let response = self.web.problem(failure);
        Unknown::Refused(Box::new(match refused {
            Refused::Invalid(_) => challenge(response, INVALID),
            Refused::TooMany(seconds) => waiting(response, seconds),
            _ => response,
        }))
    }

    /// Whoever sends a token that is none of ours where somebody is needed is a program: it is sent nowhere to sign in.
    pub(super) fn refuse_foreign(&self, host: &Host) -> Response {
        let failure = self.web.failure(Cause::TokenRefused);
        tracing::info!(reference = %failure.reference, %host, "a bearer token that is none of ours, and no session");
        challenge(self.web.problem(failure), INVALID)
    }

    /// A program whose token is good and does not open this.
    pub(super) fn deny_program(
        &self,
        route: &Route,
        why: &dyn Display,
        path: &RequestPath,
        program: &Principal,
    ) -> Response {
        let reference = self.count(route, &why.to_string(), path, program);
        let failure = self.web.failure_under(Cause::NotAllowed, reference);
        tracing::warn!(
            reference = %failure.reference,
            application = %route.application(),
            user = %program.user,
            username = %program.username,
            cause = %why,
            "entry denied"
        );
        challenge(self.web.problem(failure), "Bearer error=\"insufficient_scope\"")
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

const INVALID: &str = "Bearer error=\"invalid_token\"";

fn waiting(mut response: Response, seconds: u64) -> Response {
    response.headers_mut().insert(RETRY_AFTER, seconds.into());
    response
}

/// The answer with what RFC 6750 3 has programs told.
fn challenge(mut response: Response, challenge: &'static str) -> Response {
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    response
}

//! What programs are told that do not pass: never to sign in, and as RFC 6750 has it.

use std::fmt::Display;

use axum::response::Response;
use http::HeaderValue;
use http::header::{RETRY_AFTER, WWW_AUTHENTICATE};

use crate::bearer::Refused;
use crate::decision::{RequestPath, Route};
use crate::gateway::Gateway;
use crate::gateway::asker::Unknown;
use crate::identity::Host;
use crate::session::Principal;
use crate::web::Cause;

impl Gateway {
    /// Both a session and a token, or no one token: it is not clear who asks.
    pub(in crate::gateway) fn unclear(&self, route: &Route, why: &str) -> Unknown {
        let failure = self.web.failure(Cause::TokenUnclear);
        tracing::info!(reference = %failure.reference, application = %route.application(), cause = why, "refused");
        Unknown::Refused(Box::new(challenge(self.web.problem(failure), "Bearer error=\"invalid_request\"")))
    }

    /// A token that opens nothing here.
    pub(in crate::gateway) fn refused(&self, route: &Route, path: &RequestPath, refused: Refused) -> Unknown {
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
            username = %program.profile.username(),
            cause = %why,
            "entry denied"
        );
        challenge(self.web.problem(failure), "Bearer error=\"insufficient_scope\"")
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

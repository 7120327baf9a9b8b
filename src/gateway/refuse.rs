//! Who does not pass, and what they are told: to sign in, that they may not, or that it cannot be found out just now.

use axum::response::Response;
use http::{HeaderMap, Method};
use url::form_urlencoded;

use super::Gateway;
use crate::audit::EntryDenied;
use crate::base::Reference;
use crate::decision::{Denial, DenialReason, RequestPath, Route};
use crate::identity::Host;
use crate::session::{Principal, Unavailable};
use crate::telemetry::Trouble;
use crate::upstream::ForwardError;
use crate::web::{self, Assets, Cause, SignInWish};

impl Gateway {
    pub(super) fn sign_in(&self, host: &Host, path: &RequestPath, method: &Method, headers: &HeaderMap) -> Response {
        if web::is_navigation(method, headers) {
            let wish = SignInWish::default();
            return self.web.send_to_sign_in(&self.keys, host, path.target().as_str(), &wish, headers);
        }
        let failure = self.web.failure(Cause::SignInRequired);
        tracing::info!(reference = %failure.reference, %host, "nobody is signed in, and this is no navigation");
        self.web.problem(failure)
    }

    pub(super) fn deny(
        &self,
        denial: &Denial,
        path: &RequestPath,
        principal: Option<&Principal>,
        headers: &HeaderMap,
    ) -> Response {
        let cause = match denial.reason {
            DenialReason::ElsewhereNotAdmitted => Cause::NotFromHere,
            _ => Cause::NotAllowed,
        };
        let reason = denial.reason.to_string();
        let mut failure = match principal {
            Some(principal) => self.web.failure_under(cause, self.count(&denial.route, &reason, path, principal)),
            None => self.web.failure(cause),
        };
        tracing::warn!(
            reference = %failure.reference,
            application = %denial.route.application(),
            user = principal.map(|principal| tracing::field::display(principal.user)),
            username = principal.map(|principal| tracing::field::display(&principal.username)),
            cause = %denial.reason,
            "entry denied"
        );
        if let Some(principal) = principal {
            let query = form_urlencoded::Serializer::new(String::new())
                .append_pair("again", "1")
                .append_pair("return", path.target().as_str())
                .finish();
            failure = failure.with_account(web::account(principal));
            if cause == Cause::NotAllowed {
                failure = failure.with_link("Sign in as someone else", format!("/.vestibule/sign-in?{query}"));
            }
        }
        self.web.fail(failure, headers, Assets::Application)
    }

    /// Counts a refusal for the audit log; gives the reference that leads there. The query stays out: it may hold
    /// anything.
    pub(super) fn count(&self, route: &Route, reason: &str, path: &RequestPath, principal: &Principal) -> Reference {
        self.denials.count(&EntryDenied {
            user: principal.user,
            identity: principal.evidence.identity(),
            session: principal.session(),
            application: route.key(),
            organization: route.organization(),
            path: path.target().path(),
            reason,
        })
    }

    pub(super) fn unavailable(&self, error: &Unavailable, headers: &HeaderMap) -> Response {
        let failure = self.web.failure(Cause::Unavailable);
        tracing::error!(reference = %failure.reference, cause = %error, "cannot check who may enter");
        self.web.fail(failure, headers, Assets::Application)
    }
}

/// What is told of an answer that did not come.
pub(super) fn cause_of(error: &ForwardError) -> Cause {
    if let ForwardError::NoUpstream = error {
        return Cause::NotForwarded;
    }
    match error.status() {
        http::StatusCode::GATEWAY_TIMEOUT => Cause::UpstreamTimeout,
        http::StatusCode::METHOD_NOT_ALLOWED => Cause::MethodNotAllowed,
        http::StatusCode::BAD_REQUEST => Cause::BadRequest,
        _ => Cause::UpstreamUnavailable,
    }
}

/// What is counted of it.
pub(super) const fn trouble_of(error: &ForwardError) -> Trouble {
    match error {
        ForwardError::NoUpstream | ForwardError::Unreachable(_) => Trouble::Unreachable,
        ForwardError::ConnectTimeout | ForwardError::HeadTimeout => Trouble::Timeout,
        ForwardError::Broken(_) | ForwardError::Protocol | ForwardError::Framing => Trouble::Broken,
        ForwardError::Loop | ForwardError::Ourselves | ForwardError::NotAllotted => Trouble::Forbidden,
        ForwardError::Method | ForwardError::RequestBody => Trouble::Request,
        ForwardError::Assertion(_) => Trouble::Internal,
    }
}

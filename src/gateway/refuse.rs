//! Who does not pass, and what they are told: to sign in, that they may not, or that it cannot be found out just now.

mod programs;

use axum::response::Response;
use http::HeaderMap;
use url::form_urlencoded;

use super::asker::{By, Unknown};
use super::{Gateway, note};
use crate::audit::EntryDenied;
use crate::base::Reference;
use crate::decision::{Ambiguous, Ask, Denial, DenialReason, RequestPath, Route};
use crate::identity::Host;
use crate::session::{Principal, Unavailable};
use crate::telemetry::{Decided, Trouble, Watch};
use crate::upstream::ForwardError;
use crate::web::{self, Assets, Cause, SignInWish};

impl Gateway {
    /// Who asks is not known.
    pub(super) fn refuse_unknown(
        &self,
        watch: &mut Watch<'_>,
        host: &Host,
        unknown: Unknown,
        headers: &HeaderMap,
    ) -> Response {
        match unknown {
            Unknown::Unavailable(error) => {
                self.note(watch, host, Decided::Unavailable);
                self.unavailable(&error, headers)
            }
            Unknown::Refused(answer) => {
                let fails = answer.status().is_server_error();
                self.note(watch, host, if fails { Decided::Unavailable } else { Decided::Denied });
                *answer
            }
        }
    }

    /// Somebody has to sign in first. A page opened in a browser window leads there.
    pub(super) fn ask_to_sign_in(&self, watch: &mut Watch<'_>, ask: &Ask<'_>, by: &By) -> Response {
        self.note(watch, ask.host, Decided::SignIn);
        if let By::Foreign = by {
            return self.refuse_foreign(ask.host);
        }
        if web::is_navigation(ask.method, ask.headers) {
            let wish = SignInWish::default();
            return self.web.send_to_sign_in(&self.keys, ask.host, ask.path.target().as_str(), &wish, ask.headers);
        }
        let failure = self.web.failure(Cause::SignInRequired);
        tracing::info!(reference = %failure.reference, host = %ask.host, "nobody is signed in, and this is no navigation");
        self.web.problem(failure)
    }

    /// Whoever it is may not pass.
    pub(super) fn deny(
        &self,
        watch: &mut Watch<'_>,
        ask: &Ask<'_>,
        denial: &Denial,
        by: &By,
        principal: Option<&Principal>,
    ) -> Response {
        note(watch, &denial.route, Decided::Denied);
        match (by, principal) {
            (By::Token(_), Some(program)) => self.deny_program(&denial.route, &denial.reason, ask.path, program),
            _ => self.deny_person(ask, denial, principal),
        }
    }

    fn deny_person(&self, ask: &Ask<'_>, denial: &Denial, principal: Option<&Principal>) -> Response {
        let cause = match denial.reason {
            DenialReason::ElsewhereNotAdmitted => Cause::NotFromHere,
            _ => Cause::NotAllowed,
        };
        let reason = denial.reason.to_string();
        let mut failure = match principal {
            Some(principal) => self.web.failure_under(cause, self.count(&denial.route, &reason, ask.path, principal)),
            None => self.web.failure(cause),
        };
        tracing::warn!(
            reference = %failure.reference,
            application = %denial.route.application(),
            user = principal.map(|principal| tracing::field::display(principal.user)),
            username = principal.map(|principal| tracing::field::display(principal.profile.username())),
            cause = %denial.reason,
            "entry denied"
        );
        if let Some(principal) = principal {
            let query = form_urlencoded::Serializer::new(String::new())
                .append_pair("again", "1")
                .append_pair("return", ask.path.target().as_str())
                .finish();
            failure = failure.with_account(web::account(principal));
            if cause == Cause::NotAllowed {
                failure = failure.with_link("Sign in as someone else", format!("/.vestibule/sign-in?{query}"));
            }
        }
        self.web.fail(failure, ask.headers, Assets::Application)
    }

    /// Counts a refusal for the audit log; gives the reference that leads there. The query stays out: it may hold
    /// anything.
    fn count(&self, route: &Route, reason: &str, path: &RequestPath, principal: &Principal) -> Reference {
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

    /// A page of another origin would open a WebSocket with what the browser sends along by itself.
    pub(super) fn refuse_hijack(&self, watch: &mut Watch<'_>, route: &Route, headers: &HeaderMap) -> Response {
        note(watch, route, Decided::Foreign);
        let why = "a WebSocket handshake from a page of another origin";
        self.web.refuse_because(Cause::ForeignForm, &why, headers, Assets::Application)
    }

    /// What is asked for can be read in several ways.
    pub fn refuse_ambiguous(
        &self,
        watch: &mut Watch<'_>,
        host: &Host,
        ambiguous: &Ambiguous,
        headers: &HeaderMap,
    ) -> Response {
        self.note(watch, host, Decided::Ambiguous);
        self.web.refuse_because(Cause::BadRequest, ambiguous, headers, Assets::Application)
    }

    /// No application answers there.
    pub(super) fn refuse_host(&self, ask: &Ask<'_>) -> Response {
        self.web.refuse(Cause::UnknownHost, ask.headers, Assets::Application)
    }

    fn unavailable(&self, error: &Unavailable, headers: &HeaderMap) -> Response {
        let failure = self.web.failure(Cause::Unavailable);
        tracing::error!(reference = %failure.reference, cause = %error, "cannot check who may enter");
        self.web.fail(failure, headers, Assets::Application)
    }
}

/// What is told of an answer that did not come.
pub(super) const fn cause_of(error: &ForwardError) -> Cause {
    match error {
        ForwardError::Method => Cause::MethodNotAllowed,
        ForwardError::RequestBody => Cause::BadRequest,
        ForwardError::NoUpstream => Cause::NotForwarded,
        ForwardError::Loop | ForwardError::Ourselves => Cause::UpstreamLoop,
        ForwardError::NotAllotted => Cause::UpstreamForbidden,
        ForwardError::Full => Cause::UpstreamBusy,
        ForwardError::ConnectTimeout | ForwardError::HeadTimeout => Cause::UpstreamTimeout,
        ForwardError::Unreachable(_) | ForwardError::Broken(_) | ForwardError::Protocol | ForwardError::Framing => {
            Cause::UpstreamUnavailable
        }
        ForwardError::Assertion(_) => Cause::Unavailable,
    }
}

/// What is counted of it.
pub(super) const fn trouble_of(error: &ForwardError) -> Trouble {
    match error {
        ForwardError::Unreachable(_) => Trouble::Unreachable,
        ForwardError::ConnectTimeout | ForwardError::HeadTimeout | ForwardError::Full => Trouble::Timeout,
        ForwardError::Broken(_) | ForwardError::Protocol | ForwardError::Framing => Trouble::Broken,
        ForwardError::Loop | ForwardError::Ourselves | ForwardError::NotAllotted => Trouble::Forbidden,
        ForwardError::Method | ForwardError::RequestBody | ForwardError::NoUpstream => Trouble::Request,
        ForwardError::Assertion(_) => Trouble::Internal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_of_an_answer_that_did_not_come_has_the_status_that_its_cause_says() {
        let why = || "it is so".to_owned();
        for error in [
            ForwardError::Method,
            ForwardError::Loop,
            ForwardError::RequestBody,
            ForwardError::Unreachable(why()),
            ForwardError::Ourselves,
            ForwardError::NotAllotted,
            ForwardError::Full,
            ForwardError::ConnectTimeout,
            ForwardError::HeadTimeout,
            ForwardError::Broken(why()),
            ForwardError::Protocol,
            ForwardError::Framing,
        ] {
            assert_eq!(cause_of(&error).status(), error.status(), "{error}");
        }
        assert_eq!(cause_of(&ForwardError::NoUpstream), Cause::NotForwarded, "told of ourselves, not of an upstream");
    }
}

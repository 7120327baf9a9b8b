//! What went wrong, told twice: to the person, in plain words with a reference id; to the log, with the cause under
//! the same id.

mod cause;
#[cfg(test)]
mod tests;

use std::fmt::Display;

use axum::response::Response;
use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderValue};

use super::{Problem, Web, html, prefers_html};
use crate::base::Reference;
use crate::pages::{self, Account, Action, Assets};

pub use cause::Cause;

/// In which form a failure is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A page, for people.
    Page,
    /// A problem (RFC 9457), for programs.
    Problem,
}

impl Form {
    /// The form that a request asks for.
    pub fn asked_for(headers: &HeaderMap) -> Self {
        if prefers_html(headers) { Self::Page } else { Self::Problem }
    }
}

/// One failure of one request.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What kind.
    pub cause: Cause,
    /// What the log is searched for.
    pub reference: Reference,
    action: Option<Action>,
    account: Option<Account>,
}

impl Failure {
    /// This failure with a link to go on by.
    #[must_use]
    pub fn with_link(mut self, label: &str, href: impl Into<String>) -> Self {
        self.action = Some(Action::Link { label: label.to_owned(), href: href.into() });
        self
    }

    /// This failure with a button that signs out.
    #[must_use]
    pub fn with_sign_out(mut self, action: &str, csrf: String) -> Self {
        self.action = Some(Action::Form { label: "Sign out".to_owned(), action: action.to_owned(), csrf: Some(csrf) });
        self
    }

    /// This failure, saying who is signed in.
    #[must_use]
    pub fn with_account(mut self, account: Account) -> Self {
        self.account = Some(account);
        self
    }
}

impl Web {
    /// Short for a failure with a cause that the log alone is told, under its reference.
    pub fn refuse_because(&self, cause: Cause, why: &dyn Display, headers: &HeaderMap, assets: Assets) -> Response {
        let failure = self.failure(cause);
        tracing::info!(reference = %failure.reference, outcome = ?cause, cause = %why, "refused");
        self.fail(failure, headers, assets)
    }

    /// A new failure. The caller logs its cause under its reference.
    pub fn failure(&self, cause: Cause) -> Failure {
        self.failure_under(cause, Reference::new(&self.ambient))
    }

    /// A failure whose reference leads somewhere already.
    pub fn failure_under(&self, cause: Cause, reference: Reference) -> Failure {
        Failure { cause, reference, action: None, account: None }
    }

    /// The failure as a problem (RFC 9457), for programs.
    pub fn problem(&self, failure: Failure) -> Response {
        let (title, what, remedy) = failure.cause.words();
        let (status, code) = (failure.cause.status(), failure.cause.code());
        let problem = Problem::new(status, code, title, format!("{what} {remedy}"), &failure.reference).answer();
        until_it_is_over(problem, failure.cause)
    }

    /// The failure as a page, or as a problem for who does not ask for HTML.
    pub fn fail(&self, failure: Failure, headers: &HeaderMap, assets: Assets) -> Response {
        self.tell(failure, Form::asked_for(headers), assets)
    }

    /// The failure in the form that was asked for. Its reference stands in the answer's extensions, for the access log.
    pub fn tell(&self, failure: Failure, form: Form, assets: Assets) -> Response {
        let Failure { cause, reference, action, account } = match form {
            Form::Page => failure,
            Form::Problem => return self.problem(failure),
        };
        let (title, what, remedy) = cause.words();
        let problem = pages::Problem {
            frame: self.frame(assets),
            status: cause.status(),
            title: title.to_owned(),
            what: what.to_owned(),
            remedy: remedy.to_owned(),
            reference: reference.to_string(),
            account,
            action,
        };
        let mut response = html(cause.status(), self.pages.problem(&problem));
        response.extensions_mut().insert(reference);
        until_it_is_over(response, cause)
    }

    /// Short for a failure whose kind is all there is to tell, to the person and to the log.
    pub fn refuse(&self, cause: Cause, headers: &HeaderMap, assets: Assets) -> Response {
        let failure = self.failure(cause);
        tracing::info!(reference = %failure.reference, outcome = ?cause, "refused");
        self.fail(failure, headers, assets)
    }
}

/// The answer with when to try again, where that is known.
fn until_it_is_over(mut response: Response, cause: Cause) -> Response {
    if let Some(seconds) = cause.retry_after() {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static(seconds));
    }
    response
}

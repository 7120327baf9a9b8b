//! What went wrong, in plain words. The words live here, so that every door of the house says the same thing in the same
//! way; the cause stands in the log under the same reference id, never on the page.

use http::StatusCode;
use serde::{Serialize, Serializer};

use super::{Account, Action, Frame, Page};
use crate::base::Reference;

/// A page that says what went wrong and what to do now.
#[derive(Clone, Debug, Serialize)]
pub struct Problem {
    /// What stands around it.
    pub frame: Frame,
    /// The status to answer with; shown small, for whoever looks for it.
    #[serde(serialize_with = "number")]
    pub status: StatusCode,
    /// What it is, in a few words.
    pub title: String,
    /// What happened.
    pub what: String,
    /// What to do now.
    pub remedy: String,
    /// What leads an admin to the cause.
    pub reference: String,
    /// Who is signed in, where the page says it.
    pub account: Option<Account>,
    /// The one thing to do, where there is one.
    pub action: Option<Action>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn number<S: Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}

impl Problem {
    /// A problem in words of the caller's own. The constructors below are for what happens often.
    pub fn new(
        frame: Frame,
        status: StatusCode,
        reference: &Reference,
        title: impl Into<String>,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            frame,
            status,
            title: title.into(),
            what: what.into(),
            remedy: remedy.into(),
            reference: reference.to_string(),
            account: None,
            action: None,
        }
    }

    /// This problem with a link to go on by.
    #[must_use]
    pub fn with_link(mut self, label: &str, href: impl Into<String>) -> Self {
        self.action = Some(Action::Link { label: label.into(), href: href.into() });
        self
    }

    /// This problem with a button that signs out.
    #[must_use]
    pub fn with_sign_out(mut self, action: impl Into<String>, csrf: Option<String>) -> Self {
        self.action = Some(Action::Form { label: "Sign out".into(), action: action.into(), csrf });
        self
    }

    /// The sign-in came back, but it does not hold. `again` starts another.
    pub fn sign_in_failed(frame: Frame, reference: &Reference, again: impl Into<String>) -> Self {
        Self::new(
            frame,
            StatusCode::BAD_REQUEST,
            reference,
            "Sign-in failed",
            "We could not confirm who you are, so nobody has been signed in.",
            "Try again. If it fails once more, give your administrator the reference below.",
        )
        .with_link("Try again", again)
    }

    /// The sign-in took too long, was finished already or was started in another browser. `again` starts another.
    pub fn sign_in_expired(frame: Frame, reference: &Reference, again: impl Into<String>) -> Self {
        Self::new(
            frame,
            StatusCode::BAD_REQUEST,
            reference,
            "This sign-in is no longer valid",
            "A sign-in can be finished once, within ten minutes, in the browser that started it.",
            "Start again from here.",
        )
        .with_link("Sign in again", again)
    }

    /// The identity provider `provider` itself did not sign the person in, or the person went back. `again` starts another.
    pub fn sign_in_refused(frame: Frame, reference: &Reference, provider: &str, again: impl Into<String>) -> Self {
        Self::new(
            frame,
            StatusCode::FORBIDDEN,
            reference,
            "You have not been signed in",
            format!("{provider} sent you back without signing you in."),
            "If you did not mean to turn back, try again.",
        )
        .with_link("Try again", again)
    }

    /// The identity provider `provider` cannot be reached or does not answer as it should. `again` tries once more.
    pub fn provider_unavailable(frame: Frame, reference: &Reference, provider: &str, again: impl Into<String>) -> Self {
        Self::new(
            frame,
            StatusCode::SERVICE_UNAVAILABLE,
            reference,
            "The sign-in provider is not answering",
            format!("{provider} could not be reached, or did not answer as expected."),
            "Wait a moment and try again. Whoever is already signed in stays signed in.",
        )
        .with_link("Try again", again)
    }

    /// The person is who they say, but has no account here and may not make one. `other` signs in as someone else.
    pub fn no_account(frame: Frame, reference: &Reference, provider: &str, other: impl Into<String>) -> Self {
        Self::new(
            frame,
            StatusCode::FORBIDDEN,
            reference,
            "You have no account here yet",
            format!("{provider} knows you, but nobody has given you access here."),
            "Ask your administrator for an account, and give them the reference below.",
        )
        .with_link("Sign in as someone else", other)
    }

    /// Signed in, and in no organization.
    pub fn no_organization(frame: Frame, reference: &Reference, account: Account) -> Self {
        let what = "You are signed in, but not a member of any organization yet.";
        let remedy = "Ask your administrator to let you in. The reference below shows them why.";
        let mut problem = Self::new(frame, StatusCode::FORBIDDEN, reference, "You are almost there", what, remedy);
        problem.account = Some(account);
        problem
    }

    /// Signed in, and not let into `application`. `other` signs in as someone else.
    pub fn not_allowed(
        frame: Frame,
        reference: &Reference,
        application: &str,
        account: Option<Account>,
        other: impl Into<String>,
    ) -> Self {
        let what = format!("Your account does not have access to this part of {application}.");
        let remedy = "If you should have it, give your administrator the reference below.";
        let mut problem = Self::new(frame, StatusCode::FORBIDDEN, reference, "You cannot enter here", what, remedy)
            .with_link("Sign in as someone else", other);
        problem.account = account;
        problem
    }

    /// A request that we do not take.
    pub fn bad_request(frame: Frame, reference: &Reference) -> Self {
        Self::new(
            frame,
            StatusCode::BAD_REQUEST,
            reference,
            "We do not understand this request",
            "The address or the form your browser sent is incomplete, or not in a form we accept.",
            "Go back and try again from the page you came from.",
        )
    }

    /// Nothing of ours at this path.
    pub fn not_found(frame: Frame, reference: &Reference) -> Self {
        Self::new(
            frame,
            StatusCode::NOT_FOUND,
            reference,
            "There is nothing here",
            "No page has this address.",
            "Check the address, or start from the front page.",
        )
    }

    /// A host that no application has (421: RFC 9110 15.5.20).
    pub fn unknown_host(frame: Frame, reference: &Reference) -> Self {
        Self::new(
            frame,
            StatusCode::MISDIRECTED_REQUEST,
            reference,
            "Nothing lives at this address",
            "The request reached us, but no application here has this name.",
            "Check the address for a slip. If it is right, the application may not be set up yet.",
        )
    }

    /// `application` cannot be reached, or answers in a way that is not HTTP (502). `again` is the page asked for.
    pub fn application_unreachable(
        frame: Frame,
        reference: &Reference,
        application: &str,
        again: impl Into<String>,
    ) -> Self {
        Self::new(
            frame,
            StatusCode::BAD_GATEWAY,
            reference,
            format!("{application} is not answering"),
            "The application behind this page could not be reached.",
            "Wait a moment and try again.",
        )
        .with_link("Try again", again)
    }

    /// `application` took too long (504). `again` is the page asked for.
    pub fn application_too_slow(
        frame: Frame,
        reference: &Reference,
        application: &str,
        again: impl Into<String>,
    ) -> Self {
        Self::new(
            frame,
            StatusCode::GATEWAY_TIMEOUT,
            reference,
            format!("{application} is taking too long"),
            "The application got your request, but did not answer in time. It may still be working on it.",
            "Wait a moment before you try again.",
        )
        .with_link("Try again", again)
    }

    /// A fault of ours (500).
    pub fn internal(frame: Frame, reference: &Reference) -> Self {
        Self::new(
            frame,
            StatusCode::INTERNAL_SERVER_ERROR,
            reference,
            "Something went wrong here",
            "This is a fault of ours, not of what you did.",
            "Try again. If it happens once more, give your administrator the reference below.",
        )
    }

    /// We ourselves cannot answer now (503). Nobody is let in meanwhile.
    pub fn unavailable(frame: Frame, reference: &Reference) -> Self {
        Self::new(
            frame,
            StatusCode::SERVICE_UNAVAILABLE,
            reference,
            "We cannot check who you are right now",
            "Something we depend on is not working. Until it does, nobody is let in.",
            "Wait a moment, then load this page again.",
        )
    }
}

impl Page for Problem {
    const TEMPLATE: &'static str = "error.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use super::Assets;
        let reference = Reference::new(&crate::base::Ambient::system());
        let (here, there) = (Frame::sample(), Frame::new(Assets::Application));
        vec![
            Self::sign_in_failed(here.clone(), &reference, "/login"),
            Self::sign_in_expired(here.clone(), &reference, "/login"),
            Self::provider_unavailable(here.clone(), &reference, "Company login", "/login/company"),
            Self::sign_in_refused(here.clone(), &reference, "Company login", "/login"),
            Self::no_account(here.clone(), &reference, "Company login", "/login"),
            Self::no_organization(here.clone(), &reference, Account::sample())
                .with_sign_out("/sign-out", Some("token-of-this-session".into())),
            Self::not_allowed(there.clone(), &reference, "Wiki", Some(Account::sample()), "/.vestibule/sign-in"),
            Self::not_allowed(
                there.clone(),
                &reference,
                "Wiki",
                Some(Account { email: None, ..Account::sample() }),
                "/",
            )
            .with_sign_out("/.vestibule/sign-out", None),
            Self::bad_request(here.clone(), &reference),
            Self::not_found(here, &reference),
            Self::unknown_host(there.clone(), &reference),
            Self::application_unreachable(there.clone(), &reference, "Wiki", "/notes?page=2"),
            Self::application_too_slow(there.clone(), &reference, "Wiki", "/notes?page=2"),
            Self::internal(there.clone(), &reference),
            Self::unavailable(there, &reference),
        ]
    }
}

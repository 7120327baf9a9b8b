//! What went wrong. The words are `web`'s, which says the same to programs; the cause stands in the log under the same
//! reference id, never on the page.

use http::StatusCode;
use serde::{Serialize, Serializer};

use super::{Account, Action, Frame, Page};

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

impl Page for Problem {
    const TEMPLATE: &'static str = "problem.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use super::Assets;
        let bare = Self {
            frame: Frame::new(Assets::Application),
            status: StatusCode::BAD_GATEWAY,
            title: "The application does not answer".into(),
            what: "It could not be reached.".into(),
            remedy: "Wait a moment and try again.".into(),
            reference: "7F3KQ-9QXM2".into(),
            account: None,
            action: None,
        };
        let link = Action::Link { label: "Sign in as someone else".into(), href: "/.vestibule/sign-in?again=1".into() };
        let form = |csrf| Action::Form { label: "Sign out".into(), action: "/logout".into(), csrf };
        let refused = Self { status: StatusCode::FORBIDDEN, account: Some(Account::sample()), ..bare.clone() };
        let nameless = Some(Account { email: None, ..Account::sample() });
        vec![
            Self {
                frame: Frame::sample(),
                action: Some(form(Some("token-of-this-session".into()))),
                ..refused.clone()
            },
            Self { action: Some(form(None)), account: nameless, ..refused.clone() },
            Self { action: Some(link.clone()), ..refused },
            Self { action: Some(link), ..bare.clone() },
            bare,
        ]
    }
}

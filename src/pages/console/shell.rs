//! What stands around every page of the console, and what forms have in common.

use serde::Serialize;

use crate::pages::Frame;

/// The bar, the navigation, and what was done just now.
#[derive(Clone, Debug, Serialize)]
pub struct Shell {
    /// What stands around every page.
    pub frame: Frame,
    /// What the person is called who is signed in.
    pub name: String,
    /// Whether they have an account to look at.
    pub account: bool,
    /// The value of [`crate::pages::CSRF_FIELD`] for every form of the page.
    pub csrf: String,
    /// Where the form that signs out is sent.
    pub sign_out: &'static str,
    /// The places this person may go.
    pub nav: Vec<NavItem>,
    /// The places below the organization the page is about.
    pub tabs: Vec<NavItem>,
    /// What that organization is called.
    pub organization: Option<String>,
    /// What was done just now, in words.
    pub done: Option<&'static str>,
}

/// A place to go.
#[derive(Clone, Debug, Serialize)]
pub struct NavItem {
    /// What it is called.
    pub label: String,
    /// Where it is.
    pub href: String,
    /// Whether the page is there.
    pub current: bool,
}

/// One field of a form: what was typed, and what is wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Field {
    /// What stands in it.
    pub value: String,
    /// What is wrong with it and what to do.
    pub error: Option<String>,
}

impl Field {
    /// A field with nothing wrong.
    pub fn of(value: impl Into<String>) -> Self {
        Self { value: value.into(), error: None }
    }

    /// A field that cannot be taken as it is.
    pub fn wrong(value: impl Into<String>, error: impl Into<String>) -> Self {
        Self { value: value.into(), error: Some(error.into()) }
    }
}

/// One of several that a field offers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Picked {
    /// The word for it, one of ours.
    pub kind: &'static str,
    /// What is wrong with it and what to do.
    pub error: Option<String>,
}

impl Picked {
    /// That one, with nothing wrong.
    pub const fn of(kind: &'static str) -> Self {
        Self { kind, error: None }
    }
}

/// What was done just now. It travels as a word of ours in the address: nobody can make a page of ours say something
/// else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// Something new is there.
    Created,
    /// A change is kept.
    Saved,
    /// Something is gone.
    Deleted,
    /// Something counts no longer.
    Disabled,
    /// Something counts again.
    Enabled,
    /// One or more sessions are over.
    SessionsEnded,
    /// A token opens nothing any more.
    TokenEnded,
    /// What policies give no longer is gone.
    LossesTaken,
}

const DONE: [(Done, &str, &str); 8] = [
    (Done::Created, "created", "Created."),
    (Done::Saved, "saved", "Saved."),
    (Done::Deleted, "deleted", "Deleted."),
    (Done::Disabled, "disabled", "Disabled."),
    (Done::Enabled, "enabled", "Enabled."),
    (Done::SessionsEnded, "sessions-ended", "Signed out there."),
    (Done::TokenEnded, "token-ended", "The token opens nothing any more."),
    (Done::LossesTaken, "losses-taken", "Taken away: what it no longer gives is gone."),
];

impl Done {
    /// The word in the address.
    pub fn code(self) -> &'static str {
        DONE.iter().find(|(done, ..)| *done == self).map_or("", |(_, code, _)| code)
    }

    /// What that word stands for.
    pub fn of_code(code: &str) -> Option<Self> {
        DONE.iter().find(|(_, other, _)| *other == code).map(|(done, ..)| *done)
    }

    /// What the page says.
    pub fn words(self) -> &'static str {
        DONE.iter().find(|(done, ..)| *done == self).map_or("", |(.., words)| words)
    }
}

#[cfg(test)]
impl Shell {
    pub(in crate::pages) fn sample() -> Self {
        let item = |label: &str, href: &str, current| NavItem { label: label.into(), href: href.into(), current };
        Self {
            frame: Frame::sample(),
            name: "Alice Liddell".into(),
            account: true,
            csrf: "token-of-this-session".into(),
            sign_out: "/logout",
            nav: vec![item("Overview", "/console", true), item("People", "/console/people", false)],
            tabs: Vec::new(),
            organization: None,
            done: Some("Saved."),
        }
    }

    pub(in crate::pages) fn sample_of_organization() -> Self {
        let item = |label: &str, href: &str, current| NavItem { label: label.into(), href: href.into(), current };
        Self {
            tabs: vec![
                item("Overview", "/console/organizations/home-lab", false),
                item("People", "/console/organizations/home-lab/people", true),
            ],
            organization: Some("Home lab".into()),
            account: false,
            done: None,
            ..Self::sample()
        }
    }
}

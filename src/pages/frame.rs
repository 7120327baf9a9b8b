//! What pages have in common.

use serde::Serialize;

use super::Assets;

/// The name of the hidden field that carries the token against cross-site request forgery in every form of ours.
pub const CSRF_FIELD: &str = "csrf";

/// What stands around every page.
#[derive(Clone, Debug, Serialize)]
pub struct Frame {
    /// Where this host serves the stylesheet.
    pub assets: Assets,
    /// A line above the page that everyone must see, such as *Demonstration: anyone can sign in here*.
    pub notice: Option<String>,
}

impl Frame {
    /// A page without a notice.
    pub const fn new(assets: Assets) -> Self {
        Self { assets, notice: None }
    }
}

/// The one thing a page offers to do.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Action {
    /// Go somewhere: GET.
    Link {
        /// What the link says.
        label: String,
        /// Where it leads.
        href: String,
    },
    /// Change something: POST.
    Form {
        /// What the button says.
        label: String,
        /// Where the form is sent.
        action: String,
        /// The value of [`CSRF_FIELD`], where the host asks for one.
        csrf: Option<String>,
    },
}

/// Who is signed in, as far as a page shows it.
#[derive(Clone, Debug, Serialize)]
pub struct Account {
    /// The name the person goes by; the username where the provider told none.
    pub name: String,
    /// What applications call the user.
    pub username: String,
    /// The e-mail address, if one is known.
    pub email: Option<String>,
    /// The identity provider this session was made through.
    pub provider: String,
}

#[cfg(test)]
impl Frame {
    pub(super) fn sample() -> Self {
        Self { assets: Assets::SignIn, notice: Some("Demonstration: anyone can sign in here".into()) }
    }
}

#[cfg(test)]
impl Account {
    pub(super) fn sample() -> Self {
        Self {
            name: "Alice Liddell".into(),
            username: "alice".into(),
            email: Some("alice@example.com".into()),
            provider: "Company login".into(),
        }
    }
}

//! Signing out.

use serde::Serialize;

#[cfg(test)]
use super::Assets;
use super::{Account, Frame, Page};

/// What is asked before a sign-out that came by GET: a link, an image or another site could have sent it.
#[derive(Clone, Debug, Serialize)]
pub struct ConfirmSignOut {
    /// What stands around it.
    pub frame: Frame,
    /// Who is signed in.
    pub account: Account,
    /// Where the form is sent.
    pub action: String,
    /// The value of [`super::CSRF_FIELD`], where the host asks for one.
    pub csrf: Option<String>,
    /// Where staying signed in leads.
    pub cancel: String,
}

impl Page for ConfirmSignOut {
    const TEMPLATE: &'static str = "login/confirm_sign_out.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let full = Self {
            frame: Frame::sample(),
            account: Account::sample(),
            action: "/sign-out".into(),
            csrf: Some("token-of-this-session".into()),
            cancel: "/".into(),
        };
        let bare = Self {
            frame: Frame::new(Assets::Application),
            csrf: None,
            action: "/.vestibule/sign-out".into(),
            ..full.clone()
        };
        vec![full, bare]
    }
}

/// What is shown after a sign-out.
#[derive(Clone, Debug, Serialize)]
pub struct SignedOut {
    /// What stands around it.
    pub frame: Frame,
    /// Where signing in again starts.
    pub sign_in: String,
}

impl Page for SignedOut {
    const TEMPLATE: &'static str = "login/signed_out.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let frames = [Frame::sample(), Frame::new(Assets::Application)];
        frames.map(|frame| Self { frame, sign_in: "/login".into() }).to_vec()
    }
}

/// What is shown on the way to the provider, which is signed out of too.
#[derive(Clone, Debug, Serialize)]
pub struct Farewell {
    /// What stands around it.
    pub frame: Frame,
    /// What the provider is called.
    pub provider: String,
    /// Where one signs out there.
    pub href: String,
}

impl Page for Farewell {
    const TEMPLATE: &'static str = "login/farewell.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let frames = [Frame::sample(), Frame::new(Assets::Application)];
        let page = |frame| Self { frame, provider: "Company login".into(), href: "https://id.example.com/end".into() };
        frames.map(page).to_vec()
    }
}

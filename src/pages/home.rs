//! The sign-in host for somebody who is signed in: who am I, and where may I go.

use serde::Serialize;

use super::{Account, Frame, Page};

/// Who is signed in, what they hold and what they may open.
#[derive(Clone, Debug, Serialize)]
pub struct Home {
    /// What stands around it.
    pub frame: Frame,
    /// Who is signed in.
    pub account: Account,
    /// The organizations the user is in, in the order shown.
    pub organizations: Vec<HomeOrganization>,
    /// The applications the user may enter, in the order shown.
    pub applications: Vec<HomeApplication>,
    /// What leads an admin to why the user is in no organization; shown only then.
    pub reference: Option<String>,
    /// Where the console is, for whoever administers anything.
    pub console: Option<String>,
    /// Where the sign-out form is sent.
    pub sign_out: String,
    /// The value of [`super::CSRF_FIELD`] for the sign-out form.
    pub csrf: String,
}

/// An organization the user is in.
#[derive(Clone, Debug, Serialize)]
pub struct HomeOrganization {
    /// What people call it.
    pub name: String,
    /// The names of the roles held in it.
    pub roles: Vec<String>,
}

/// An application the user may enter.
#[derive(Clone, Debug, Serialize)]
pub struct HomeApplication {
    /// What people call it.
    pub name: String,
    /// Where it is.
    pub href: String,
    /// Its host, as people read it.
    pub host: String,
    /// The name of its organization.
    pub organization: String,
}

impl Page for Home {
    const TEMPLATE: &'static str = "home.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let application = |name: &str, host: &str, organization: &str| HomeApplication {
            name: name.into(),
            href: format!("https://{host}"),
            host: host.into(),
            organization: organization.into(),
        };
        let full = Self {
            frame: Frame::sample(),
            account: Account::sample(),
            organizations: vec![
                HomeOrganization { name: "Home lab".into(), roles: vec!["Admin".into(), "Member".into()] },
                HomeOrganization { name: "Book club".into(), roles: vec!["Reader".into()] },
            ],
            applications: vec![
                application("Wiki", "wiki.example.com", "Home lab"),
                application("Vault", "vault.example.com", "Home lab"),
                application("Reading list", "a-rather-long-host-name.of.books.example.com", "Book club"),
            ],
            reference: None,
            console: Some("/console".into()),
            sign_out: "/sign-out".into(),
            csrf: "token-of-this-session".into(),
        };
        let account = Account { email: None, ..Account::sample() };
        let reference = Some("7F3KQ-9QXM2".into());
        let bare = Self {
            account,
            reference,
            console: None,
            organizations: Vec::new(),
            applications: Vec::new(),
            ..full.clone()
        };
        let idle = Self { frame: Frame { notice: None, ..Frame::sample() }, applications: Vec::new(), ..full.clone() };
        vec![full, bare, idle]
    }
}

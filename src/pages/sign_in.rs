//! Before signing in.

use serde::Serialize;

use super::{Frame, Page};

/// The chooser of identity providers.
#[derive(Clone, Debug, Serialize)]
pub struct Choose {
    /// What stands around it.
    pub frame: Frame,
    /// The application the person is on the way to, if any.
    pub application: Option<String>,
    /// The providers that may be used, in the order shown.
    pub choices: Vec<Choice>,
}

/// One identity provider to choose.
#[derive(Clone, Debug, Serialize)]
pub struct Choice {
    /// What people call it.
    pub name: String,
    /// Where choosing it leads.
    pub href: String,
    /// The name of the organization it belongs to; absent: it is global.
    pub owner: Option<String>,
    /// The host of its issuer. Shown where an organization runs it, so that nobody takes it for ours.
    pub issuer_host: Option<String>,
}

impl Page for Choose {
    const TEMPLATE: &'static str = "login/choose.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let choice =
            |name: &str, href: &str| Choice { name: name.into(), href: href.into(), owner: None, issuer_host: None };
        let owned = Choice {
            owner: Some("Home lab".into()),
            issuer_host: Some("auth.home-lab.example".into()),
            ..choice("Home lab Authelia", "/login/home-lab?to=abc")
        };
        let choices = vec![
            choice("Company login", "/login/company?to=abc"),
            choice("Partners", "/login/partners?to=abc"),
            owned.clone(),
            Choice {
                issuer_host: None,
                name: "A provider with quite a long name for such a small page".into(),
                ..owned
            },
        ];
        let frame = Frame::sample();
        vec![
            Self { frame: frame.clone(), application: Some("Wiki".into()), choices: choices.clone() },
            Self { frame: Frame { notice: None, ..frame.clone() }, application: None, choices },
            Self { frame, application: None, choices: Vec::new() },
        ]
    }
}

/// The sign-in host for somebody who is not signed in.
#[derive(Clone, Debug, Serialize)]
pub struct Welcome {
    /// What stands around it.
    pub frame: Frame,
    /// Where signing in starts.
    pub sign_in: String,
}

impl Page for Welcome {
    const TEMPLATE: &'static str = "login/welcome.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        vec![Self { frame: Frame::sample(), sign_in: "/login".into() }]
    }
}

//! One person: everything about them.

use serde::Serialize;

use super::{AuditItem, Field, Moment, Shell, Standing};
use crate::pages::{Page, PageError, Pages};

/// Somebody's page.
#[derive(Clone, Debug, Serialize)]
pub struct PersonPage {
    /// What stands around it.
    pub shell: Shell,
    /// The list they stand in.
    pub list: String,
    /// Where this page is.
    pub base: String,
    /// What people call them.
    pub name: String,
    /// What applications call them.
    pub username: String,
    /// Their address.
    pub email: Option<String>,
    /// How it stands with them.
    pub standing: Standing,
    /// What server admins see and do.
    pub whole: Option<WholePerson>,
    /// Where they sign in.
    pub identities: Vec<IdentityFacts>,
    /// As whom they are awaited.
    pub awaited: Vec<AwaitedFacts>,
    /// What they hold.
    pub places: Vec<PlaceFacts>,
    /// Their sessions.
    pub sessions: Vec<SessionFacts>,
    /// Their last sign-ins, explained.
    pub sign_ins: Vec<SignInFacts>,
    /// What asks for one organization of them, where there are many.
    pub narrowing: Option<Narrowing>,
    /// What happened to them.
    pub events: Vec<AuditItem>,
}

/// What of a person is for server admins alone.
#[derive(Clone, Debug, Serialize)]
pub struct WholePerson {
    /// Their id.
    pub id: String,
    /// When they were made.
    pub created: Moment,
    /// Whether they are a server admin.
    pub server_admin: bool,
    /// Whether it is the admin themselves, who can neither disable nor delete it.
    pub oneself: bool,
}

/// An account at an IdP.
#[derive(Clone, Debug, Serialize)]
pub struct IdentityFacts {
    /// The IdP.
    pub idp: String,
    /// Whose IdP it is, and on which host, if it is an organization's own.
    pub owner: Option<String>,
    /// The key there.
    pub identifier: String,
    /// The address told there.
    pub email: Option<String>,
    /// Whether the IdP says that it is theirs.
    pub verified: bool,
    /// The last sign-in.
    pub last: Moment,
}

/// As whom somebody is awaited.
#[derive(Clone, Debug, Serialize)]
pub struct AwaitedFacts {
    /// Where.
    pub idp: String,
    /// `email` or `identifier`.
    pub kind: &'static str,
    /// The address or the identifier.
    pub value: String,
}

/// What somebody holds in an organization.
#[derive(Clone, Debug, Serialize)]
pub struct PlaceFacts {
    /// The organization.
    pub organization: String,
    /// Where its roles are given by hand.
    pub href: String,
    /// The roles.
    pub roles: Vec<RoleFacts>,
}

/// A role that somebody holds.
#[derive(Clone, Debug, Serialize)]
pub struct RoleFacts {
    /// The role.
    pub name: String,
    /// Who gave it.
    pub by: String,
    /// How long it counts, if for a while only.
    pub kept_until: Option<Moment>,
}

/// A session.
#[derive(Clone, Debug, Serialize)]
pub struct SessionFacts {
    /// The session.
    pub id: String,
    /// The IdP it was opened through.
    pub idp: String,
    /// The sign-in.
    pub since: Moment,
    /// The last activity.
    pub seen: Moment,
}

/// A sign-in, explained.
#[derive(Clone, Debug, Serialize)]
pub struct SignInFacts {
    /// The IdP.
    pub idp: String,
    /// The key there.
    pub identifier: String,
    /// When.
    pub at: Moment,
    /// What its page showed, or would have.
    pub reference: String,
    /// Why it was refused.
    pub refused: Option<String>,
    /// Whether the configuration has changed since.
    pub changed_since: bool,
    /// Why there are no verdicts.
    pub silent: Option<String>,
    /// What the policies say, organization by organization.
    pub verdicts: Vec<VerdictFacts>,
    /// How many organizations more were decided about.
    pub more: usize,
}

/// Asks for one organization of sign-ins that were decided in more than a page shows.
#[derive(Clone, Debug, Serialize)]
pub struct Narrowing {
    /// Where it is sent.
    pub path: String,
    /// The id of the organization.
    pub organization: Field,
}

/// What the policies say about one organization.
#[derive(Clone, Debug, Serialize)]
pub struct VerdictFacts {
    /// The organization.
    pub organization: String,
    /// `granted`, `no match`, `no such role` or `error`.
    pub kind: &'static str,
    /// Why, and what was given.
    pub detail: String,
    /// Whose policies were asked.
    pub source: String,
}

impl Pages {
    /// Everything about somebody.
    ///
    /// # Errors
    /// When the template fails.
    pub fn person(&self, page: &PersonPage) -> Result<String, PageError> {
        self.render(page)
    }
}

#[cfg(test)]
impl SignInFacts {
    /// One with verdicts, and one without.
    fn both() -> [Self; 2] {
        let verdict = |kind| VerdictFacts {
            organization: "home-lab".into(),
            kind,
            detail: "Member (added)".into(),
            source: "default policy".into(),
        };
        let sign_in = |silent: Option<&str>| SignInFacts {
            idp: "Company".into(),
            identifier: "f3a9".into(),
            at: Moment::sample(),
            reference: "7F3KQ-9QXM2".into(),
            refused: silent.map(|_| "no organization takes this identity".into()),
            changed_since: silent.is_none(),
            silent: silent.map(Into::into),
            verdicts: if silent.is_some() {
                Vec::new()
            } else {
                ["granted", "no match", "no such role", "error"].map(verdict).into()
            },
            more: usize::from(silent.is_none()) * 12,
        };
        [sign_in(None), sign_in(Some("its claims are not kept"))]
    }

    pub(in crate::pages) fn samples() -> Vec<Self> {
        Self::both().into()
    }
}

#[cfg(test)]
impl Narrowing {
    pub(in crate::pages) fn sample() -> Self {
        let organization = Field::wrong("home-lap", "No policy was asked about an organization of this id.");
        Self { path: "/console/people/0192".into(), organization }
    }
}

impl Page for PersonPage {
    const TEMPLATE: &'static str = "console/person.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let role = |kept: bool| RoleFacts {
            name: "Member".into(),
            by: "by sign-ins at Company".into(),
            kept_until: kept.then(Moment::sample),
        };
        let identity = |owner: Option<&str>| IdentityFacts {
            idp: "Company".into(),
            owner: owner.map(Into::into),
            identifier: "f3a9".into(),
            email: Some("zoe@example.com".into()),
            verified: owner.is_none(),
            last: Moment::sample(),
        };
        let [told, silent] = SignInFacts::both();
        let event = |detail: bool| AuditItem {
            at: "2026-11-25 18:30:00".into(),
            action: "Sign-in".into(),
            actor: "alice".into(),
            about: Vec::new(),
            count: detail.then_some(3),
            detail: detail.then(|| "why".into()),
            reference: detail.then(|| crate::pages::AuditLink {
                name: "7F3KQ-9QXM2".into(),
                href: Some("/console/explain/7F3KQ-9QXM2".into()),
            }),
            change: detail.then(|| "no roles, then Admin".into()),
        };
        let whole =
            |oneself| WholePerson { id: "0192".into(), created: Moment::sample(), server_admin: oneself, oneself };
        let full = Self {
            shell: Shell::sample(),
            list: "/console/people".into(),
            base: "/console/people/0192".into(),
            name: "Zoë Leary".into(),
            username: "zoe".into(),
            email: Some("zoe@example.com".into()),
            standing: Standing { kind: "active" },
            whole: Some(whole(false)),
            identities: vec![identity(None), identity(Some("Home lab, id.home.example"))],
            awaited: vec![
                AwaitedFacts { idp: "Partner".into(), kind: "email", value: "z@example.com".into() },
                AwaitedFacts { idp: "Partner".into(), kind: "identifier", value: "sub-1".into() },
            ],
            places: vec![PlaceFacts {
                organization: "Home lab".into(),
                href: "/console/people/0192/roles?organization=home-lab".into(),
                roles: vec![role(false), role(true)],
            }],
            sessions: vec![SessionFacts {
                id: "0193".into(),
                idp: "Company".into(),
                since: Moment::sample(),
                seen: Moment::sample(),
            }],
            sign_ins: vec![told.clone(), silent.clone()],
            narrowing: Some(Narrowing::sample()),
            events: vec![event(true), event(false)],
        };
        let bare = Self {
            standing: Standing { kind: "waiting" },
            email: None,
            identities: Vec::new(),
            awaited: Vec::new(),
            places: Vec::new(),
            sessions: Vec::new(),
            sign_ins: Vec::new(),
            narrowing: None,
            events: Vec::new(),
            ..full.clone()
        };
        vec![
            Self { standing: Standing { kind: "disabled" }, ..bare.clone() },
            Self { whole: Some(whole(true)), standing: Standing { kind: "without" }, ..full.clone() },
            Self { whole: None, shell: Shell::sample_of_organization(), sessions: full.sessions.clone(), ..bare },
            full,
        ]
    }
}

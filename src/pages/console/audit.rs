//! The audit log.

use serde::Serialize;

use super::{Field, Shell};
use crate::pages::{Page, PageError, Pages};

/// What happened, the newest first.
#[derive(Clone, Debug, Serialize)]
pub struct AuditLog {
    /// What stands around it.
    pub shell: Shell,
    /// Where this log is.
    pub path: String,
    /// Where a reference is followed.
    pub explain: String,
    /// Of whom: a username; only where everybody's lines are.
    pub who: Option<Field>,
    /// What happened: one of `actions`, or nothing.
    pub action: Field,
    /// Everything that can happen, and what it is called.
    pub actions: Vec<(String, String)>,
    /// The lines.
    pub lines: Vec<AuditItem>,
    /// Where the lines before these are.
    pub older: Option<String>,
    /// Where the newest are, if these are older.
    pub newest: Option<String>,
    /// Where all of it can be fetched; only where everybody's lines are.
    pub export: Option<String>,
}

/// One line.
#[derive(Clone, Debug, Serialize)]
pub struct AuditItem {
    /// When, as people read it.
    pub at: String,
    /// What happened.
    pub action: String,
    /// Who did it.
    pub actor: String,
    /// What it is about: a kind, a name, and where it is if it is still there.
    pub about: Vec<AuditLink>,
    /// How often, if more than once.
    pub count: Option<i64>,
    /// Why, in words.
    pub detail: Option<String>,
    /// What the page showed, and where it leads.
    pub reference: Option<AuditLink>,
    /// What was and what is now.
    pub change: Option<String>,
}

/// Something a line is about.
#[derive(Clone, Debug, Serialize)]
pub struct AuditLink {
    /// What it is called.
    pub name: String,
    /// Where it is.
    pub href: Option<String>,
}

impl Pages {
    /// The audit log.
    ///
    /// # Errors
    /// When the template fails.
    pub fn audit_log(&self, page: &AuditLog) -> Result<String, PageError> {
        self.render(page)
    }
}

impl Page for AuditLog {
    const TEMPLATE: &'static str = "console/audit.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let link = |name: &str, href: &str| AuditLink { name: name.into(), href: Some(href.into()) };
        let line = AuditItem {
            at: "2026-11-25 18:30:00".into(),
            action: "Sign-in".into(),
            actor: "alice".into(),
            about: vec![link("alice", "/console/people/1"), AuditLink { name: "Company login".into(), href: None }],
            count: Some(3),
            detail: Some("nobody is known by this identity".into()),
            reference: Some(link("7F3KQ-9QXM2", "/console/audit/7F3KQ-9QXM2")),
            change: Some("no roles, then Admin".into()),
        };
        let bare =
            AuditItem { about: Vec::new(), count: None, detail: None, reference: None, change: None, ..line.clone() };
        let all = Self {
            shell: Shell::sample(),
            path: "/console/audit".into(),
            explain: "/console/explain".into(),
            who: Some(Field::wrong("alyce", "There is nobody of this username.")),
            action: Field::of("sign-in"),
            actions: vec![("".into(), "Everything".into()), ("sign-in".into(), "Sign-in".into())],
            lines: vec![line, bare],
            older: Some("/console/audit?before=1-2".into()),
            newest: Some("/console/audit?action=sign-in".into()),
            export: Some("/console/audit/export".into()),
        };
        let organizations = Self {
            shell: Shell::sample_of_organization(),
            path: "/console/organizations/home-lab/audit".into(),
            who: None,
            lines: Vec::new(),
            older: None,
            newest: None,
            export: None,
            ..all.clone()
        };
        vec![all, organizations]
    }
}

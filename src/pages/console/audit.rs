//! The audit log.

use serde::Serialize;

use super::{Field, Pick, Shell};
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
    /// What is asked for.
    pub filters: LogFilters,
    /// The lines.
    pub lines: Vec<AuditItem>,
    /// Where the lines before these are.
    pub older: Option<String>,
    /// Where the newest are, if these are older.
    pub newest: Option<String>,
    /// Where all that is asked for can be fetched; absent if nothing can be.
    pub export: Option<String>,
}

/// What of the log is asked for.
#[derive(Clone, Debug, Serialize)]
pub struct LogFilters {
    /// About whom: a username; only where everybody's lines are.
    pub who: Option<Field>,
    /// What can happen.
    pub actions: Vec<Pick>,
    /// What is wrong with what is chosen there.
    pub action_error: Option<String>,
    /// Where it can happen.
    pub idps: Vec<Pick>,
    /// What is wrong with what is chosen there.
    pub idp_error: Option<String>,
    /// About which organization: an id; only where everybody's lines are.
    pub organization: Option<Field>,
    /// From when on, in UTC.
    pub from: Field,
    /// Up to before when, in UTC.
    pub to: Field,
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
        let pick =
            |value: &str, label: &str| Pick { value: value.into(), label: label.into(), chosen: !value.is_empty() };
        let filters = LogFilters {
            who: Some(Field::wrong("alyce", "There is nobody of this username.")),
            actions: vec![pick("", "Everything"), pick("sign-in", "Sign-in")],
            action_error: Some("Nothing is called so.".into()),
            idps: vec![pick("", "Any"), pick("company", "Company login")],
            idp_error: Some("There is no identity provider of this id.".into()),
            organization: Some(Field::wrong("home-lap", "There is no organization of this id.")),
            from: Field::of("2026-11-25T18:30"),
            to: Field::wrong("soon", "an instant is written 2026-11-25"),
        };
        let all = Self {
            shell: Shell::sample(),
            path: "/console/audit".into(),
            explain: "/console/explain".into(),
            filters: filters.clone(),
            lines: vec![line, bare],
            older: Some("/console/audit?before=1-2".into()),
            newest: Some("/console/audit?action=sign-in".into()),
            export: Some("/console/audit/export".into()),
        };
        let organizations = Self {
            shell: Shell::sample_of_organization(),
            path: "/console/organizations/home-lab/audit".into(),
            filters: LogFilters { who: None, organization: None, action_error: None, idp_error: None, ..filters },
            lines: Vec::new(),
            older: None,
            newest: None,
            export: None,
            ..all.clone()
        };
        vec![all, organizations]
    }
}

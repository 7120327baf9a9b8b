//! Policies: written, tried, looked back on.

mod editor;
mod history;
mod playground;

use serde::Serialize;

use super::{Field, Picked, Shell};
use crate::pages::{Page, PageError, Pages, VerdictLine};

pub use editor::{Checked, Example, GuideRow, IdlePolicy, PolicyEditor, SelectorFields, TrialFields};
pub use history::{HistoryLine, PolicyComparison, PolicyHistory, SelectorPieces, TextPiece};
pub use playground::{Playground, ProviderOption};

/// Where an organization's admins write policies.
#[derive(Clone, Debug, Serialize)]
pub struct PolicyList {
    /// What stands around it.
    pub shell: Shell,
    /// What the organization is called.
    pub organization: String,
    /// The providers.
    pub providers: Vec<PolicyPlace>,
}

/// A provider at which an organization may have a policy of its own.
#[derive(Clone, Debug, Serialize)]
pub struct PolicyPlace {
    /// What the sign-in page calls the provider.
    pub name: String,
    /// Its issuer's host.
    pub issuer: String,
    /// Whether it belongs to the organization.
    pub own: bool,
    /// Whether the organization has a policy of its own there.
    pub written: bool,
    /// Where it is written.
    pub href: String,
}

/// What was decided for somebody's claims.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Decisions {
    /// Whose claims, if they were not pasted.
    pub whose: Option<String>,
    /// What of them may be shown, as JSON.
    pub claims: Option<String>,
    /// Organization by organization.
    pub lines: Vec<VerdictLine>,
    /// How many organizations more did not match.
    pub others: usize,
    /// Why nothing is decided.
    pub failed: Option<String>,
}

#[cfg(test)]
impl Decisions {
    fn sample() -> Self {
        let line = |kind, outcome, roles: &[&str], why: &str| VerdictLine {
            organization: "Home lab".into(),
            kind,
            outcome,
            roles: roles.iter().map(|&role| role.into()).collect(),
            why: Some(why.into()).filter(|_| !why.is_empty()),
            asked: "its own policy".into(),
        };
        Self {
            whose: Some("alice, 2026-11-25 18:30 UTC".into()),
            claims: Some("{\n  \"groups\": []\n}".into()),
            lines: vec![line("good", "granted", &["Admin"], ""), line("bad", "error", &[], "`groups` was withheld")],
            others: 12,
            failed: None,
        }
    }

    fn sample_of_failure() -> Self {
        Self { failed: Some("There is nobody of that username here.".into()), ..Self::default() }
    }
}

impl Pages {
    /// Where an organization's admins write policies.
    ///
    /// # Errors
    /// When the template fails.
    pub fn policy_list(&self, page: &PolicyList) -> Result<String, PageError> {
        self.render(page)
    }

    /// A policy, to be written.
    ///
    /// # Errors
    /// When the template fails.
    pub fn policy_editor(&self, page: &PolicyEditor) -> Result<String, PageError> {
        self.render(page)
    }

    /// Every version of a policy.
    ///
    /// # Errors
    /// When the template fails.
    pub fn policy_history(&self, page: &PolicyHistory) -> Result<String, PageError> {
        self.render(page)
    }

    /// Two versions of a policy, laid over each other.
    ///
    /// # Errors
    /// When the template fails.
    pub fn policy_comparison(&self, page: &PolicyComparison) -> Result<String, PageError> {
        self.render(page)
    }

    /// What policies decide, for pasted claims or somebody known.
    ///
    /// # Errors
    /// When the template fails.
    pub fn playground(&self, page: &Playground) -> Result<String, PageError> {
        self.render(page)
    }
}

impl Page for PolicyList {
    const TEMPLATE: &'static str = "console/policies.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let place = |own, written| PolicyPlace {
            name: "Company login".into(),
            issuer: "id.example.com".into(),
            own,
            written,
            href: "/console/organizations/home-lab/policies/company".into(),
        };
        let list =
            |providers| Self { shell: Shell::sample_of_organization(), organization: "Home lab".into(), providers };
        vec![list(vec![place(true, true), place(false, false)]), list(Vec::new())]
    }
}

//! Every version of a policy, and what differs between two.

use serde::Serialize;

use super::Shell;
use crate::pages::Page;

/// Every version of a policy, the last first.
#[derive(Clone, Debug, Serialize)]
pub struct PolicyHistory {
    /// What stands around it.
    pub shell: Shell,
    /// Whose policy it is.
    pub title: String,
    /// Where the policy is.
    pub path: String,
    /// The versions.
    pub versions: Vec<HistoryLine>,
    /// Where the versions before these are.
    pub older: Option<String>,
    /// Where the last ones are, if these are older.
    pub newest: Option<String>,
}

/// One version.
#[derive(Clone, Debug, Serialize)]
pub struct HistoryLine {
    /// When it came into force.
    pub at: String,
    /// Who put it in force.
    pub by: String,
    /// When it ceased to be in force; absent: it is.
    pub until: Option<String>,
    /// Its org selector.
    pub org: Option<String>,
    /// Its role selector.
    pub role: Option<String>,
    /// Where it is compared; absent on that page.
    pub href: Option<String>,
}

/// A version laid over the one in force.
#[derive(Clone, Debug, Serialize)]
pub struct PolicyComparison {
    /// What stands around it.
    pub shell: Shell,
    /// Whose policy it is.
    pub title: String,
    /// Where the policy is.
    pub path: String,
    /// The version.
    pub version: HistoryLine,
    /// Who belongs: what differs from the one in force.
    pub org: SelectorPieces,
    /// As what.
    pub role: SelectorPieces,
    /// Where it can be edited from, to be put in force again; absent where it may not be.
    pub restore: Option<String>,
}

/// A selector of two versions.
#[derive(Clone, Debug, Serialize)]
pub struct SelectorPieces {
    /// Whether it is the same in both.
    pub same: bool,
    /// The pieces of both.
    pub pieces: Vec<TextPiece>,
}

/// A piece of a text: in both, or in one alone.
#[derive(Clone, Debug, Serialize)]
pub struct TextPiece {
    /// `same`, `removed` or `added`.
    pub kind: &'static str,
    /// What it says.
    pub text: String,
}

#[cfg(test)]
impl HistoryLine {
    fn sample(until: Option<&str>) -> Self {
        Self {
            at: "2026-11-25 18:30 UTC".into(),
            by: "alice".into(),
            until: until.map(Into::into),
            org: Some("contains(groups, '{{orgId}}')".into()),
            role: until.map(|_| "'Member'".into()),
            href: Some("/console/idps/company/policy/history/1".into()),
        }
    }
}

impl Page for PolicyHistory {
    const TEMPLATE: &'static str = "console/policy_history.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let full = Self {
            shell: Shell::sample(),
            title: "Default policy of Company login".into(),
            path: "/console/idps/company/policy".into(),
            versions: vec![HistoryLine::sample(None), HistoryLine::sample(Some("2026-11-26 08:00 UTC"))],
            older: Some("/console/idps/company/policy/history?before=1-2".into()),
            newest: Some("/console/idps/company/policy/history".into()),
        };
        let empty = Self {
            shell: Shell::sample_of_organization(),
            versions: Vec::new(),
            older: None,
            newest: None,
            ..full.clone()
        };
        vec![full, empty]
    }
}

impl Page for PolicyComparison {
    const TEMPLATE: &'static str = "console/policy_version.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let piece = |kind, text: &str| TextPiece { kind, text: text.into() };
        let pieces = vec![piece("same", "contains("), piece("removed", "groups"), piece("added", "roles")];
        let old = Self {
            shell: Shell::sample(),
            title: "Default policy of Company login".into(),
            path: "/console/idps/company/policy".into(),
            version: HistoryLine { href: None, ..HistoryLine::sample(Some("2026-11-26 08:00 UTC")) },
            org: SelectorPieces { same: false, pieces },
            role: SelectorPieces { same: true, pieces: Vec::new() },
            restore: Some("/console/idps/company/policy?version=1".into()),
        };
        let current = Self {
            version: HistoryLine { href: None, ..HistoryLine::sample(None) },
            org: SelectorPieces { same: true, pieces: vec![piece("same", "'home-lab'")] },
            restore: None,
            ..old.clone()
        };
        vec![old, current]
    }
}

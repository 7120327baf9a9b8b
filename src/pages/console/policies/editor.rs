//! The page a policy is written on.

use serde::Serialize;

use super::{Decisions, Field, Picked, Shell};
use crate::pages::Page;

/// A policy: two selectors, each as rows or as an expression, what is wrong with them, and what they would decide.
#[derive(Clone, Debug, Serialize)]
pub struct PolicyEditor {
    /// What stands around it.
    pub shell: Shell,
    /// Whose policy it is.
    pub title: String,
    /// What it decides about.
    pub lead: String,
    /// Where its forms go.
    pub path: String,
    /// Where the provider is; absent for an organization's own policy, whose author may not see it.
    pub provider: Option<String>,
    /// Why it gives nothing for now, if it does not.
    pub idle: Option<IdlePolicy>,
    /// What the organization is called whose own policy it is; absent: a provider's default policy.
    pub organization: Option<String>,
    /// Whether the configuration file declares it.
    pub declared: bool,
    /// Whether losses that the last change brings can be taken at once.
    pub losses: bool,
    /// The version it was filled from, if it is not the one in force.
    pub restored: Option<String>,
    /// Why it was not saved.
    pub refused: Option<String>,
    /// Whether there is a version in force that can be removed.
    pub removable: bool,
    /// The revision that is changed.
    pub seen: String,
    /// The only claims that may be asked for, if not all may.
    pub claims: Option<Vec<String>>,
    /// Who belongs.
    pub org: SelectorFields,
    /// As what.
    pub role: SelectorFields,
    /// Which rows of the role selector count: `every` or `first`.
    pub gives: Picked,
    /// The roles there are to give.
    pub roles: Vec<String>,
    /// What others write.
    pub examples: Vec<Example>,
    /// The claims to try it on.
    pub trial: TrialFields,
    /// What it would decide for them.
    pub decisions: Option<Decisions>,
}

/// A policy that gives nothing: its provider has auto provision off.
#[derive(Clone, Debug, Serialize)]
pub struct IdlePolicy {
    /// What the provider is called.
    pub provider: String,
    /// Where it is switched on, for whoever may.
    pub href: Option<String>,
}

/// One selector, as rows and as an expression, of which one counts.
#[derive(Clone, Debug, Serialize)]
pub struct SelectorFields {
    /// Which counts: `absent`, `rows` or `text`.
    pub kind: &'static str,
    /// The rows.
    pub rows: Vec<GuideRow>,
    /// The expression.
    pub text: Field,
    /// What is to be said of it as it stands.
    pub checked: Checked,
}

/// One row of the guided builder.
#[derive(Clone, Debug, Serialize)]
pub struct GuideRow {
    /// What is asked: `everybody`, `lists`, `is` or `domain`.
    pub when: Picked,
    /// The claim.
    pub claim: Field,
    /// The value it must have.
    pub value: Field,
    /// The organization or role it gives.
    pub then: Field,
}

/// What is to be said of a selector.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Checked {
    /// The expression that counts.
    pub text: Option<String>,
    /// Why it is none.
    pub error: Option<String>,
    /// The line that is meant, and a caret under the place.
    pub pointer: Option<String>,
    /// What is seldom meant.
    pub warnings: Vec<String>,
}

/// Something others write.
#[derive(Clone, Debug, Serialize)]
pub struct Example {
    /// What it does.
    pub title: String,
    /// Its org selector.
    pub org: Option<String>,
    /// Its role selector.
    pub role: Option<String>,
}

/// The claims to try a policy on.
#[derive(Clone, Debug, Default, Serialize)]
pub struct TrialFields {
    /// Pasted claims, as JSON.
    pub claims: Field,
    /// Somebody's username instead.
    pub user: Field,
    /// The organization to tell of in full, by its id; absent where there is only one.
    pub organization: Option<Field>,
}

impl Page for PolicyEditor {
    const TEMPLATE: &'static str = "console/policy.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let row = |kind, claim: &str, value: &str, then: &str| GuideRow {
            when: Picked::of(kind),
            claim: Field::of(claim),
            value: Field::of(value),
            then: Field::of(then),
        };
        let wrong = GuideRow {
            when: Picked::of("lists"),
            claim: Field::wrong(".", "Write the name of a claim."),
            value: Field::wrong(" ", "Write the value."),
            then: Field::wrong("Admin, Member", "A role name has no comma."),
        };
        let default = Self {
            shell: Shell::sample(),
            title: "Default policy of Company login".into(),
            lead: "It decides for every organization without a policy of its own there.".into(),
            path: "/console/idps/company/policy".into(),
            provider: Some("/console/idps/company".into()),
            idle: Some(IdlePolicy { provider: "Company login".into(), href: Some("/console/idps/company".into()) }),
            organization: None,
            declared: false,
            losses: true,
            restored: Some("the version of 2026-11-25 18:30 UTC".into()),
            refused: Some("It has been changed meanwhile: look at it again.".into()),
            removable: false,
            seen: "0123456789abcdef0123456789abcdef".into(),
            claims: None,
            org: SelectorFields {
                kind: "rows",
                rows: vec![row("lists", "groups", "{{orgId}}", ""), row("domain", "", "example.com", "home-lab")],
                text: Field::of("contains(groups, '{{orgId}}')"),
                checked: Checked { text: Some("contains(groups, 'a')".into()), ..Checked::default() },
            },
            role: SelectorFields {
                kind: "text",
                rows: vec![wrong],
                text: Field::wrong("contains(groups", "A bracket is open."),
                checked: Checked {
                    error: Some("line 1, column 9: a bracket is open".into()),
                    pointer: Some("contains(groups\n        ^".into()),
                    warnings: vec!["may return `Boss`, but home-lab has no such role".into()],
                    text: None,
                },
            },
            gives: Picked::of("first"),
            roles: Vec::new(),
            examples: vec![Example {
                title: "Groups are named like organizations".into(),
                org: Some("contains(groups, '{{orgId}}')".into()),
                role: Some("'Member'".into()),
            }],
            trial: TrialFields {
                claims: Field::wrong("{", "This is not JSON."),
                user: Field::of("alice"),
                organization: Some(Field::of("home-lab")),
            },
            decisions: Some(Decisions::sample()),
        };
        let own = Self {
            shell: Shell::sample_of_organization(),
            title: "Policy of Home lab at Company login".into(),
            provider: None,
            idle: Some(IdlePolicy { provider: "Company login".into(), href: None }),
            organization: Some("Home lab".into()),
            losses: false,
            restored: None,
            refused: None,
            removable: true,
            claims: Some(vec!["groups".into(), "email".into()]),
            org: SelectorFields {
                kind: "absent",
                rows: Vec::new(),
                checked: Checked::default(),
                ..default.org.clone()
            },
            role: SelectorFields {
                kind: "rows",
                rows: vec![row("everybody", "", "", "Member")],
                checked: Checked::default(),
                ..default.org.clone()
            },
            roles: vec!["Admin".into(), "Member".into()],
            trial: TrialFields { organization: None, ..TrialFields::default() },
            decisions: Some(Decisions::sample_of_failure()),
            ..default.clone()
        };
        let declared = Self {
            idle: None,
            declared: true,
            removable: false,
            seen: String::new(),
            decisions: None,
            claims: Some(Vec::new()),
            examples: Vec::new(),
            ..own.clone()
        };
        vec![default, own, declared]
    }
}

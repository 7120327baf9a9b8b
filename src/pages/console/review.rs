//! What a change would do, before it is made: the page that asks whether it is meant.

use serde::Serialize;

use super::Shell;
use crate::pages::Page;

/// A change that waits for a word.
#[derive(Clone, Debug, Serialize)]
pub struct Review {
    /// What stands around it.
    pub shell: Shell,
    /// The question.
    pub title: String,
    /// Whether it takes something away for good.
    pub destructive: bool,
    /// What changes or goes, line by line.
    pub changes: Vec<String>,
    /// What it does to people.
    pub effects: Effects,
    /// What has to be said before.
    pub dangers: Vec<DangerTick>,
    /// Whether something has changed since it was shown before.
    pub moved: bool,
    /// What the form said, name by name.
    pub fields: Vec<(String, String)>,
    /// The version of the catalogue that all this was worked out on.
    pub version: i64,
    /// Where it is sent.
    pub action: String,
    /// What the button says.
    pub verb: String,
    /// Where to go instead.
    pub cancel: String,
}

/// What a change does to people.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Effects {
    /// Who gains what.
    pub gains: Vec<EffectRow>,
    /// Who loses what.
    pub losses: Vec<EffectRow>,
    /// Organizations whose selectors would newly fail, and for how many identities.
    pub failing: Vec<(String, u64)>,
    /// How many identities cannot be foreseen.
    pub unknown: u64,
    /// How many identities can sign in no longer.
    pub shut_out: u64,
}

/// Who gains or loses something.
#[derive(Clone, Debug, Serialize)]
pub struct EffectRow {
    /// What, such as `home-lab/Admin`.
    pub what: String,
    /// How many.
    pub count: u64,
    /// The first of them.
    pub users: Vec<String>,
}

/// Something dangerous, and the box that says it is meant.
#[derive(Clone, Debug, Serialize)]
pub struct DangerTick {
    /// The name of the box.
    pub name: String,
    /// What is dangerous.
    pub words: String,
    /// Whether it was left unticked.
    pub missing: bool,
}

impl Page for Review {
    const TEMPLATE: &'static str = "console/review.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let effect = |what: &str, users: &[&str]| EffectRow {
            what: what.into(),
            count: 12,
            users: users.iter().map(|user| (*user).to_owned()).collect(),
        };
        let full = Self {
            shell: Shell::sample_of_organization(),
            title: "Delete Home lab?".into(),
            destructive: true,
            changes: vec!["organization home-lab: removed".into()],
            effects: Effects {
                gains: vec![effect("home-lab/Guest", &["bob"])],
                losses: vec![effect("home-lab/Admin", &["alice", "carol"])],
                failing: vec![("home-lab".into(), 2)],
                unknown: 3,
                shut_out: 4,
            },
            dangers: vec![DangerTick {
                name: "loss_of_admins".into(),
                words: "nobody would be left".into(),
                missing: true,
            }],
            moved: true,
            fields: vec![("name".into(), "Home lab".into())],
            version: 7,
            action: "/console/organizations/home-lab/delete".into(),
            verb: "Delete it".into(),
            cancel: "/console/organizations/home-lab".into(),
        };
        let quiet = Self {
            destructive: false,
            changes: Vec::new(),
            effects: Effects::default(),
            dangers: Vec::new(),
            moved: false,
            ..full.clone()
        };
        vec![full, quiet]
    }
}

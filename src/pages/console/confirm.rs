//! What a change would do, before it is done.

use serde::Serialize;

use super::Shell;
use crate::pages::{Page, PageError, Pages};

/// Says what a change would do, and asks whether it is meant.
#[derive(Clone, Debug, Serialize)]
pub struct Confirm {
    /// What stands around it.
    pub shell: Shell,
    /// What is about to happen, such as *Delete Company login*.
    pub title: String,
    /// What it means, sentence by sentence.
    pub words: Vec<String>,
    /// Whether something changed since it was shown before.
    pub moved: bool,
    /// Who gains and who loses what.
    pub impact: Option<ImpactLines>,
    /// What has to be said to be meant.
    pub questions: Vec<Question>,
    /// What the form carries unseen.
    pub hidden: Vec<(String, String)>,
    /// Where it is sent.
    pub action: String,
    /// What the button says.
    pub button: String,
    /// Whether it cannot be undone.
    pub destructive: bool,
    /// Where to go instead.
    pub cancel: String,
}

/// Who gains and who loses what.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ImpactLines {
    /// What comes.
    pub gains: Vec<EffectLine>,
    /// What goes.
    pub losses: Vec<EffectLine>,
    /// What else there is to know, sentence by sentence.
    pub remarks: Vec<String>,
}

/// A role, or to be a server admin, and who gains or loses it.
#[derive(Clone, Debug, Serialize)]
pub struct EffectLine {
    /// What.
    pub what: String,
    /// How many people.
    pub count: u64,
    /// The first of them.
    pub users: Vec<String>,
    /// How many more there are.
    pub more: u64,
}

/// A danger, and how to say that it is meant.
#[derive(Clone, Debug, Serialize)]
pub struct Question {
    /// What is dangerous.
    pub words: String,
    /// The field that answers.
    pub name: String,
    /// What can be answered: the value, and what it means.
    pub answers: Vec<(&'static str, String)>,
    /// That an answer is needed, where none was given.
    pub error: Option<String>,
}

impl Pages {
    /// What a change would do, and whether it is meant.
    ///
    /// # Errors
    /// When the template fails.
    pub fn confirm(&self, page: &Confirm) -> Result<String, PageError> {
        self.render(page)
    }
}

impl Page for Confirm {
    const TEMPLATE: &'static str = "console/confirm.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let line = |what: &str, count, more| EffectLine {
            what: what.into(),
            count,
            users: vec!["alice".into(), "bob".into()],
            more,
        };
        let question = |words: &str, name: &str| Question {
            words: words.into(),
            name: name.into(),
            answers: vec![("yes", "This is meant".into())],
            error: None,
        };
        let full = Self {
            shell: Shell::sample(),
            title: "Delete Company login".into(),
            words: vec!["Nobody can sign in there any more.".into(), "Their sessions end.".into()],
            moved: true,
            impact: Some(ImpactLines {
                gains: vec![line("home-lab/Member", 2, 0)],
                losses: vec![line("home-lab/Admin", 1_203, 1_201), line("server admin", 2, 0)],
                remarks: vec!["12 people cannot be foreseen.".into()],
            }),
            questions: vec![
                Question { error: Some("Say that it is meant.".into()), ..question("Nobody would be left.", "admins") },
                Question {
                    answers: vec![("keep", "Keep them".into()), ("forget", "Forget them".into())],
                    ..question("Whose identities?", "identities-company")
                },
            ],
            hidden: vec![("shown".into(), "17".into())],
            action: "/console/idps/company/delete".into(),
            button: "Delete".into(),
            destructive: true,
            cancel: "/console/idps/company".into(),
        };
        let nobody = Self {
            impact: Some(ImpactLines::default()),
            questions: Vec::new(),
            hidden: Vec::new(),
            moved: false,
            destructive: false,
            ..full.clone()
        };
        vec![full, Self { impact: None, words: Vec::new(), ..nobody.clone() }, nobody]
    }
}

//! What a reference leads to.

use serde::Serialize;

use super::{AuditLink, Field, Moment, Narrowing, Shell, SignInFacts};
use crate::pages::{Page, PageError, Pages};

/// What became of a request or a sign-in, and why; or only the question for its reference.
#[derive(Clone, Debug, Serialize)]
pub struct Explained {
    /// What stands around it.
    pub shell: Shell,
    /// Where the question is sent.
    pub path: String,
    /// The reference.
    pub reference: Field,
    /// What happened.
    pub event: Option<ExplainedEvent>,
    /// To whom.
    pub user: Option<AuditLink>,
    /// Their last sign-ins, or the one that was refused, explained.
    pub sign_ins: Vec<SignInFacts>,
    /// What asks for one organization of them, where there are many.
    pub narrowing: Option<Narrowing>,
}

/// What happened.
#[derive(Clone, Debug, Serialize)]
pub struct ExplainedEvent {
    /// What, in words.
    pub what: String,
    /// When.
    pub at: Moment,
    /// How often, if more than once.
    pub count: Option<i64>,
    /// Why.
    pub detail: Option<String>,
    /// The application that was refused.
    pub application: Option<String>,
    /// The roles that may enter there.
    pub roles: Vec<String>,
}

impl Explained {
    /// The question alone.
    pub fn asking(shell: Shell, path: &str, reference: Field) -> Self {
        Self { shell, path: path.to_owned(), reference, event: None, user: None, sign_ins: Vec::new(), narrowing: None }
    }
}

impl Pages {
    /// What a reference leads to.
    ///
    /// # Errors
    /// When the template fails.
    pub fn explained(&self, page: &Explained) -> Result<String, PageError> {
        self.render(page)
    }
}

impl Page for Explained {
    const TEMPLATE: &'static str = "console/explain.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let wrong = Field::wrong("7F3KQ", "Nothing is kept under this reference.");
        let asking = Self::asking(Shell::sample(), "/console/explain", wrong);
        let event = ExplainedEvent {
            what: "Entry denied".into(),
            at: Moment::sample(),
            count: Some(3),
            detail: Some("no role that may enter".into()),
            application: Some("wiki".into()),
            roles: vec!["Admin".into()],
        };
        let bare = ExplainedEvent { count: None, detail: None, application: None, roles: Vec::new(), ..event.clone() };
        let told = Self {
            event: Some(event),
            user: Some(AuditLink { name: "alice".into(), href: Some("/console/people/1".into()) }),
            sign_ins: SignInFacts::samples(),
            narrowing: Some(Narrowing::sample()),
            ..Self::asking(Shell::sample_of_organization(), "/console/explain", Field::of("7F3KQ-9QXM2"))
        };
        let stranger = Self { event: Some(bare), user: None, ..told.clone() };
        vec![asking, told, stranger]
    }
}

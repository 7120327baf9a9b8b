//! A change of the catalogue in two steps: what it would do to people is shown first, and it is done when that is meant.
//! What does nothing to anybody is done at once.

mod impact;

use super::Console;
use super::failed::Failed;
use super::typed::sentence;
use crate::directory::{
    Admin, Approval, Danger, DangerKind, Edit, EditError, Expected, Foresight, IdentityChoice, Terms,
};
use crate::pages::{CSRF_FIELD, Confirm, ImpactLines, Question, Shell};
use crate::web::Fields;

/// The field that holds the version whose foresight was shown.
const SHOWN: &str = "shown";
/// The field that says that organizations may be left without an admin.
const ADMINS: &str = "meant-admins";
/// The field that says that many may lose roles.
const ROLES: &str = "meant-roles";
/// What the field begins with that says what becomes of an IdP's identities.
const IDENTITIES: &str = "identities-";

/// What became of a change.
#[derive(Debug)]
pub(super) enum Proposed {
    /// It is done.
    Made,
    /// It has to be shown and meant first.
    Ask(Foreseen),
    /// It cannot be done.
    Refused(EditError),
}

/// What is shown before a change, and what it asks.
#[derive(Debug)]
pub(super) struct Foreseen {
    /// Whether something else came since it was shown before.
    pub(super) moved: bool,
    /// Who gains and who loses what.
    pub(super) impact: ImpactLines,
    /// What has to be said.
    pub(super) questions: Vec<Question>,
    /// What the form carries along beside its own fields.
    pub(super) hidden: (String, String),
}

impl Console {
    /// Tells what the change would do, also if that is nothing to anybody: for what cannot be undone.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) async fn ask(&self, editor: Admin<'_>, edit: &Edit) -> Result<Proposed, Failed> {
        match editor.foresee(edit).await {
            Ok(foresight) => Ok(Proposed::Ask(Foreseen::of(&foresight, &Fields::default(), false, false))),
            Err(EditError::Store(error)) => Err(error.into()),
            Err(refused) => Ok(Proposed::Refused(refused)),
        }
    }

    /// Does the change if it was shown and is meant, or does nothing to anybody; else tells what it would do.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) async fn propose(
        &self,
        editor: Admin<'_>,
        edit: &Edit,
        expected: Expected,
        fields: &Fields,
    ) -> Result<Proposed, Failed> {
        let shown: Option<i64> = fields.text(SHOWN).and_then(|shown| shown.parse().ok());
        let foresight = match editor.foresee(edit).await {
            Ok(foresight) => foresight,
            Err(EditError::Store(error)) => return Err(error.into()),
            Err(refused) => return Ok(Proposed::Refused(refused)),
        };
        let approval = approval(fields, &foresight.dangers);
        let harmless = foresight.impact.is_empty() && foresight.dangers.is_empty();
        if !harmless && shown.is_none() {
            return Ok(Proposed::Ask(Foreseen::of(&foresight, fields, false, false)));
        }
        let version = shown.unwrap_or(foresight.version);
        match editor.edit(edit, &Terms { expected, approval, shown: Some(version) }).await {
            Ok(()) => {
                self.refresh().await?;
                Ok(Proposed::Made)
            }
            Err(EditError::Store(error)) => Err(error.into()),
            Err(EditError::Dangerous(_)) => Ok(Proposed::Ask(Foreseen::of(&foresight, fields, true, false))),
            Err(EditError::Moved) if version != foresight.version => {
                Ok(Proposed::Ask(Foreseen::of(&foresight, fields, false, true)))
            }
            Err(refused) => Ok(Proposed::Refused(refused)),
        }
    }
}

/// How a page asks.
pub(super) struct Words<'a> {
    /// What is about to happen.
    pub(super) title: String,
    /// What it means, sentence by sentence.
    pub(super) words: Vec<String>,
    /// What the button says.
    pub(super) button: &'a str,
    /// Whether it cannot be undone.
    pub(super) destructive: bool,
    /// Where the form is sent.
    pub(super) action: String,
    /// Where to go instead.
    pub(super) cancel: String,
}

impl Words<'_> {
    /// The page that asks, where there is nothing to foresee.
    pub(super) fn page(self, shell: Shell) -> Confirm {
        Confirm {
            shell,
            title: self.title,
            words: self.words,
            moved: false,
            impact: None,
            questions: Vec::new(),
            hidden: Vec::new(),
            action: self.action,
            button: self.button.to_owned(),
            destructive: self.destructive,
            cancel: self.cancel,
        }
    }
}

impl Foreseen {
    /// The page that asks. What the form said so far goes along.
    pub(super) fn page(self, shell: Shell, words: Words<'_>, fields: &Fields) -> Confirm {
        let answered = |name: &str| {
            [CSRF_FIELD, SHOWN].contains(&name) || self.questions.iter().any(|question| question.name == name)
        };
        let said = fields.pairs().filter(|(name, _)| !answered(name));
        let said = said.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Confirm {
            moved: self.moved,
            hidden: said.chain([self.hidden.clone()]).collect(),
            impact: Some(self.impact),
            questions: self.questions,
            ..words.page(shell)
        }
    }

    fn of(foresight: &Foresight, fields: &Fields, unanswered: bool, moved: bool) -> Self {
        let question = |danger: &Danger| question(danger, unanswered, fields);
        Self {
            moved,
            impact: impact::lines(&foresight.impact),
            questions: foresight.dangers.iter().map(question).collect(),
            hidden: (SHOWN.to_owned(), foresight.version.to_string()),
        }
    }
}

/// What was said about those dangers.
fn approval(fields: &Fields, dangers: &[Danger]) -> Approval {
    let idps = dangers.iter().filter_map(|danger| match danger {
        Danger::Identities { idp, .. } => Some(idp),
        Danger::LossOfAdmins { .. } | Danger::LossOfRoles { .. } => None,
    });
    let choice = |answer: &str| match answer {
        "keep" => Some(IdentityChoice::Keep),
        "forget" => Some(IdentityChoice::Forget),
        _ => None,
    };
    let identities = idps.filter_map(|idp| Some((idp.clone(), choice(fields.typed(&format!("{IDENTITIES}{idp}")))?)));
    Approval {
        identities: identities.collect(),
        loss_of_admins: fields.ticked(ADMINS),
        loss_of_roles: fields.ticked(ROLES),
    }
}

fn question(danger: &Danger, unanswered: bool, fields: &Fields) -> Question {
    let meant = vec![("yes", "This is meant".to_owned())];
    let forget = ("forget", "Forget them: what their sign-ins gave goes, and their sessions end".to_owned());
    let (name, answers) = match danger {
        Danger::LossOfAdmins { .. } => (ADMINS.to_owned(), meant),
        Danger::LossOfRoles { .. } => (ROLES.to_owned(), meant),
        Danger::Identities { idp, kind: DangerKind::Source, .. } => {
            let keep = ("keep", "Keep them: it is the same provider, with the same identifiers".to_owned());
            (format!("{IDENTITIES}{idp}"), vec![keep, forget])
        }
        Danger::Identities { idp, .. } => (format!("{IDENTITIES}{idp}"), vec![forget]),
    };
    let missing = unanswered && fields.text(&name).is_none();
    let error = missing.then(|| "Say what is meant, or cancel.".to_owned());
    Question { words: sentence(&danger.to_string()), name, answers, error }
}

//! A change of the catalogue from a form: made at once if nobody loses or gains by it and nothing goes, else shown
//! first. What is confirmed is exactly what was shown: the version of the catalogue travels with the form.

use super::Console;
use super::failed::Failed;
use super::guard::Visitor;
use crate::directory::{
    Approval, Becomes, Danger, DangerKind, Difference, Edit, EditError, Effect, Expected, Foresight, IdentityChoice,
    Impact, OrganizationAdmin, ServerAdmin, Terms,
};
use crate::identity::{IdpId, Organization};
use crate::pages::{CSRF_FIELD, DangerTick, EffectRow, Effects, Review, Shell};
use crate::web::Fields;

/// How often a change that nobody had to look at is tried anew when something else changed meanwhile.
const ATTEMPTS: usize = 3;
/// What the boxes of dangers are called; identities at an IdP by its id.
const LOSS_OF_ADMINS: &str = "loss_of_admins";
const LOSS_OF_ROLES: &str = "loss_of_roles";
const FORGET: &str = "forget-";
const KEEP: &str = "keep-";
/// Where the version stands that was shown.
const SHOWN: &str = "shown";

/// Who makes a change.
pub(super) enum Hand<'a> {
    /// A server admin.
    Server(ServerAdmin<'a>),
    /// An admin of one organization.
    Organization(OrganizationAdmin<'a>),
}

/// What became of a change.
pub(super) enum Outcome {
    /// It is made.
    Made,
    /// It has to be looked at first.
    Review(Box<Reviewed>),
    /// It cannot be made.
    Refused(EditError),
}

/// What a change would do.
pub(super) struct Reviewed {
    foresight: Foresight,
    moved: bool,
    unticked: bool,
}

/// How a page asks.
pub(super) struct Asked<'a> {
    /// The question.
    pub(super) title: String,
    /// What the button says.
    pub(super) verb: &'a str,
    /// Whether it takes something away for good.
    pub(super) destructive: bool,
    /// What goes beside what differs in the catalogue.
    pub(super) goes: Vec<String>,
    /// Where the form is sent.
    pub(super) action: String,
    /// Where to go instead.
    pub(super) cancel: String,
}

impl Hand<'_> {
    /// Whether it may do everything.
    pub(super) const fn is_server(&self) -> bool {
        matches!(self, Self::Server(_))
    }

    async fn foresee(&self, edit: &Edit) -> Result<Foresight, EditError> {
        match self {
            Self::Server(admin) => admin.foresee(edit).await,
            Self::Organization(admin) => admin.foresee(edit).await,
        }
    }

    async fn edit(&self, edit: &Edit, terms: &Terms) -> Result<(), EditError> {
        match self {
            Self::Server(admin) => admin.edit(edit, terms).await,
            Self::Organization(admin) => admin.edit(edit, terms).await,
        }
    }
}

impl Console {
    /// The organization of that id, and what the visitor may do to it: as a server admin, or as one of its own.
    pub(super) fn hand(&self, visitor: &Visitor, id: &str) -> Result<(Organization, Hand<'_>), Failed> {
        let (organization, admin) = self.organization_admin(visitor, id)?;
        let hand = match self.server_admin(visitor) {
            Ok(server) => Hand::Server(server),
            Err(_) => Hand::Organization(admin),
        };
        Ok((organization, hand))
    }

    /// Makes a change, or says what it would do.
    pub(super) async fn change(
        &self,
        hand: &Hand<'_>,
        edit: &Edit,
        expected: &Expected,
        fields: &Fields,
    ) -> Result<Outcome, Failed> {
        let shown: Option<i64> = fields.text(SHOWN).and_then(|version| version.parse().ok());
        let (mut moved, mut unticked) = (false, false);
        if shown.is_some() {
            let terms = Terms { expected: expected.clone(), approval: approval(fields), shown };
            match hand.edit(edit, &terms).await {
                Ok(()) => return self.made().await,
                Err(EditError::Store(error)) => return Err(error.into()),
                Err(EditError::Moved) => moved = true,
                Err(EditError::Dangerous(_)) => unticked = true,
                Err(other) => return Ok(Outcome::Refused(other)),
            }
        }
        for _ in 0..ATTEMPTS {
            let foresight = match hand.foresee(edit).await {
                Ok(foresight) => foresight,
                Err(EditError::Store(error)) => return Err(error.into()),
                Err(other) => return Ok(Outcome::Refused(other)),
            };
            if shown.is_some() || !is_quiet(&foresight) {
                return Ok(Outcome::Review(Box::new(Reviewed { foresight, moved, unticked })));
            }
            let terms =
                Terms { expected: expected.clone(), approval: Approval::default(), shown: Some(foresight.version) };
            match hand.edit(edit, &terms).await {
                Ok(()) => return self.made().await,
                Err(EditError::Store(error)) => return Err(error.into()),
                Err(EditError::Moved) => {}
                Err(other) => return Ok(Outcome::Refused(other)),
            }
        }
        Ok(Outcome::Refused(EditError::Moved))
    }

    /// What a change would do, whether or not anything has to be asked.
    pub(super) async fn foreseen(&self, hand: &Hand<'_>, edit: &Edit) -> Result<Outcome, Failed> {
        match hand.foresee(edit).await {
            Ok(foresight) => Ok(Outcome::Review(Box::new(Reviewed { foresight, moved: false, unticked: false }))),
            Err(EditError::Store(error)) => Err(error.into()),
            Err(other) => Ok(Outcome::Refused(other)),
        }
    }

    async fn made(&self) -> Result<Outcome, Failed> {
        self.refresh().await?;
        Ok(Outcome::Made)
    }
}

impl Reviewed {
    /// The page that shows it.
    pub(super) fn page(&self, shell: Shell, fields: &Fields, asked: Asked<'_>) -> Review {
        let foresight = &self.foresight;
        let mut changes: Vec<String> = foresight.differences.iter().flat_map(told).collect();
        changes.extend(asked.goes);
        let dangers = foresight.dangers.iter().map(|danger| tick(danger, self.unticked, fields)).collect();
        let boxes = |name: &str| {
            [CSRF_FIELD, SHOWN, LOSS_OF_ADMINS, LOSS_OF_ROLES].contains(&name)
                || name.starts_with(FORGET)
                || name.starts_with(KEEP)
        };
        let said = fields.pairs().filter(|(name, _)| !boxes(name));
        Review {
            shell,
            title: asked.title,
            destructive: asked.destructive,
            changes,
            effects: effects(&foresight.impact),
            dangers,
            moved: self.moved,
            fields: said.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            version: foresight.version,
            action: asked.action,
            verb: asked.verb.to_owned(),
            cancel: asked.cancel,
        }
    }
}

/// Whether nobody needs to look: nothing goes and nobody is touched.
fn is_quiet(foresight: &Foresight) -> bool {
    let goes = |difference: &Difference| difference.becomes == Becomes::Removed;
    foresight.dangers.is_empty() && foresight.impact.is_empty() && !foresight.differences.iter().any(goes)
}

/// What was said about dangers.
fn approval(fields: &Fields) -> Approval {
    let choice = |name: &str, choice: IdentityChoice, prefix: &str| {
        let idp: IdpId = name.strip_prefix(prefix)?.parse().ok()?;
        Some((idp, choice))
    };
    let identities = fields.pairs().filter_map(|(name, _)| {
        choice(name, IdentityChoice::Forget, FORGET).or_else(|| choice(name, IdentityChoice::Keep, KEEP))
    });
    Approval {
        identities: identities.collect(),
        loss_of_admins: fields.ticked(LOSS_OF_ADMINS),
        loss_of_roles: fields.ticked(LOSS_OF_ROLES),
    }
}

fn tick(danger: &Danger, unticked: bool, fields: &Fields) -> DangerTick {
    let name = match danger {
        Danger::Identities { idp, kind: DangerKind::Source, .. } => format!("{KEEP}{idp}"),
        Danger::Identities { idp, .. } => format!("{FORGET}{idp}"),
        Danger::LossOfAdmins { .. } => LOSS_OF_ADMINS.to_owned(),
        Danger::LossOfRoles { .. } => LOSS_OF_ROLES.to_owned(),
    };
    DangerTick { missing: unticked && !fields.ticked(&name), words: sentence(&danger.to_string()), name }
}

fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(letters).chain(['.']).collect()
}

/// What differs, in words.
fn told(difference: &Difference) -> Vec<String> {
    let thing = format!("{} {}", difference.what, difference.name);
    match &difference.becomes {
        Becomes::Changed(keys) => {
            keys.iter().map(|(key, from, to)| format!("{thing}: {key} from {from} to {to}")).collect()
        }
        other => vec![format!("{thing}: {}", other.word())],
    }
}

fn effects(impact: &Impact) -> Effects {
    let rows = |effects: &[Effect]| {
        let row = |effect: &Effect| EffectRow {
            what: effect.what.to_string(),
            count: effect.count,
            users: effect.users.iter().map(ToString::to_string).collect(),
        };
        effects.iter().map(row).collect()
    };
    Effects {
        gains: rows(&impact.gains),
        losses: rows(&impact.losses),
        failing: impact.failing.iter().map(|(organization, count)| (organization.to_string(), *count)).collect(),
        unknown: impact.unknown,
        shut_out: impact.shut_out,
    }
}

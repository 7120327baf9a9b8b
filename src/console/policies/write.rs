//! Writing a policy: checked as it is typed, tried on claims, shown with what it does to people, and then saved.

use super::desk::Desk;
use super::form::Draft;
use super::{examples, trial};
use crate::console::answer::{Answer, done, form_again, page};
use crate::console::audit;
use crate::console::failed::Failed;
use crate::console::here::{Here, Sent};
use crate::console::propose::{Foreseen, Proposed};
use crate::console::typed::sentence;
use crate::directory::{Edit, Expected, StandingPolicy};
use crate::identity::{PolicyText, Sight};
use crate::pages::{Confirm, Decisions, Done, PolicyEditor, TrialFields};
use crate::web::{self, Fields};

/// `GET /console/idps/{idp}/policy`, `GET /console/organizations/{organization}/policies/{idp}`
pub(in crate::console) async fn show(here: Here) -> Answer {
    let desk = Desk::at(&here)?;
    let standing = desk.standing().await?;
    let (text, restored) = match here.query.text("version") {
        None => (standing.text.clone(), None),
        Some(id) => {
            let version = desk.version(id.parse().map_err(|_| Failed::NotFound)?).await?;
            (version.text, Some(format!("the version of {} UTC", audit::shown(version.at))))
        }
    };
    let mut draft = Draft::of(&text, &desk);
    draft.text(&desk);
    let sheet = Sheet { restored, losses: here.query.ticked("losses"), ..Sheet::default() };
    Ok(page(here.pages().policy_editor(&sheet.editor(&desk, &standing, draft))))
}

/// `POST` to the same.
pub(in crate::console) async fn take(Sent { here, fields }: Sent) -> Answer {
    let desk = Desk::at(&here)?;
    let standing = desk.standing().await?;
    match fields.typed("do") {
        "save" => save(&desk, &fields, &standing).await,
        "remove" => change(&desk, &fields, &standing, None).await,
        "losses" => {
            desk.apply_losses().await?;
            Ok(done(&desk.path(), Done::LossesTaken))
        }
        act => write(&desk, &fields, &standing, act).await,
    }
}

/// Does what a button of the editor says, and shows it again.
async fn write(desk: &Desk<'_>, fields: &Fields, standing: &StandingPolicy, act: &str) -> Answer {
    let mut draft = Draft::typed(fields);
    let acted = draft.act(act, desk);
    let mut sheet = Sheet { trial: trial::typed(fields, desk.organization.is_none()), ..Sheet::default() };
    let text = draft.text(desk);
    if let Some(text) = &text {
        sheet.decisions = desk.decide(text, &mut sheet.trial).await;
    }
    match (act, text) {
        ("preview", Some(text)) if standing.version.is_some() && text == standing.text => {
            sheet.refused = Some("It says this already: nothing would change.".to_owned());
        }
        ("preview", Some(text)) => return change(desk, fields, standing, Some(text)).await,
        ("preview", None) => {
            return Ok(form_again(desk.here.pages().policy_editor(&sheet.editor(desk, standing, draft))));
        }
        _ => tracing::trace!(acted, "a policy is being written"),
    }
    Ok(page(desk.here.pages().policy_editor(&sheet.editor(desk, standing, draft))))
}

/// Tells what another text, or none, would do, and asks whether it is meant.
async fn change(desk: &Desk<'_>, fields: &Fields, standing: &StandingPolicy, text: Option<PolicyText>) -> Answer {
    match desk.here.console.ask(desk.editor, &edit(desk, text.clone())).await? {
        Proposed::Made => Ok(done(&desk.path(), Done::Saved)),
        Proposed::Refused(error) => again(desk, fields, standing, text, &error.to_string()),
        Proposed::Ask(foreseen) => {
            let seen = standing.version.as_ref().map(|(_, revision)| revision.to_string());
            Ok(page(desk.here.pages().confirm(&confirm(desk, foreseen, text, seen.unwrap_or_default()))))
        }
    }
}

/// Saves what was shown, if it is meant and nothing has moved.
async fn save(desk: &Desk<'_>, fields: &Fields, standing: &StandingPolicy) -> Answer {
    let text = PolicyText { org: written(fields, "new-org"), role: written(fields, "new-role") };
    let text = (!fields.ticked("none")).then_some(text);
    let seen = fields.typed("seen");
    let expected = seen.parse().map_or(Expected::Any, Expected::Seen);
    match desk.here.console.propose(desk.editor, &edit(desk, text.clone()), expected, fields).await? {
        Proposed::Made if fields.ticked("losses") => Ok(done(&format!("{}?losses=1", desk.path()), Done::Saved)),
        Proposed::Made => Ok(done(&desk.path(), Done::Saved)),
        Proposed::Ask(foreseen) => Ok(page(desk.here.pages().confirm(&confirm(desk, foreseen, text, seen.to_owned())))),
        Proposed::Refused(error) => again(desk, fields, standing, text, &error.to_string()),
    }
}

fn written(fields: &Fields, name: &str) -> Option<String> {
    fields.text(name).map(str::to_owned)
}

fn edit(desk: &Desk<'_>, text: Option<PolicyText>) -> Edit {
    let organization = desk.organization.map(|organization| organization.id.clone());
    Edit::Policy { idp: desk.idp.spec.id.clone(), organization, text }
}

/// The editor again, with why it was not saved.
fn again(desk: &Desk<'_>, fields: &Fields, standing: &StandingPolicy, text: Option<PolicyText>, why: &str) -> Answer {
    let mut draft = Draft::of(text.as_ref().unwrap_or(&standing.text), desk);
    draft.text(desk);
    let trial = trial::typed(fields, desk.organization.is_none());
    let sheet = Sheet { refused: Some(sentence(why)), trial, ..Sheet::default() };
    Ok(form_again(desk.here.pages().policy_editor(&sheet.editor(desk, standing, draft))))
}

fn confirm(desk: &Desk<'_>, foreseen: Foreseen, text: Option<PolicyText>, seen: String) -> Confirm {
    let left_out = if desk.organization.is_some() { "as the default policy says" } else { "nothing, so nobody" };
    let says = |name: &str, text: &Option<String>| match text {
        Some(text) => format!("{name}: {text}"),
        None => format!("{name}: {left_out}."),
    };
    let mut hidden = vec![("do".to_owned(), "save".to_owned()), ("seen".to_owned(), seen)];
    let mut words = Vec::new();
    match &text {
        Some(text) => {
            words.extend([says("Who belongs", &text.org), says("As what", &text.role)]);
            let named = [("new-org", &text.org), ("new-role", &text.role)];
            hidden.extend(named.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text.clone()?))));
        }
        None => {
            words.push("The default policy decides from then on.".to_owned());
            hidden.push(("none".to_owned(), "1".to_owned()));
        }
    }
    let counts = match desk.idle() {
        None => "It counts from each person's next sign-in.",
        Some(_) => "It gives nothing until auto provision is on there.",
    };
    words.push(counts.to_owned());
    if !foreseen.impact.losses.is_empty() {
        words.push("Once it is saved, what it no longer gives can be taken away at once.".to_owned());
        hidden.push(("losses".to_owned(), "1".to_owned()));
    }
    hidden.push(foreseen.hidden);
    let title = desk.title();
    Confirm {
        shell: desk.shell(),
        title: if text.is_some() { format!("Save: {title}") } else { format!("Remove: {title}") },
        words,
        moved: foreseen.moved,
        impact: Some(foreseen.impact),
        questions: foreseen.questions,
        hidden,
        action: desk.path(),
        button: if text.is_some() { "Save" } else { "Remove" }.to_owned(),
        destructive: text.is_none(),
        cancel: desk.path(),
    }
}

/// What stands on the page beside the policy itself.
#[derive(Default)]
struct Sheet {
    losses: bool,
    restored: Option<String>,
    refused: Option<String>,
    trial: TrialFields,
    decisions: Option<Decisions>,
}

impl Sheet {
    fn editor(self, desk: &Desk<'_>, standing: &StandingPolicy, draft: Draft) -> PolicyEditor {
        let own = desk.organization.is_some();
        let several = (!own).then(|| self.trial.organization.clone().unwrap_or_default());
        let roles = desk.organization.into_iter().flat_map(|organization| &organization.roles);
        PolicyEditor {
            shell: desk.shell(),
            title: desk.title(),
            lead: match desk.organization {
                _ if desk.idle().is_some() => "It decides at each sign-in there once auto provision is on.".to_owned(),
                None => "It decides for every organization without a policy of its own there.".to_owned(),
                Some(_) => "It decides who belongs here, and as what, at each sign-in there.".to_owned(),
            },
            path: desk.path(),
            provider: (!own).then(|| web::idp_page(&desk.live.catalogue, &desk.idp)),
            idle: desk.idle(),
            organization: desk.organization.map(|organization| organization.name.clone()),
            declared: standing.declared,
            losses: self.losses && !standing.declared,
            restored: self.restored,
            refused: self.refused,
            removable: own && standing.version.is_some() && !standing.declared,
            seen: match &standing.version {
                Some((_, revision)) if !standing.declared => revision.to_string(),
                _ => String::new(),
            },
            claims: match desk.sight() {
                Sight::Claims(claims) => Some(claims.to_vec()),
                Sight::All | Sight::Nothing => None,
            },
            gives: draft.gives(),
            org: draft.org,
            role: draft.role,
            roles: roles.map(|role| role.name.to_string()).collect(),
            examples: if standing.declared { Vec::new() } else { examples::shown(own) },
            trial: TrialFields { organization: several, ..self.trial },
            decisions: self.decisions,
        }
    }
}

//! `/console/explain`, and the same below an organization: what became of the request or sign-in whose page showed a
//! reference, and why.

use super::answer::{Answer, page};
use super::audit;
use super::failed::Failed;
use super::here::Here;
use super::people::{Narrowed, sign_in_facts};
use super::shell::{Corner, Place};
use crate::base::Reference;
use crate::directory::{Event, ExplainError, ExplainedUser, Subject};
use crate::identity::RoleName;
use crate::pages::{AuditLink, Explained, ExplainedEvent, Field};
use crate::web::see_other;

/// Where references are asked for.
const BELOW: &str = "/explain";

/// `GET …/explain`: asks for a reference, and leads there.
pub(super) async fn ask(here: Here) -> Answer {
    let typed = here.query.text("reference").unwrap_or_default();
    if let Some(reference) = Reference::parse(typed) {
        return Ok(see_other(&here.path(&format!("{BELOW}/{reference}"))));
    }
    let mut field = Field::of(typed);
    if !typed.is_empty() {
        field.error = Some("A reference looks like 7F3KQ-9QXM2.".to_owned());
    }
    Ok(page(here.pages().explained(&here.asking_for(field))))
}

/// `GET …/explain/{reference}`; below an organization: of present members, and of the organization's own part.
pub(super) async fn show(here: Here) -> Answer {
    let (reference, live) = (here.named::<String>("reference")?, here.console.live());
    let explanation = match Reference::parse(&reference) {
        Some(known) => here.admin().explain(&live, &Subject::Reference(known)).await,
        None => Err(ExplainError::NoSuchReference),
    };
    let explanation = match explanation {
        Ok(explanation) => explanation,
        Err(ExplainError::Store(error)) => return Err(Failed::from(error)),
        Err(ExplainError::NoSuchUser | ExplainError::NoSuchReference) => {
            let why = "Nothing is kept under this reference. Check its spelling; the server's log may know more.";
            return Ok(page(here.pages().explained(&here.asking_for(Field::wrong(reference, why)))));
        }
    };
    let narrowed = Narrowed::of(&here);
    let who = |user: ExplainedUser| AuditLink {
        name: user.username.to_string(),
        href: Some(here.path(&format!("/people/{}", user.id))),
    };
    let sign_ins: Vec<_> =
        explanation.sign_ins.iter().map(|sign_in| sign_in_facts(sign_in, &live, &narrowed)).collect();
    let shown = Explained {
        event: explanation.event.map(event),
        user: explanation.user.map(who),
        narrowing: narrowed.asking(&here.path(&format!("{BELOW}/{reference}")), &sign_ins),
        sign_ins,
        ..here.asking_for(Field::of(&*reference))
    };
    Ok(page(here.pages().explained(&shown)))
}

impl Here {
    /// The page with nothing but the question.
    fn asking_for(&self, reference: Field) -> Explained {
        Explained::asking(self.shell(Place::Audit, Corner::Audit), &self.path(BELOW), reference)
    }
}

fn event(event: Event) -> ExplainedEvent {
    let roles = |names: &[RoleName]| names.iter().map(ToString::to_string).collect();
    ExplainedEvent {
        what: audit::words(&event.action),
        at: event.at.into(),
        count: Some(event.count).filter(|count| *count > 1),
        detail: event.detail,
        application: event.application.as_ref().map(|application| application.id.clone()),
        roles: event.application.map(|application| roles(&application.roles)).unwrap_or_default(),
    }
}

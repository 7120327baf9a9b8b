//! `/console/explain`, and the same below an organization: what became of the request or sign-in whose page showed a
//! reference, and why.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};

use super::answer::{Answer, page};
use super::failed::Failed;
use super::guard::Visitor;
use super::people::{Narrowed, sign_in_facts};
use super::shell::{Corner, Place};
use super::{Console, Live, audit};
use crate::base::Reference;
use crate::directory::{Event, ExplainError, ExplainedUser, Explanation, Subject};
use crate::pages::{AuditLink, Explained, ExplainedEvent, Field, Shell};
use crate::web::{Fields, see_other};

const PATH: &str = "/console/explain";

/// `GET /console/explain`: asks for a reference, and leads there.
pub(super) async fn ask(State(console): State<Arc<Console>>, visitor: Visitor, RawQuery(query): RawQuery) -> Answer {
    console.server_admin(&visitor)?;
    let shell = console.shell(&visitor, Place::Audit, query.as_deref());
    Ok(asked(&console, shell, PATH, query.as_deref()))
}

/// `GET /console/explain/{reference}`
pub(super) async fn show(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(reference): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    let admin = console.server_admin(&visitor)?;
    let live = console.live();
    let shell = console.shell(&visitor, Place::Audit, None);
    let explanation = match subject(&reference) {
        Some(subject) => admin.explain_by(&live.catalogue, &live.policies, &subject).await,
        None => Err(ExplainError::NoSuchReference),
    };
    let narrowed = Narrowed::of(query.as_deref());
    told(&console, &live, shell, (PATH, "/console/people"), &reference, explanation, &narrowed)
}

/// `GET /console/organizations/{organization}/explain`
pub(super) async fn ask_in(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    let (organization, _) = console.organization_admin(&visitor, &id)?;
    let shell = console.shell_of(&visitor, &organization, Corner::Audit, None);
    Ok(asked(&console, shell, &format!("/console/organizations/{id}/explain"), query.as_deref()))
}

/// `GET /console/organizations/{organization}/explain/{reference}`: of present members, and of the organization's own
/// part.
pub(super) async fn show_in(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path((id, reference)): Path<(String, String)>,
) -> Answer {
    let (organization, admin) = console.organization_admin(&visitor, &id)?;
    let live = console.live();
    let shell = console.shell_of(&visitor, &organization, Corner::Audit, None);
    let explanation = match subject(&reference) {
        Some(subject) => admin.explain_by(&live.catalogue, &live.policies, &subject).await,
        None => Err(ExplainError::NoSuchReference),
    };
    let base = format!("/console/organizations/{id}");
    let paths = (&*format!("{base}/explain"), &*format!("{base}/people"));
    told(&console, &live, shell, paths, &reference, explanation, &Narrowed::default())
}

fn subject(reference: &str) -> Option<Subject> {
    Reference::parse(reference).map(Subject::Reference)
}

fn asked(console: &Console, shell: Shell, path: &str, query: Option<&str>) -> axum::response::Response {
    let fields = query.and_then(|query| Fields::parse(query.as_bytes())).unwrap_or_default();
    let typed = fields.text("reference").unwrap_or_default();
    if let Some(reference) = Reference::parse(typed) {
        return see_other(&format!("{path}/{reference}"));
    }
    let mut field = Field::of(typed);
    if !typed.is_empty() {
        field.error = Some("A reference looks like 7F3KQ-9QXM2.".to_owned());
    }
    page(console.web.pages.explained(&Explained::asking(shell, path, field)))
}

fn told(
    console: &Console,
    live: &Live,
    shell: Shell,
    (path, people): (&str, &str),
    reference: &str,
    explanation: Result<Explanation, ExplainError>,
    narrowed: &Narrowed,
) -> Answer {
    let explanation = match explanation {
        Ok(explanation) => explanation,
        Err(ExplainError::Store(error)) => return Err(Failed::from(error)),
        Err(ExplainError::NoSuchUser | ExplainError::NoSuchReference) => {
            let why = "Nothing is kept under this reference. Check its spelling; the server's log may know more.";
            let field = Field::wrong(reference, why);
            return Ok(page(console.web.pages.explained(&Explained::asking(shell, path, field))));
        }
    };
    let who = |user: ExplainedUser| AuditLink {
        name: user.username.to_string(),
        href: Some(format!("{people}/{}", user.id)),
    };
    let sign_ins: Vec<_> = explanation.sign_ins.iter().map(|sign_in| sign_in_facts(sign_in, live, narrowed)).collect();
    let shown = Explained {
        event: explanation.event.map(event),
        user: explanation.user.map(who),
        narrowing: narrowed.asking(&format!("{path}/{reference}"), &sign_ins),
        sign_ins,
        ..Explained::asking(shell, path, Field::of(reference))
    };
    Ok(page(console.web.pages.explained(&shown)))
}

fn event(event: Event) -> ExplainedEvent {
    let roles = |names: &[crate::identity::RoleName]| names.iter().map(ToString::to_string).collect();
    ExplainedEvent {
        what: audit::words(&event.action),
        at: event.at.into(),
        count: Some(event.count).filter(|count| *count > 1),
        detail: event.detail,
        application: event.application.as_ref().map(|application| application.id.clone()),
        roles: event.application.map(|application| roles(&application.roles)).unwrap_or_default(),
    }
}

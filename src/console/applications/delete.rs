//! Deleting an application.

use std::sync::Arc;

use axum::extract::{Path, State};

use super::base;
use crate::console::Console;
use crate::console::answer::{Answer, done, page};
use crate::console::failed::Failed;
use crate::console::guard::{Posted, Visitor};
use crate::console::review::{Asked, Outcome};
use crate::console::shell::Corner;
use crate::directory::{Edit, EditError, Expected};
use crate::identity::{Application, Organization};
use crate::pages::Done;
use crate::web::{Fields, see_other};

/// `GET …/applications/{application}/delete`
pub(in crate::console) async fn show(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path((organization, id)): Path<(String, String)>,
) -> Answer {
    let (organization, hand) = console.hand(&visitor, &organization)?;
    let application = console.application(&organization, &id)?;
    let outcome = console.foreseen(&hand, &Edit::RemoveApplication(application.spec.id.clone())).await?;
    told(&console, &visitor, (&organization, &application), outcome, &Fields::default())
}

/// `POST …/applications/{application}/delete`
pub(in crate::console) async fn delete(
    State(console): State<Arc<Console>>,
    Path((organization, id)): Path<(String, String)>,
    posted: Posted,
) -> Answer {
    let (organization, hand) = console.hand(&posted.visitor, &organization)?;
    let application = console.application(&organization, &id)?;
    let edit = Edit::RemoveApplication(application.spec.id.clone());
    let outcome = console.change(&hand, &edit, &Expected::Any, &posted.fields).await?;
    told(&console, &posted.visitor, (&organization, &application), outcome, &posted.fields)
}

fn told(
    console: &Console,
    visitor: &Visitor,
    (organization, application): (&Organization, &Application),
    outcome: Outcome,
    fields: &Fields,
) -> Answer {
    let base = base(organization);
    let own = format!("{base}/{}", application.spec.id);
    match outcome {
        Outcome::Made => Ok(done(&base, Done::Deleted)),
        Outcome::Review(reviewed) => {
            let shell = console.shell_of(visitor, organization, Corner::Applications, None);
            let hosts =
                application.spec.hosts.iter().map(|host| format!("host {host}: nothing answers there any more"));
            let asked = Asked {
                title: format!("Delete {}?", application.spec.name),
                verb: "Delete it",
                destructive: true,
                goes: hosts.collect(),
                action: format!("{own}/delete"),
                cancel: own,
            };
            Ok(page(console.web.pages.review(&reviewed.page(shell, fields, asked))))
        }
        // The page says that the file has it.
        Outcome::Refused(EditError::Declared(_)) => Ok(see_other(&own)),
        Outcome::Refused(EditError::NoSuch(_)) => Err(Failed::NotFound),
        Outcome::Refused(error) => {
            tracing::warn!(cause = %error, "an application cannot be deleted");
            Err(Failed::BadRequest)
        }
    }
}

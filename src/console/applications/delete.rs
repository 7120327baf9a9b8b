//! Deleting an application.

use std::sync::Arc;

use axum::extract::{Path, State};

use super::base;
use crate::console::Console;
use crate::console::answer::{Answer, done, page};
use crate::console::failed::Failed;
use crate::console::guard::{Posted, Visitor};
use crate::console::propose::{Proposed, Words};
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
    let (organization, hands) = console.hands(&visitor, &organization)?;
    let application = console.application(&organization, &id)?;
    let proposed = console.ask(hands, &Edit::RemoveApplication(application.spec.id.clone())).await?;
    told(&console, &visitor, (&organization, &application), proposed, &Fields::default())
}

/// `POST …/applications/{application}/delete`
pub(in crate::console) async fn delete(
    State(console): State<Arc<Console>>,
    Path((organization, id)): Path<(String, String)>,
    posted: Posted,
) -> Answer {
    let (organization, hands) = console.hands(&posted.visitor, &organization)?;
    let application = console.application(&organization, &id)?;
    let edit = Edit::RemoveApplication(application.spec.id.clone());
    let proposed = console.propose(hands, &edit, Expected::Any, &posted.fields).await?;
    told(&console, &posted.visitor, (&organization, &application), proposed, &posted.fields)
}

fn told(
    console: &Console,
    visitor: &Visitor,
    (organization, application): (&Organization, &Application),
    proposed: Proposed,
    fields: &Fields,
) -> Answer {
    let base = base(organization);
    let own = format!("{base}/{}", application.spec.id);
    match proposed {
        Proposed::Made => Ok(done(&base, Done::Deleted)),
        Proposed::Ask(asked) => {
            let shell = console.shell_of(visitor, organization, Corner::Applications, None);
            let hosts = application.spec.hosts.iter().map(|host| format!("Nothing answers at {host} any more."));
            let words = Words {
                title: format!("Delete {}?", application.spec.name),
                button: "Delete it",
                destructive: true,
                words: hosts.collect(),
                action: format!("{own}/delete"),
                cancel: own,
            };
            Ok(page(console.web.pages.confirm(&asked.page(shell, words, fields))))
        }
        // The page says that the file has it.
        Proposed::Refused(EditError::Declared(_)) => Ok(see_other(&own)),
        Proposed::Refused(EditError::NoSuch(_)) => Err(Failed::NotFound),
        Proposed::Refused(error) => {
            tracing::warn!(cause = %error, "an application cannot be deleted");
            Err(Failed::BadRequest)
        }
    }
}

//! Deleting an application.

use super::BELOW;
use crate::console::answer::{Answer, done, page};
use crate::console::failed::Failed;
use crate::console::here::{Here, Sent};
use crate::console::propose::{Proposed, Words};
use crate::console::shell::Corner;
use crate::directory::{Edit, EditError, Expected};
use crate::identity::{Application, Organization};
use crate::pages::Done;
use crate::web::{Fields, see_other};

/// `GET …/applications/{application}/delete`
pub(in crate::console) async fn show(here: Here<Organization>) -> Answer {
    let application = here.application()?;
    let edit = Edit::RemoveApplication(application.spec.id.clone());
    let proposed = here.console.ask(here.editor(), &edit).await?;
    told(&here, &application, proposed, &Fields::default())
}

/// `POST …/applications/{application}/delete`
pub(in crate::console) async fn delete(Sent { here, fields }: Sent<Organization>) -> Answer {
    let application = here.application()?;
    let edit = Edit::RemoveApplication(application.spec.id.clone());
    let proposed = here.console.propose(here.editor(), &edit, Expected::Any, &fields).await?;
    told(&here, &application, proposed, &fields)
}

fn told(here: &Here<Organization>, application: &Application, proposed: Proposed, fields: &Fields) -> Answer {
    let base = here.path(BELOW);
    let own = format!("{base}/{}", application.spec.id);
    match proposed {
        Proposed::Made => Ok(done(&base, Done::Deleted)),
        Proposed::Ask(foreseen) => {
            let hosts = application.spec.hosts.iter().map(|host| format!("Nothing answers at {host} any more."));
            let words = Words {
                title: format!("Delete {}?", application.spec.name),
                button: "Delete it",
                destructive: true,
                words: hosts.collect(),
                action: format!("{own}/delete"),
                cancel: own,
            };
            Ok(page(here.pages().confirm(&foreseen.page(here.shell(Corner::Applications), words, fields))))
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

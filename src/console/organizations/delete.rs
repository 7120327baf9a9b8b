//! Deleting an organization, which takes along everything that is its own.

use crate::console::Live;
use crate::console::answer::{Answer, done, page};
use crate::console::failed::Failed;
use crate::console::here::{Here, Sent};
use crate::console::propose::{Proposed, Words};
use crate::console::shell::Corner;
use crate::directory::{Edit, EditError, Expected};
use crate::identity::Organization;
use crate::pages::Done;
use crate::web::{Fields, see_other};

/// `GET /console/organizations/{organization}/delete`
pub(in crate::console) async fn show(here: Here<Organization>) -> Answer {
    let proposed = here.console.ask(here.editor(), &removal(&here)?).await?;
    told(&here, proposed, &Fields::default())
}

/// `POST /console/organizations/{organization}/delete`
pub(in crate::console) async fn delete(Sent { here, fields }: Sent<Organization>) -> Answer {
    let proposed = here.console.propose(here.editor(), &removal(&here)?, Expected::Any, &fields).await?;
    told(&here, proposed, &fields)
}

/// The change, which is for server admins alone.
fn removal(here: &Here<Organization>) -> Result<Edit, Failed> {
    let edit = || Edit::RemoveOrganization(here.organization.id.clone());
    here.editor().is_of_server().then(edit).ok_or(Failed::NotAllowed)
}

fn told(here: &Here<Organization>, proposed: Proposed, fields: &Fields) -> Answer {
    let organization = &here.organization;
    let own = here.path("");
    match proposed {
        Proposed::Made => Ok(done("/console/organizations", Done::Deleted)),
        Proposed::Ask(foreseen) => {
            let words = Words {
                title: format!("Delete {}?", organization.name),
                button: "Delete it",
                destructive: true,
                words: goes(&here.console.live(), organization),
                action: format!("{own}/delete"),
                cancel: own,
            };
            Ok(page(here.pages().confirm(&foreseen.page(here.shell(Corner::Overview), words, fields))))
        }
        // The page says that the file has it.
        Proposed::Refused(EditError::Declared(_)) => Ok(see_other(&own)),
        Proposed::Refused(EditError::NoSuch(_)) => Err(Failed::NotFound),
        Proposed::Refused(error) => {
            tracing::warn!(cause = %error, "an organization cannot be deleted");
            Err(Failed::BadRequest)
        }
    }
}

/// What goes along.
fn goes(live: &Live, organization: &Organization) -> Vec<String> {
    let catalogue = &live.catalogue;
    let roles = organization.roles.iter().map(|role| format!("Role {}, with every grant of it.", role.name));
    let applications = catalogue.applications.iter().filter(|one| one.organization == organization.key);
    let applications = applications.map(|one| format!("Application {} ({}).", one.spec.name, one.spec.id));
    let idps = catalogue.idps.iter().filter(|idp| idp.owner == Some(organization.key));
    let idps = idps.map(|idp| format!("IdP {} ({}), with everybody's identity there.", idp.spec.name, idp.spec.id));
    let own = catalogue.policies.iter().filter(|policy| policy.organization == organization.key);
    let policies = own.filter_map(|policy| Some(format!("Its policy at {}.", catalogue.idp(policy.idp)?.spec.name)));
    roles.chain(applications).chain(idps).chain(policies).collect()
}

//! Deleting an organization, which takes along everything that is its own.

use std::sync::Arc;

use axum::extract::{Path, State};

use crate::console::answer::{Answer, done, page};
use crate::console::failed::Failed;
use crate::console::guard::{Posted, Visitor};
use crate::console::propose::{Hands, Proposed, Words};
use crate::console::shell::Corner;
use crate::console::{Console, Live};
use crate::directory::{Edit, EditError, Expected};
use crate::identity::Organization;
use crate::pages::Done;
use crate::web::{Fields, see_other};

/// `GET /console/organizations/{organization}/delete`
pub(in crate::console) async fn show(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Answer {
    let (organization, hands) = whole(&console, &visitor, &id)?;
    let proposed = console.ask(hands, &Edit::RemoveOrganization(organization.id.clone())).await?;
    told(&console, &visitor, &organization, proposed, &Fields::default())
}

/// `POST /console/organizations/{organization}/delete`
pub(in crate::console) async fn delete(
    State(console): State<Arc<Console>>,
    Path(id): Path<String>,
    posted: Posted,
) -> Answer {
    let (organization, hands) = whole(&console, &posted.visitor, &id)?;
    let edit = Edit::RemoveOrganization(organization.id.clone());
    let proposed = console.propose(hands, &edit, Expected::Any, &posted.fields).await?;
    told(&console, &posted.visitor, &organization, proposed, &posted.fields)
}

fn whole<'a>(console: &'a Console, visitor: &Visitor, id: &str) -> Result<(Organization, Hands<'a>), Failed> {
    let (organization, hands) = console.hands(visitor, id)?;
    if hands.are_whole() { Ok((organization, hands)) } else { Err(Failed::NotAllowed) }
}

fn told(
    console: &Console,
    visitor: &Visitor,
    organization: &Organization,
    proposed: Proposed,
    fields: &Fields,
) -> Answer {
    let own = format!("/console/organizations/{}", organization.id);
    match proposed {
        Proposed::Made => Ok(done("/console/organizations", Done::Deleted)),
        Proposed::Ask(asked) => {
            let shell = console.shell_of(visitor, organization, Corner::Overview, None);
            let words = Words {
                title: format!("Delete {}?", organization.name),
                button: "Delete it",
                destructive: true,
                words: goes(&console.live(), organization),
                action: format!("{own}/delete"),
                cancel: own,
            };
            Ok(page(console.web.pages.confirm(&asked.page(shell, words, fields))))
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

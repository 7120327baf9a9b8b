//! Deleting an organization, which takes along everything that is its own.

use std::sync::Arc;

use axum::extract::{Path, State};

use crate::console::answer::{Answer, done, page};
use crate::console::failed::Failed;
use crate::console::guard::{Posted, Visitor};
use crate::console::review::{Asked, Hand, Outcome};
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
    let (organization, hand) = whole(&console, &visitor, &id)?;
    let outcome = console.foreseen(&hand, &Edit::RemoveOrganization(organization.id.clone())).await?;
    told(&console, &visitor, &organization, outcome, &Fields::default())
}

/// `POST /console/organizations/{organization}/delete`
pub(in crate::console) async fn delete(
    State(console): State<Arc<Console>>,
    Path(id): Path<String>,
    posted: Posted,
) -> Answer {
    let (organization, hand) = whole(&console, &posted.visitor, &id)?;
    let edit = Edit::RemoveOrganization(organization.id.clone());
    let outcome = console.change(&hand, &edit, &Expected::Any, &posted.fields).await?;
    told(&console, &posted.visitor, &organization, outcome, &posted.fields)
}

fn whole<'a>(console: &'a Console, visitor: &Visitor, id: &str) -> Result<(Organization, Hand<'a>), Failed> {
    let (organization, hand) = console.hand(visitor, id)?;
    if hand.is_server() { Ok((organization, hand)) } else { Err(Failed::NotAllowed) }
}

fn told(
    console: &Console,
    visitor: &Visitor,
    organization: &Organization,
    outcome: Outcome,
    fields: &Fields,
) -> Answer {
    let own = format!("/console/organizations/{}", organization.id);
    match outcome {
        Outcome::Made => Ok(done("/console/organizations", Done::Deleted)),
        Outcome::Review(reviewed) => {
            let shell = console.shell_of(visitor, organization, Corner::Overview, None);
            let asked = Asked {
                title: format!("Delete {}?", organization.name),
                verb: "Delete it",
                destructive: true,
                goes: goes(&console.live(), organization),
                action: format!("{own}/delete"),
                cancel: own,
            };
            Ok(page(console.web.pages.review(&reviewed.page(shell, fields, asked))))
        }
        // The page says that the file has it.
        Outcome::Refused(EditError::Declared(_)) => Ok(see_other(&own)),
        Outcome::Refused(EditError::NoSuch(_)) => Err(Failed::NotFound),
        Outcome::Refused(error) => {
            tracing::warn!(cause = %error, "an organization cannot be deleted");
            Err(Failed::BadRequest)
        }
    }
}

/// What goes along.
fn goes(live: &Live, organization: &Organization) -> Vec<String> {
    let catalogue = &live.catalogue;
    let roles = organization.roles.iter().map(|role| format!("role {}, with every grant of it", role.name));
    let applications = catalogue.applications.iter().filter(|one| one.organization == organization.key);
    let applications = applications.map(|one| format!("application {} ({})", one.spec.name, one.spec.id));
    let idps = catalogue.idps.iter().filter(|idp| idp.owner == Some(organization.key));
    let idps = idps.map(|idp| format!("IdP {} ({}), with everybody's identity there", idp.spec.name, idp.spec.id));
    let own = catalogue.policies.iter().filter(|policy| policy.organization == organization.key);
    let policies = own.filter_map(|policy| Some(format!("its policy at {}", catalogue.idp(policy.idp)?.spec.name)));
    roles.chain(applications).chain(idps).chain(policies).collect()
}

//! `/console/playground`: what the policies of now decide, for pasted claims or a known user's last sign-in.

use std::sync::Arc;

use super::trial::{self, Subject};
use crate::console::answer::{Answer, page};
use crate::console::here::{Here, Sent, Server};
use crate::console::shell::Place;
use crate::directory::Live;
use crate::identity::Idp;
use crate::pages::{Decisions, Field, Playground, ProviderOption};
use crate::web::Fields;

/// `GET`: nothing is asked yet.
pub(in crate::console) async fn show(here: Here<Server>) -> Answer {
    let shown = sheet(&here, &here.console.live(), &here.query);
    Ok(page(here.pages().playground(&shown)))
}

/// `POST`: what is decided.
pub(in crate::console) async fn ask(Sent { here, fields }: Sent<Server>) -> Answer {
    let live = here.console.live();
    let mut shown = sheet(&here, &live, &fields);
    let idp = live.catalogue.idps.iter().find(|idp| idp.spec.id.as_str() == shown.provider.value);
    if let Some(idp) = idp {
        shown.decisions = decide(&here, &live, idp, &mut shown).await;
    }
    Ok(page(here.pages().playground(&shown)))
}

fn sheet(here: &Here<Server>, live: &Live, fields: &Fields) -> Playground {
    let owner = |idp: &Idp| live.catalogue.organization(idp.owner?).map(|owner| owner.name.clone());
    let provider = |idp: &Idp| ProviderOption {
        id: idp.spec.id.to_string(),
        name: owner(idp).map_or_else(|| idp.spec.name.clone(), |owner| format!("{}, of {owner}", idp.spec.name)),
    };
    Playground {
        shell: here.shell(Place::Playground),
        providers: live.catalogue.idps.iter().map(provider).collect(),
        provider: Field::of(fields.typed("provider")),
        claims: Field::of(fields.typed("claims")),
        user: Field::of(fields.typed("user")),
        organization: Field::of(fields.typed("organization")),
        decisions: None,
    }
}

async fn decide(here: &Here<Server>, live: &Arc<Live>, idp: &Idp, shown: &mut Playground) -> Option<Decisions> {
    let subject = Subject::typed(&mut shown.claims, &mut shown.user, &idp.spec.list_claims);
    let only = trial::named(&live.catalogue, &mut shown.organization)?;
    let (claims, told) = match subject {
        Subject::Nobody | Subject::Wrong => return None,
        Subject::Pasted(claims) => (*claims, Decisions::default()),
        Subject::Known(username) => match here.admin().recall(idp, &username).await {
            Ok(recalled) => trial::told(recalled),
            Err(error) => return Some(trial::failed(&error)),
        },
    };
    let (live, idp) = (Arc::clone(live), idp.key);
    let work = move || trial::decisions(&live.policies, &live.catalogue, idp, only, None, &claims, told);
    trial::tried(&here.console.web, work).await
}

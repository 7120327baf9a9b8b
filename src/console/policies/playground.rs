//! `/console/playground`: what the policies of now decide, for pasted claims or a known user's last sign-in.

use std::sync::Arc;

use axum::extract::{RawQuery, State};

use super::trial::{self, Subject};
use crate::console::Console;
use crate::console::answer::{Answer, page};
use crate::console::guard::{Posted, Visitor};
use crate::console::shell::Place;
use crate::directory::{Live, ServerAdmin};
use crate::identity::Idp;
use crate::pages::{Decisions, Field, Playground, ProviderOption};
use crate::web::Fields;

/// `GET`: nothing is asked yet.
pub(in crate::console) async fn show(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Answer {
    console.server_admin(&visitor)?;
    let fields = query.as_deref().and_then(|query| Fields::parse(query.as_bytes())).unwrap_or_default();
    let live = console.live();
    let shown = sheet(&console, &visitor, &live, &fields);
    Ok(page(console.web.pages.playground(&shown)))
}

/// `POST`: what is decided.
pub(in crate::console) async fn ask(State(console): State<Arc<Console>>, posted: Posted) -> Answer {
    let admin = console.server_admin(&posted.visitor)?;
    let live = console.live();
    let mut shown = sheet(&console, &posted.visitor, &live, &posted.fields);
    let idp = live.catalogue.idps.iter().find(|idp| idp.spec.id.as_str() == shown.provider.value);
    if let Some(idp) = idp {
        shown.decisions = decide(&console, &live, &admin, idp, &mut shown).await;
    }
    Ok(page(console.web.pages.playground(&shown)))
}

fn sheet(console: &Console, visitor: &Visitor, live: &Live, fields: &Fields) -> Playground {
    let owner = |idp: &Idp| live.catalogue.organization(idp.owner?).map(|owner| owner.name.clone());
    let provider = |idp: &Idp| ProviderOption {
        id: idp.spec.id.to_string(),
        name: owner(idp).map_or_else(|| idp.spec.name.clone(), |owner| format!("{}, of {owner}", idp.spec.name)),
    };
    Playground {
        shell: console.shell(visitor, Place::Playground, None),
        providers: live.catalogue.idps.iter().map(provider).collect(),
        provider: Field::of(fields.typed("provider")),
        claims: Field::of(fields.typed("claims")),
        user: Field::of(fields.typed("user")),
        organization: Field::of(fields.typed("organization")),
        decisions: None,
    }
}

async fn decide(
    console: &Console,
    live: &Arc<Live>,
    admin: &ServerAdmin<'_>,
    idp: &Idp,
    shown: &mut Playground,
) -> Option<Decisions> {
    let subject = Subject::typed(&mut shown.claims, &mut shown.user, &idp.spec.list_claims);
    let only = trial::named(&live.catalogue, &mut shown.organization)?;
    let (claims, told) = match subject {
        Subject::Nobody | Subject::Wrong => return None,
        Subject::Pasted(claims) => (*claims, Decisions::default()),
        Subject::Known(username) => match admin.recall(idp, &username).await {
            Ok(recalled) => trial::told(recalled),
            Err(error) => return Some(trial::failed(&error)),
        },
    };
    let (live, idp) = (Arc::clone(live), idp.key);
    let work = move || trial::decisions(&live.policies, &live.catalogue, idp, only, None, &claims, told);
    trial::tried(&console.web, work).await
}

//! `GET /console/organizations/{organization}/policies`: the providers at which an organization may write a policy.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};

use crate::console::Console;
use crate::console::answer::{Answer, page};
use crate::console::guard::Visitor;
use crate::console::shell::Corner;
use crate::identity::{Idp, Sight};
use crate::pages::{PolicyList, PolicyPlace};

/// Those that are the organization's, and the global ones that were opened to it; to server admins, all of these.
pub(in crate::console) async fn show(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    let (organization, _) = console.organization_admin(&visitor, &id)?;
    let live = console.live();
    let may_write = |idp: &&Idp| {
        let global = visitor.is_server_admin() && idp.owner.is_none();
        global || idp.sight(organization.key) != Sight::Nothing
    };
    let mut policies = live.catalogue.policies.iter().filter(|policy| policy.organization == organization.key);
    let written: Vec<_> = policies.by_ref().map(|policy| policy.idp).collect();
    let place = |idp: &Idp| PolicyPlace {
        name: idp.spec.name.clone(),
        issuer: idp.spec.issuer.host().to_owned(),
        own: idp.owner.is_some(),
        written: written.contains(&idp.key),
        href: format!("/console/organizations/{}/policies/{}", organization.id, idp.spec.id),
    };
    let shown = PolicyList {
        shell: console.shell_of(&visitor, &organization, Corner::Policies, query.as_deref()),
        organization: organization.name.clone(),
        providers: live.catalogue.idps.iter().filter(may_write).map(place).collect(),
    };
    Ok(page(console.web.pages.policy_list(&shown)))
}

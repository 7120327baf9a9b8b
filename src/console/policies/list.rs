//! `GET /console/organizations/{organization}/policies`: the providers at which an organization may write a policy.

use crate::console::answer::{Answer, page};
use crate::console::here::Here;
use crate::console::shell::Corner;
use crate::identity::{Idp, Organization, Sight};
use crate::pages::{PolicyList, PolicyPlace};

/// Those that are the organization's, and the global ones that were opened to it; to server admins, all of these.
pub(in crate::console) async fn show(here: Here<Organization>) -> Answer {
    let (organization, live) = (&here.organization, here.console.live());
    let may_write = |idp: &&Idp| {
        let global = here.visitor.is_server_admin() && idp.owner.is_none();
        global || idp.sight(organization.key) != Sight::Nothing
    };
    let policies = live.catalogue.policies.iter().filter(|policy| policy.organization == organization.key);
    let written: Vec<_> = policies.map(|policy| policy.idp).collect();
    let place = |idp: &Idp| PolicyPlace {
        name: idp.spec.name.clone(),
        issuer: idp.spec.issuer.host().to_owned(),
        own: idp.owner.is_some(),
        written: written.contains(&idp.key),
        href: here.path(&format!("/policies/{}", idp.spec.id)),
    };
    let shown = PolicyList {
        shell: here.shell(Corner::Policies),
        organization: organization.name.clone(),
        providers: live.catalogue.idps.iter().filter(may_write).map(place).collect(),
    };
    Ok(page(here.pages().policy_list(&shown)))
}

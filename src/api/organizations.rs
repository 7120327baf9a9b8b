//! Organizations, with their roles and where their admins may publish.

use std::sync::Arc;

use axum::extract::State;
use http::{HeaderMap, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Api;
use super::answer::{Answer, Page, json, one};
use super::ask::{At, Cursor, PageQuery, Query, Sent, limit};
use super::edit::ChangeQuery;
use super::guard::Caller;
use super::refusal::Refusal;
use super::schema::{RoleText, Slug};
use crate::directory::{Admin, Edit, Live};
use crate::identity::{self, Allotment, HostSuffix, Network, OrganizationId, RoleName};

/// An organization.
#[derive(Serialize, JsonSchema)]
pub(super) struct Organization {
    #[schemars(with = "Slug")]
    id: OrganizationId,
    /// What people call it.
    name: String,
    /// Its roles.
    roles: Vec<Role>,
    /// Where its own admins may publish applications.
    publish: Publish,
    /// Whether the configuration file declares it: then it is read-only here.
    declared: bool,
}

/// A role.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Role {
    #[schemars(with = "RoleText")]
    name: RoleName,
    /// Whether its holders administer the organization.
    #[serde(default)]
    admin: bool,
}

/// Where an organization's own admins may publish applications; empty: nowhere.
#[derive(Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Publish {
    /// Host names: these, and every name below them.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    hosts: Vec<HostSuffix>,
    /// What upstreams may resolve to: addresses or CIDRs.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    upstreams: Vec<Network>,
}

/// What an organization is from now on.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OrganizationText {
    /// What people call it.
    name: String,
    /// Its roles; one that is not among them goes, with every grant of it.
    roles: Vec<Role>,
    /// Where its own admins may publish applications.
    #[serde(default)]
    publish: Publish,
}

impl From<&identity::Organization> for Organization {
    fn from(organization: &identity::Organization) -> Self {
        let Allotment { hosts, upstreams } = organization.allotment.clone();
        Self {
            id: organization.id.clone(),
            name: organization.name.clone(),
            roles: organization.roles.iter().map(|role| Role { name: role.name.clone(), admin: role.admin }).collect(),
            publish: Publish { hosts, upstreams },
            declared: organization.declared,
        }
    }
}

fn edit(id: &OrganizationId, text: OrganizationText) -> Edit {
    Edit::Organization {
        id: id.clone(),
        name: text.name,
        roles: text.roles.into_iter().map(|role| (role.name, role.admin)).collect(),
        allotment: Allotment { hosts: text.publish.hosts, upstreams: text.publish.upstreams },
    }
}

fn find(live: &Live, id: &OrganizationId) -> Result<Organization, Refusal> {
    let found = live.catalogue.organizations.iter().find(|organization| organization.id == *id);
    found.map(Organization::from).ok_or(Refusal::NotFound)
}

pub(super) async fn list(State(api): State<Arc<Api>>, caller: Caller, Query(query): Query<PageQuery>) -> Answer {
    api.server_admin(&caller)?;
    let live = api.live();
    let after: Option<OrganizationId> = query.cursor.map(|cursor| cursor.place()).transpose()?;
    // In order of id.
    let all = &live.catalogue.organizations;
    let begin = after.map_or(0, |after| all.partition_point(|organization| organization.id <= after));
    let page: Vec<&identity::Organization> = all[begin..].iter().take(limit(query.limit) as usize).collect();
    let more = begin + page.len() < all.len();
    let next = page.last().filter(|_| more).map(|last| Cursor::of(&last.id));
    json(StatusCode::OK, &Page { items: page.into_iter().map(Organization::from).collect(), next })
}

pub(super) async fn show(State(api): State<Arc<Api>>, caller: Caller, At(organization): At<OrganizationId>) -> Answer {
    let live = api.live();
    api.organization_admin(&caller, &live, &organization)?;
    one(&find(&live, &organization)?)
}

pub(super) async fn put(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At(organization): At<OrganizationId>,
    Query(query): Query<ChangeQuery>,
    headers: HeaderMap,
    Sent(text): Sent<OrganizationText>,
) -> Answer {
    let editor = match api.editor(&caller, &api.live(), &organization) {
        // What is not there yet may be made by whoever may do everything.
        Err(Refusal::NotFound) => api.server_admin(&caller).map(Admin::Server).map_err(|_| Refusal::NotFound)?,
        editor => editor?,
    };
    let shown = |live: &Live| Ok(serde_json::json!(find(live, &organization)?));
    let made = api.make_on(editor, &edit(&organization, text), &query, &headers, shown).await?;
    made.told(&format!("/organizations/{organization}"), || find(&api.live(), &organization))
}

pub(super) async fn remove(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At(organization): At<OrganizationId>,
    Query(query): Query<ChangeQuery>,
    headers: HeaderMap,
) -> Answer {
    let editor = api.editor(&caller, &api.live(), &organization)?;
    let edit = Edit::RemoveOrganization(organization.clone());
    let shown = |live: &Live| Ok(serde_json::json!(find(live, &organization)?));
    api.make_on(editor, &edit, &query, &headers, shown).await?.gone()
}

//! `/console/organizations`: all of them, and one.

pub(super) mod delete;
mod draft;
pub(super) mod form;

use std::collections::HashMap;

use url::form_urlencoded;

use super::Live;
use super::answer::{Answer, page};
use super::here::{Here, Server};
use super::shell::{Corner, Place};
use crate::identity::{Organization, OrganizationKey};
use crate::pages::{ListedOrganization, OrganizationPage, Organizations, RoleRow};

/// Organizations of a page.
const PAGE: usize = 50;

/// `GET /console/organizations`
pub(super) async fn show_all(here: Here<Server>) -> Answer {
    let search = here.query.text("q");
    let live = here.console.live();
    let mut found = found(&live, search, here.query.text("after"));
    let more = found.len() > PAGE;
    found.truncate(PAGE);
    let next = found.last().filter(|_| more).map(|last| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if let Some(search) = search {
            query.append_pair("q", search);
        }
        format!("/console/organizations?{}", query.append_pair("after", last.id.as_str()).finish())
    });
    let mut applications: HashMap<OrganizationKey, usize> = HashMap::new();
    for application in &live.catalogue.applications {
        *applications.entry(application.organization).or_default() += 1;
    }
    let row = |organization: &&Organization| ListedOrganization {
        id: organization.id.to_string(),
        name: organization.name.clone(),
        roles: organization.roles.len(),
        applications: applications.get(&organization.key).copied().unwrap_or_default(),
        declared: organization.declared,
    };
    let rows = found.iter().map(row).collect();
    let shell = here.shell(Place::Organizations);
    Ok(page(here.pages().organizations(&Organizations { shell, search: search.map(str::to_owned), rows, next })))
}

/// Those whose id, or a word of whose name, begins so; in order of id, one more than fits a page.
fn found<'a>(live: &'a Live, search: Option<&str>, after: Option<&str>) -> Vec<&'a Organization> {
    let sought = search.map(str::to_lowercase);
    let fits = |organization: &&Organization| {
        let Some(sought) = &sought else { return true };
        let name = organization.name.to_lowercase();
        organization.id.as_str().starts_with(sought.as_str())
            || name.starts_with(sought.as_str())
            || name.split_whitespace().any(|word| word.starts_with(sought.as_str()))
    };
    let all = live.catalogue.organizations.iter();
    all.filter(|one| after.is_none_or(|after| one.id.as_str() > after)).filter(fits).take(PAGE + 1).collect()
}

/// `GET /console/organizations/{organization}`
pub(super) async fn show(here: Here<Organization>) -> Answer {
    let (organization, live) = (&here.organization, here.console.live());
    let applications = live.catalogue.applications.iter();
    let shown = OrganizationPage {
        shell: here.shell(Corner::Overview),
        id: organization.id.to_string(),
        name: organization.name.clone(),
        roles: roles(organization),
        hosts: organization.allotment.hosts.iter().map(ToString::to_string).collect(),
        networks: organization.allotment.upstreams.iter().map(ToString::to_string).collect(),
        applications: applications.filter(|one| one.organization == organization.key).count(),
        declared: organization.declared,
        whole: here.editor().is_of_server(),
    };
    Ok(page(here.pages().organization(&shown)))
}

fn roles(organization: &Organization) -> Vec<RoleRow> {
    organization.roles.iter().map(|role| RoleRow { name: role.name.to_string(), admin: role.admin }).collect()
}

//! What stands around every page of the console.

use super::Console;
use super::guard::{Visitor, Who};
use super::here::{Here, Server};
use crate::identity::Organization;
use crate::pages::{Assets, Done, NavItem, Shell};
use crate::web::Fields;

/// The places of the console that its navigation leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// What happens and what needs attention.
    Overview,
    /// Everybody.
    People,
    /// Every organization.
    Organizations,
    /// Identity providers of the whole server.
    Idps,
    /// What policies would decide.
    Playground,
    /// What happened.
    Audit,
    /// Tokens of the REST API.
    Tokens,
}

/// The places below one organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Corner {
    /// What it is.
    Overview,
    /// Its people.
    People,
    /// Its policies.
    Policies,
    /// Its applications.
    Applications,
    /// Its own identity providers.
    Idps,
    /// Its service accounts.
    Programs,
    /// What happened in it.
    Audit,
    /// Its tokens of the REST API.
    Tokens,
}

const PLACES: [(Place, &str, &str); 7] = [
    (Place::Overview, "Overview", "/console"),
    (Place::People, "People", "/console/people"),
    (Place::Organizations, "Organizations", "/console/organizations"),
    (Place::Idps, "Identity providers", "/console/idps"),
    (Place::Playground, "Playground", "/console/playground"),
    (Place::Audit, "Audit log", "/console/audit"),
    (Place::Tokens, "API tokens", "/console/tokens"),
];

const CORNERS: [(Corner, &str, &str); 8] = [
    (Corner::Overview, "Overview", ""),
    (Corner::People, "People", "/people"),
    (Corner::Policies, "Policies", "/policies"),
    (Corner::Applications, "Applications", "/applications"),
    (Corner::Idps, "Identity providers", "/idps"),
    (Corner::Programs, "Service accounts", "/service-accounts"),
    (Corner::Audit, "Audit log", "/audit"),
    (Corner::Tokens, "API tokens", "/tokens"),
];

impl Here<Server> {
    /// What stands around its pages.
    pub(super) fn shell(&self, place: Place) -> Shell {
        self.console.shell(&self.visitor, place, &self.query)
    }
}

impl Here<Organization> {
    /// What stands around its pages.
    pub(super) fn shell(&self, corner: Corner) -> Shell {
        self.console.shell_of(&self.visitor, &self.organization, corner, &self.query)
    }
}

impl Here {
    /// What stands around its pages, which are at `place` of the server, or in the `corner` of an organization.
    pub(super) fn shell(&self, place: Place, corner: Corner) -> Shell {
        match &self.organization {
            None => self.console.shell(&self.visitor, place, &self.query),
            Some(organization) => self.console.shell_of(&self.visitor, organization, corner, &self.query),
        }
    }
}

impl Console {
    /// The shell of a page of the whole server. `query` may tell what was done just now.
    pub(super) fn shell(&self, visitor: &Visitor, place: Place, query: &Fields) -> Shell {
        let mut shell = self.bare_shell(visitor, query);
        if visitor.is_server_admin() {
            shell.nav = PLACES.iter().map(|(other, label, href)| item(label, href, *other == place)).collect();
        } else {
            shell.nav = self.administered(visitor, None);
        }
        shell
    }

    /// The shell of a page below an organization.
    fn shell_of(&self, visitor: &Visitor, organization: &Organization, corner: Corner, query: &Fields) -> Shell {
        let mut shell = if visitor.is_server_admin() {
            self.shell(visitor, Place::Organizations, query)
        } else {
            Shell { nav: self.administered(visitor, Some(organization)), ..self.bare_shell(visitor, query) }
        };
        let base = format!("/console/organizations/{}", organization.id);
        let tab = |(other, label, path): &(Corner, &str, &str)| item(label, &format!("{base}{path}"), *other == corner);
        shell.tabs = CORNERS.iter().map(tab).collect();
        shell.organization = Some(organization.name.clone());
        shell
    }

    fn bare_shell(&self, visitor: &Visitor, query: &Fields) -> Shell {
        Shell {
            frame: self.web.frame(Assets::SignIn),
            name: visitor.name(),
            account: matches!(visitor.who, Who::User(_)),
            csrf: visitor.csrf.clone(),
            sign_out: match visitor.who {
                Who::User(_) => "/logout",
                Who::BreakGlass => "/break-glass/end",
            },
            nav: Vec::new(),
            tabs: Vec::new(),
            organization: None,
            done: Done::of_code(query.typed("done")).map(Done::words),
        }
    }

    /// The organizations that somebody administers who does not administer the server.
    fn administered(&self, visitor: &Visitor, current: Option<&Organization>) -> Vec<NavItem> {
        let live = self.live();
        let mine = live.catalogue.organizations.iter().filter(|organization| visitor.administers(organization));
        let is_current = |organization: &Organization| current.is_some_and(|current| current.key == organization.key);
        mine.map(|one| item(&one.name, &format!("/console/organizations/{}", one.id), is_current(one))).collect()
    }
}

fn item(label: &str, href: &str, current: bool) -> NavItem {
    NavItem { label: label.to_owned(), href: href.to_owned(), current }
}

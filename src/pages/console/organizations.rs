//! Organizations: the list, one of them, and the form that makes or changes one.

use serde::Serialize;

use super::{Field, Shell};
use crate::pages::{Page, PageError, Pages};

/// Organizations, a page of them.
#[derive(Clone, Debug, Serialize)]
pub struct Organizations {
    /// What stands around it.
    pub shell: Shell,
    /// What was searched for.
    pub search: Option<String>,
    /// Those found, in order of id.
    pub rows: Vec<ListedOrganization>,
    /// Where the next page is.
    pub next: Option<String>,
}

/// An organization in the list.
#[derive(Clone, Debug, Serialize)]
pub struct ListedOrganization {
    /// Its slug.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// How many roles it has.
    pub roles: usize,
    /// How many applications it has.
    pub applications: usize,
    /// Whether the file declares it.
    pub declared: bool,
}

/// One organization.
#[derive(Clone, Debug, Serialize)]
pub struct OrganizationPage {
    /// What stands around it.
    pub shell: Shell,
    /// Its slug.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Its roles, in order of name.
    pub roles: Vec<RoleRow>,
    /// The hosts below which its admins may publish.
    pub hosts: Vec<String>,
    /// The networks in which their upstreams may be.
    pub networks: Vec<String>,
    /// How many applications it has.
    pub applications: usize,
    /// Whether the file declares it.
    pub declared: bool,
    /// Whether the visitor may do everything with it.
    pub whole: bool,
}

/// A role, and whether its holders administer the organization.
#[derive(Clone, Debug, Serialize)]
pub struct RoleRow {
    /// Its name.
    pub name: String,
    /// Whether its holders administer.
    pub admin: bool,
}

/// The form of an organization.
#[derive(Clone, Debug, Serialize)]
pub struct OrganizationForm {
    /// What stands around it.
    pub shell: Shell,
    /// The state it was made from.
    pub seen: Option<String>,
    /// The id, where it is still to be chosen.
    pub id: Option<Field>,
    /// The name.
    pub name: Field,
    /// The roles so far.
    pub roles: Vec<RoleRow>,
    /// One more.
    pub role: Field,
    /// What only server admins say.
    pub whole: Option<AllotmentFields>,
    /// Where it is sent.
    pub action: String,
    /// Where to go instead.
    pub cancel: String,
}

/// What server admins allot.
#[derive(Clone, Debug, Serialize)]
pub struct AllotmentFields {
    /// Hosts, one a line.
    pub hosts: Field,
    /// Networks, one a line.
    pub networks: Field,
}

impl Pages {
    /// Organizations, a page of them.
    ///
    /// # Errors
    /// When the template fails.
    pub fn organizations(&self, page: &Organizations) -> Result<String, PageError> {
        self.render(page)
    }

    /// One organization.
    ///
    /// # Errors
    /// When the template fails.
    pub fn organization(&self, page: &OrganizationPage) -> Result<String, PageError> {
        self.render(page)
    }

    /// The form of an organization.
    ///
    /// # Errors
    /// When the template fails.
    pub fn organization_form(&self, page: &OrganizationForm) -> Result<String, PageError> {
        self.render(page)
    }
}

impl Page for Organizations {
    const TEMPLATE: &'static str = "console/organizations.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let row = |id: &str, name: &str, declared| ListedOrganization {
            id: id.into(),
            name: name.into(),
            roles: 2,
            applications: 1,
            declared,
        };
        let full = Self {
            shell: Shell::sample(),
            search: Some("ho".into()),
            rows: vec![row("home-lab", "Home lab", true), row("hours", "Hours", false)],
            next: Some("/console/organizations?after=hours".into()),
        };
        let none = Self { rows: Vec::new(), next: None, ..full.clone() };
        let first = Self { search: None, ..none.clone() };
        vec![full, none, first]
    }
}

impl Page for OrganizationPage {
    const TEMPLATE: &'static str = "console/organization.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let full = Self {
            shell: Shell::sample_of_organization(),
            id: "home-lab".into(),
            name: "Home lab".into(),
            roles: RoleRow::samples(),
            hosts: vec!["lab.example.com".into()],
            networks: vec!["10.1.0.0/16".into(), "fd00::/8".into()],
            applications: 3,
            declared: false,
            whole: true,
        };
        let bare = Self { hosts: Vec::new(), networks: Vec::new(), roles: Vec::new(), whole: false, ..full.clone() };
        let declared = Self { declared: true, applications: 0, ..full.clone() };
        vec![full, bare, declared]
    }
}

impl Page for OrganizationForm {
    const TEMPLATE: &'static str = "console/organization_form.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let new = Self {
            shell: Shell::sample(),
            seen: None,
            id: Some(Field::wrong("Home Lab", "an id is lower-case letters")),
            name: Field::of("Home lab"),
            roles: RoleRow::samples(),
            role: Field::wrong("a,b", "without comma"),
            whole: Some(AllotmentFields { hosts: Field::of("lab.example.com"), networks: Field::of("10.1.0.0/16") }),
            action: "/console/organizations/_new".into(),
            cancel: "/console/organizations".into(),
        };
        let narrow = Self {
            shell: Shell::sample_of_organization(),
            seen: Some("0a1b".into()),
            id: None,
            whole: None,
            ..new.clone()
        };
        vec![Self { roles: Vec::new(), ..new.clone() }, new, narrow]
    }
}

#[cfg(test)]
impl RoleRow {
    fn samples() -> Vec<Self> {
        vec![Self { name: "Admin".into(), admin: true }, Self { name: "Member".into(), admin: false }]
    }
}

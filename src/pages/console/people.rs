//! Lists of people.

use serde::Serialize;

use super::{Field, Moment, Shell};
use crate::pages::{Page, PageError, Pages};

/// People, found by words and filters.
#[derive(Clone, Debug, Serialize)]
pub struct People {
    /// What stands around it.
    pub shell: Shell,
    /// Where the list is.
    pub base: String,
    /// What was looked for.
    pub text: Field,
    /// How it stands with them.
    pub states: Vec<Pick>,
    /// Where they sign in.
    pub idps: Vec<Pick>,
    /// The organization they are in; absent on an organization's own page.
    pub organization: Option<Field>,
    /// The role they hold.
    pub role: Field,
    /// Whether anything was looked for.
    pub narrowed: bool,
    /// Those who were found.
    pub rows: Vec<PersonRow>,
    /// Where the list goes on.
    pub next: Option<String>,
}

/// One of several that a field offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Pick {
    /// What the form sends.
    pub value: String,
    /// What people read.
    pub label: String,
    /// Whether it is chosen.
    pub chosen: bool,
}

/// How it stands with somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// `disabled`, `waiting`, `without` or `active`.
    pub kind: &'static str,
}

/// Somebody in a list.
#[derive(Clone, Debug, Serialize)]
pub struct PersonRow {
    /// Their page.
    pub href: String,
    /// What people call them.
    pub name: String,
    /// What applications call them.
    pub username: Option<String>,
    /// Their address.
    pub email: Option<String>,
    /// How it stands with them.
    pub standing: Standing,
    /// Whether they are a server admin.
    pub server_admin: bool,
    /// Their roles, by organization.
    pub places: Vec<PlaceRow>,
    /// How many organizations more.
    pub more: usize,
    /// When they last signed in.
    pub last_sign_in: Option<Moment>,
}

/// What somebody holds in an organization.
#[derive(Clone, Debug, Serialize)]
pub struct PlaceRow {
    /// The organization, where there may be several.
    pub organization: Option<String>,
    /// The roles.
    pub roles: String,
}

impl Pages {
    /// People, found by words and filters.
    ///
    /// # Errors
    /// When the template fails.
    pub fn people(&self, page: &People) -> Result<String, PageError> {
        self.render(page)
    }
}

impl Page for People {
    const TEMPLATE: &'static str = "console/people.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let pick = |value: &str, label: &str| Pick { value: value.into(), label: label.into(), chosen: true };
        let row = |kind, roles: &[(Option<&str>, &str)]| PersonRow {
            href: "/console/people/0192".into(),
            name: "Zoë Leary".into(),
            username: Some("zoe".into()),
            email: Some("zoe@example.com".into()),
            standing: Standing { kind },
            server_admin: kind == "active",
            places: (roles.iter())
                .map(|(organization, roles)| PlaceRow {
                    organization: organization.map(Into::into),
                    roles: (*roles).into(),
                })
                .collect(),
            more: roles.len(),
            last_sign_in: (kind != "waiting").then(Moment::sample),
        };
        let whole = Self {
            shell: Shell::sample(),
            base: "/console/people".into(),
            text: Field::of("zo"),
            states: vec![pick("disabled", "Disabled")],
            idps: vec![pick("company", "Company")],
            organization: Some(Field::wrong("home-lap", "there is no organization home-lap")),
            role: Field::wrong("Boss", "there is no role Boss"),
            narrowed: true,
            rows: vec![
                row("active", &[(Some("Home lab"), "Admin, Member")]),
                row("disabled", &[]),
                row("waiting", &[(None, "Member")]),
                row("without", &[]),
            ],
            next: Some("/console/people?after=0192".into()),
        };
        let nobody = Self { rows: Vec::new(), ..whole.clone() };
        let nobody_at_all = Self { narrowed: false, next: None, ..nobody.clone() };
        let own = Self {
            shell: Shell::sample_of_organization(),
            base: "/console/organizations/home-lab/people".into(),
            organization: None,
            next: None,
            ..nobody.clone()
        };
        vec![whole, nobody, nobody_at_all, own]
    }
}

#[cfg(test)]
impl Moment {
    pub(in crate::pages) fn sample() -> Self {
        crate::base::Timestamp::from_secs(1_800_000_000).into()
    }
}

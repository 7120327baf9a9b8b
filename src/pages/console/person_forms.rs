//! Forms about one person.

use serde::Serialize;

use super::{Field, Pick, Shell};
use crate::pages::{Page, PageError, Pages};

/// Making somebody before their first sign-in.
#[derive(Clone, Debug, Serialize)]
pub struct NewPerson {
    /// What stands around it.
    pub shell: Shell,
    /// The list they will stand in.
    pub list: String,
    /// The IdPs they may sign in at.
    pub idps: Vec<Pick>,
    /// What is wrong with the choice.
    pub idp_error: Option<String>,
    /// Whether they are known by address or by identifier.
    pub kinds: Vec<Pick>,
    /// The address or identifier.
    pub who: Field,
    /// The name people go by.
    pub name: Field,
    /// The organization; absent on an organization's own page.
    pub organization: Option<Field>,
    /// Its roles; absent until it is named.
    pub roles: Option<RoleTicks>,
}

/// The roles of an organization, to be ticked.
#[derive(Clone, Debug, Serialize)]
pub struct RoleTicks {
    /// The organization.
    pub organization: String,
    /// Its roles.
    pub ticks: Vec<Tick>,
    /// What is wrong with the choice.
    pub error: Option<String>,
}

/// A role to be ticked.
#[derive(Clone, Debug, Serialize)]
pub struct Tick {
    /// The role.
    pub name: String,
    /// Whether it is ticked.
    pub ticked: bool,
    /// Whether its holders administer the organization.
    pub admin: bool,
    /// By whose sign-ins they hold it too.
    pub also: Option<String>,
}

/// Giving somebody roles by hand.
#[derive(Clone, Debug, Serialize)]
pub struct PersonRoles {
    /// What stands around it.
    pub shell: Shell,
    /// Their page.
    pub person: String,
    /// Where the form goes.
    pub action: String,
    /// What people call them.
    pub name: String,
    /// The roles.
    pub roles: RoleTicks,
}

/// Choosing with whom somebody becomes one.
#[derive(Clone, Debug, Serialize)]
pub struct MergePerson {
    /// What stands around it.
    pub shell: Shell,
    /// The page of who stays.
    pub person: String,
    /// What people call who stays.
    pub name: String,
    /// Who goes.
    pub other: Field,
}

#[cfg(test)]
impl RoleTicks {
    fn sample() -> Self {
        let tick = |name: &str, ticked| Tick {
            name: name.into(),
            ticked,
            admin: ticked,
            also: ticked.then(|| "by sign-ins at Company".into()),
        };
        Self {
            organization: "Home lab".into(),
            ticks: vec![tick("Admin", true), tick("Member", false)],
            error: Some("choose at least one role".into()),
        }
    }
}

impl Pages {
    /// Making somebody before their first sign-in.
    ///
    /// # Errors
    /// When the template fails.
    pub fn new_person(&self, page: &NewPerson) -> Result<String, PageError> {
        self.render(page)
    }
}

impl Page for NewPerson {
    const TEMPLATE: &'static str = "console/person_new.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let pick = |value: &str, label: &str, chosen| Pick { value: value.into(), label: label.into(), chosen };
        let whole = Self {
            shell: Shell::sample(),
            list: "/console/people".into(),
            idps: vec![pick("company", "Company", true), pick("lab", "Lab (Home lab, id.example)", false)],
            idp_error: Some("choose one".into()),
            kinds: vec![pick("email", "E-mail address", true), pick("identifier", "Identifier", false)],
            who: Field::wrong("zoe", "an e-mail address is written as name@example.com"),
            name: Field::of("Zoë Leary"),
            organization: Some(Field::of("home-lab")),
            roles: Some(RoleTicks::sample()),
        };
        let none = RoleTicks { ticks: Vec::new(), error: None, organization: "Home lab".into() };
        let own = Self { shell: Shell::sample_of_organization(), organization: None, ..whole.clone() };
        let nowhere = Self {
            idps: Vec::new(),
            idp_error: None,
            kinds: Vec::new(),
            who: Field::default(),
            name: Field::default(),
            roles: None,
            ..own.clone()
        };
        vec![
            Self { roles: None, idp_error: None, ..whole.clone() },
            Self { roles: Some(none), ..own.clone() },
            own,
            nowhere,
            whole,
        ]
    }
}

impl Pages {
    /// Giving somebody roles by hand.
    ///
    /// # Errors
    /// When the template fails.
    pub fn person_roles(&self, page: &PersonRoles) -> Result<String, PageError> {
        self.render(page)
    }
}

impl Page for PersonRoles {
    const TEMPLATE: &'static str = "console/person_roles.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let some = Self {
            shell: Shell::sample(),
            person: "/console/people/0192".into(),
            action: "/console/people/0192/roles?organization=home-lab".into(),
            name: "Zoë Leary".into(),
            roles: RoleTicks::sample(),
        };
        let none = RoleTicks { ticks: Vec::new(), error: None, organization: "Home lab".into() };
        vec![Self { roles: none, action: "/console/people/0192".into(), ..some.clone() }, some]
    }
}

impl Pages {
    /// Choosing with whom somebody becomes one.
    ///
    /// # Errors
    /// When the template fails.
    pub fn merge_person(&self, page: &MergePerson) -> Result<String, PageError> {
        self.render(page)
    }
}

impl Page for MergePerson {
    const TEMPLATE: &'static str = "console/person_merge.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        vec![Self {
            shell: Shell::sample(),
            person: "/console/people/0192".into(),
            name: "Zoë Leary".into(),
            other: Field::wrong("zo", "there is no such user"),
        }]
    }
}

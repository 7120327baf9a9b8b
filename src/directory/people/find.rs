//! People found by words and filters.

use super::Hands;
use super::listed::{ListedUser, MAX_PAGE};
use crate::directory::AdminError;
use crate::directory::admin::{OrganizationAdmin, ServerAdmin};
use crate::identity::{Catalogue, IdpId, Organization, OrganizationId, RoleName};
use crate::store::people::{self, Filter, Place, State};
use crate::store::search::Prefix;

/// Words that are looked for: of more, nobody has them all.
const MAX_WORDS: usize = 6;

/// Why nobody is looked for: an empty search would find everybody.
pub const NO_WORD: &str = "there is no letter or digit in this: people are found by beginnings of words";

/// Who is looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sought {
    /// The beginnings of words of name, username or address.
    pub text: String,
    /// Signs in there, or is awaited there.
    pub idp: Option<IdpId>,
    /// Holds a role there.
    pub organization: Option<OrganizationId>,
    /// Holds this role of that organization.
    pub role: Option<RoleName>,
    /// How it stands with them.
    pub state: Option<State>,
}

/// A page of people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundPeople {
    /// The people.
    pub users: Vec<ListedUser>,
    /// Where the next page begins, if there may be one.
    pub next: Option<Place>,
}

impl ServerAdmin<'_> {
    /// The next people after `after` who fit, named as in `catalogue`. A constant number of statements, and a bounded
    /// number of people looked at: a page may end early, and the next goes on.
    ///
    /// # Errors
    /// When a name is unknown, or the database fails.
    pub async fn find_people(
        &self,
        catalogue: &Catalogue,
        sought: &Sought,
        after: Option<&Place>,
        limit: u32,
    ) -> Result<FoundPeople, AdminError> {
        Hands::from(self).find(catalogue, sought, after, limit).await
    }
}

impl OrganizationAdmin<'_> {
    /// The same among the organization's people.
    ///
    /// # Errors
    /// When a name is unknown, or the database fails.
    pub async fn find_people(
        &self,
        catalogue: &Catalogue,
        sought: &Sought,
        after: Option<&Place>,
        limit: u32,
    ) -> Result<FoundPeople, AdminError> {
        Hands::from(self).find(catalogue, sought, after, limit).await
    }
}

impl Hands<'_> {
    async fn find(
        self,
        catalogue: &Catalogue,
        sought: &Sought,
        after: Option<&Place>,
        limit: u32,
    ) -> Result<FoundPeople, AdminError> {
        let filter = self.filter(catalogue, sought)?;
        let mut tx = self.directory.db.snapshot().await?;
        let now = self.directory.ambient.now();
        let page = people::page(&mut tx, &filter, after, limit.min(MAX_PAGE), now).await?;
        Ok(FoundPeople { users: self.listed(&mut tx, page.users).await?, next: page.next })
    }

    fn filter(self, catalogue: &Catalogue, sought: &Sought) -> Result<Filter, AdminError> {
        let idp = match &sought.idp {
            None => None,
            Some(id) => Some(self.idp(catalogue, id)?.key),
        };
        let organization = match (self.within, &sought.organization) {
            (Some(within), _) => Some(catalogue.organization(within).ok_or_else(gone)?),
            (None, Some(id)) => Some(organization(catalogue, id)?),
            (None, None) => None,
        };
        let role = match (&sought.role, organization) {
            (None, _) => None,
            (Some(role), Some(organization)) => Some(named(organization, role)?),
            (Some(_), None) => return Err(AdminError::Invalid("a role belongs to an organization: name that too")),
        };
        let mut words = Prefix::of(&sought.text);
        words.truncate(MAX_WORDS);
        if words.is_empty() && !sought.text.trim().is_empty() {
            return Err(AdminError::Invalid(NO_WORD));
        }
        Ok(Filter { words, idp, organization: organization.map(|one| one.key), role, state: sought.state })
    }
}

fn gone() -> AdminError {
    AdminError::Invalid("this organization is gone")
}

/// The organization of that id.
pub(super) fn organization<'c>(catalogue: &'c Catalogue, id: &OrganizationId) -> Result<&'c Organization, AdminError> {
    catalogue.organizations.iter().find(|other| other.id == *id).ok_or_else(|| AdminError::NoSuch {
        what: "organization",
        name: id.to_string(),
        available: catalogue.organizations.iter().map(|organization| organization.id.to_string()).collect(),
    })
}

/// The role of that name.
pub(super) fn named(organization: &Organization, name: &RoleName) -> Result<crate::identity::RoleId, AdminError> {
    let found = organization.roles.iter().find(|role| role.name == *name);
    found.map(|role| role.id).ok_or_else(|| AdminError::NoSuch {
        what: "role",
        name: format!("{name} in {}", organization.id),
        available: organization.roles.iter().map(|role| role.name.to_string()).collect(),
    })
}

//! What of the log is asked for, in the words of people and programs.

use crate::audit::Action;
use crate::base::Timestamp;
use crate::directory::{OrganizationAdmin, ServerAdmin};
use crate::identity::{Catalogue, OrganizationKey, Username};
use crate::store::StoreError;
use crate::store::audit::Sought;

/// The filters as they were written; an empty one is none.
#[derive(Clone, Copy, Debug, Default)]
pub struct LogFilters<'a> {
    /// About the user of this name.
    pub who: &'a str,
    /// Of this action.
    pub action: &'a str,
    /// About the IdP of this id.
    pub idp: &'a str,
    /// About the organization of this id.
    pub organization: &'a str,
    /// From this instant on.
    pub from: &'a str,
    /// Up to before this one.
    pub to: &'a str,
}

/// What is wrong with filters, by their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BadFilters(Vec<(&'static str, String)>);

impl BadFilters {
    /// What is wrong with this one.
    pub fn of(&self, filter: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| *name == filter).map(|(_, why)| why.as_str())
    }

    /// All of it.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(name, why)| (*name, why.as_str()))
    }

    /// Notes what is wrong with a filter; nothing is sought by it then.
    fn note<T>(&mut self, filter: &'static str, found: Result<T, String>) -> Option<T> {
        found.map_err(|why| self.0.push((filter, why))).ok()
    }
}

impl ServerAdmin<'_> {
    /// The lines that are asked for, or what is wrong with the filters.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sought(
        &self,
        catalogue: &Catalogue,
        filters: &LogFilters<'_>,
    ) -> Result<Result<Sought, BadFilters>, StoreError> {
        let (mut sought, mut bad) = read(catalogue, filters, None);
        if !filters.organization.is_empty() {
            let found = catalogue.organizations.iter().find(|one| one.id.as_str() == filters.organization);
            let found = found.ok_or_else(|| "there is no organization of this id".to_owned());
            sought.organization = bad.note("organization", found).map(|found| found.key);
        }
        if !filters.who.is_empty() {
            let found = match Username::parse(filters.who) {
                Ok(username) => self.user_named(&username).await?,
                Err(_) => None,
            };
            sought.user = bad.note("who", found.ok_or_else(|| "there is nobody of this username".to_owned()));
        }
        Ok(if bad.0.is_empty() { Ok(sought) } else { Err(bad) })
    }
}

impl OrganizationAdmin<'_> {
    /// The lines that are asked for, or what is wrong with the filters. Neither a person is asked about here, whom they
    /// might not know, nor another organization.
    ///
    /// # Errors
    /// When a filter is by something that there is not.
    pub fn sought(&self, catalogue: &Catalogue, filters: &LogFilters<'_>) -> Result<Sought, BadFilters> {
        let (sought, bad) = read(catalogue, filters, Some(self.organization));
        if bad.0.is_empty() { Ok(sought) } else { Err(bad) }
    }
}

/// What both may ask for. `within`: an organization's admins, who know the IdPs in its reach.
fn read(catalogue: &Catalogue, filters: &LogFilters<'_>, within: Option<OrganizationKey>) -> (Sought, BadFilters) {
    let (mut sought, mut bad) = (Sought::default(), BadFilters::default());
    if !filters.idp.is_empty() {
        let reached = |owner: Option<OrganizationKey>| within.is_none() || owner.is_none() || owner == within;
        let found = catalogue.idps.iter().find(|idp| idp.spec.id.as_str() == filters.idp && reached(idp.owner));
        let found = found.ok_or_else(|| "there is no identity provider of this id".to_owned());
        sought.idp = bad.note("idp", found).map(|found| found.key);
    }
    if !filters.action.is_empty() {
        let word = Action::ALL.iter().map(|action| action.word()).find(|word| *word == filters.action);
        sought.action = bad.note("action", word.map(str::to_owned).ok_or_else(no_action));
    }
    let mut instant = |filter, text: &str, otherwise| match text {
        "" => otherwise,
        text => bad.note(filter, Timestamp::typed(text).map_err(|error| error.to_string())).unwrap_or(otherwise),
    };
    sought.interval =
        instant("from", filters.from, sought.interval.start)..instant("to", filters.to, sought.interval.end);
    (sought, bad)
}

fn no_action() -> String {
    let words: Vec<&str> = Action::ALL.iter().map(|action| action.word()).collect();
    format!("nothing is called so; there are {}", words.join(", "))
}

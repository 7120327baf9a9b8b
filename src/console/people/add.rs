//! Somebody is made before their first sign-in.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::roles::ticks;
use super::{BELOW, who};
use crate::console::answer::{Answer, done, form_again, page};
use crate::console::here::{Here, Sent};
use crate::console::{Live, idp_names};
use crate::directory::{AdminError, NewUser};
use crate::identity::{Idp, Organization, RoleName};
use crate::pages::{Done, Field, NewPerson, Pick};
use crate::web::Fields;

/// The empty form.
pub(in crate::console) async fn add_form(here: Here) -> Answer {
    let form = Form { live: here.console.live(), here: &here, fields: Fields::default() };
    Ok(page(here.pages().new_person(&form.page(None))))
}

/// Makes them, in the organization whose page it is or that is named.
pub(in crate::console) async fn add(Sent { here, fields }: Sent) -> Answer {
    let form = Form { live: here.console.live(), here: &here, fields };
    if form.asks_for_roles() {
        return Ok(page(here.pages().new_person(&form.page(None))));
    }
    let made = match form.filled_in() {
        Ok(new) => here.admin().pre_provision(&new).await,
        Err(error) => Err(error),
    };
    match made {
        Ok(user) => Ok(done(&here.person(user), Done::Created)),
        Err(AdminError::Store(error)) => Err(error.into()),
        Err(error) => Ok(form_again(here.pages().new_person(&form.page(Some(&error))))),
    }
}

struct Form<'a> {
    here: &'a Here,
    live: Arc<Live>,
    fields: Fields,
}

impl Form<'_> {
    /// Whether an organization was named only so that its roles are shown.
    fn asks_for_roles(&self) -> bool {
        self.here.organization.is_none() && self.fields.typed("do") == "roles" && self.organization().is_some()
    }

    /// The organization that roles are of: the page's, or the one that was named.
    fn organization(&self) -> Option<&Organization> {
        let named = self.fields.typed("organization").trim();
        let find = || self.live.catalogue.organizations.iter().find(|one| one.id.as_str() == named);
        self.here.organization.as_ref().or_else(find)
    }

    fn filled_in(&self) -> Result<NewUser, AdminError> {
        let named = self.fields.text("organization").filter(|_| self.here.organization.is_none());
        let organization = match (self.organization(), named) {
            (None, Some(named)) => {
                let available = self.live.catalogue.organizations.iter().map(|one| one.id.to_string()).collect();
                return Err(AdminError::NoSuch { what: "organization", name: named.to_owned(), available });
            }
            (organization, _) => organization,
        };
        let role = |name: &str| {
            let name = name.parse().map_err(|_| AdminError::Invalid(NO_ROLE))?;
            Ok((organization.ok_or(AdminError::Invalid(NO_ROLE))?.id.clone(), name))
        };
        let roles: Vec<_> = self.fields.all("role").map(role).collect::<Result<_, AdminError>>()?;
        if organization.is_some() && roles.is_empty() {
            return Err(AdminError::Invalid(AT_LEAST_ONE));
        }
        Ok(NewUser {
            idp: self.fields.typed("idp").parse().map_err(|_| AdminError::NoSuch {
                what: "IdP",
                name: self.fields.typed("idp").to_owned(),
                available: Vec::new(),
            })?,
            who: who(self.fields.typed("by"), self.fields.typed("who").trim()),
            name: self.fields.text("name").map(str::to_owned),
            roles,
        })
    }

    fn page(&self, error: Option<&AdminError>) -> NewPerson {
        let said = |about: About| error.filter(|error| About::of(error) == about).map(ToString::to_string);
        let field = |name: &str, about| Field { value: self.fields.typed(name).to_owned(), error: said(about) };
        let by = Some(self.fields.typed("by")).filter(|by| !by.is_empty()).unwrap_or("email");
        let kind = |value: &str, label: &str| Pick { value: value.into(), label: label.into(), chosen: value == by };
        let ticked: BTreeSet<RoleName> = self.fields.all("role").filter_map(|name| name.parse().ok()).collect();
        NewPerson {
            shell: self.here.people_shell(),
            list: self.here.path(BELOW),
            idps: self.idps(),
            idp_error: said(About::Idp),
            kinds: vec![kind("email", "E-mail address"), kind("identifier", "Identifier")],
            who: field("who", About::Who),
            name: field("name", About::Name),
            organization: self.here.organization.is_none().then(|| field("organization", About::Organization)),
            roles: self.organization().map(|one| ticks(one, &ticked, said(About::Roles), |_| None)),
        }
    }

    /// The global IdPs, and the own ones of the organization; of every organization, for whoever administers the server
    /// and has named none yet.
    fn idps(&self) -> Vec<Pick> {
        let within = self.organization().map(|organization| organization.key);
        let reached = idp_names::offered(&self.live.catalogue, within, self.fields.typed("idp")).into_iter();
        let pick = |idp: &Idp| Pick {
            value: idp.spec.id.to_string(),
            label: idp_names::label(&self.live.catalogue, idp),
            chosen: idp.spec.id.as_str() == self.fields.typed("idp"),
        };
        reached.map(pick).collect()
    }
}

const NO_ROLE: &str = "this is no role of the organization";
const AT_LEAST_ONE: &str = "choose at least one role: by it they are in the organization";

/// The field that an error is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum About {
    Idp,
    Who,
    Name,
    Organization,
    Roles,
}

impl About {
    fn of(error: &AdminError) -> Self {
        match error {
            AdminError::NoSuch { what: "IdP", .. } | AdminError::OutOfReach { .. } => Self::Idp,
            AdminError::NoSuch { what: "organization", .. } => Self::Organization,
            AdminError::NoSuch { .. } | AdminError::Invalid(NO_ROLE | AT_LEAST_ONE) => Self::Roles,
            AdminError::Invalid(why) if why.starts_with("a name") => Self::Name,
            _ => Self::Who,
        }
    }
}

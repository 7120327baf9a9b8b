//! Roles given by hand.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::BELOW;
use super::list::name;
use super::page::given_by;
use crate::console::Live;
use crate::console::answer::{Answer, done, form_again, page};
use crate::console::failed::Failed;
use crate::console::here::{Here, Sent};
use crate::directory::{Admin, AdminError, ListedRole, ListedUser};
use crate::identity::{Organization, Origin, Role, RoleName};
use crate::pages::{Done, PersonRoles, RoleTicks, Tick};
use crate::web::Fields;

/// The roles of the organization whose page it is, or that the address asks for.
pub(in crate::console) async fn roles_form(here: Here) -> Answer {
    let form = Form::of(&here).await?;
    form.shown(&form.by_hand(), None)
}

/// Gives and takes them.
pub(in crate::console) async fn set_roles(Sent { here, fields }: Sent) -> Answer {
    let form = Form::of(&here).await?;
    let set = match (form.wanted(&fields), here.admin()) {
        (Ok(wanted), Admin::Server(admin)) => admin.set_roles(form.user.id, form.organization.key, &wanted).await,
        (Ok(wanted), Admin::Organization(admin)) => admin.set_roles(form.user.id, &wanted).await,
        (Err(error), _) => Err(error),
    };
    form.answer(&fields, set)
}

/// Somebody's roles in an organization.
struct Form<'a> {
    here: &'a Here,
    user: ListedUser,
    organization: Organization,
    live: Arc<Live>,
}

impl<'a> Form<'a> {
    async fn of(here: &'a Here) -> Result<Self, Failed> {
        let live = here.console.live();
        let asked = here.query.typed("organization").trim();
        let find = || live.catalogue.organizations.iter().find(|organization| organization.id.as_str() == asked);
        let organization = here.organization.as_ref().or_else(find).ok_or(Failed::NotFound)?.clone();
        let user = here.admin().listed(here.named("user")?).await?;
        Ok(Self { here, user, organization, live })
    }

    fn action(&self) -> String {
        let person = self.here.person(self.user.id);
        match self.here.organization {
            None => format!("{person}/roles?organization={}", self.organization.id),
            Some(_) => format!("{person}/roles"),
        }
    }

    /// What they hold there by hand.
    fn by_hand(&self) -> BTreeSet<RoleName> {
        let is_by_hand = |held: &&ListedRole| held.key == self.organization.key && held.origin == Origin::Manual;
        self.user.roles.iter().filter(is_by_hand).map(|held| held.role.clone()).collect()
    }

    fn wanted(&self, fields: &Fields) -> Result<Vec<RoleName>, AdminError> {
        let parsed: Result<_, _> = fields.all("role").map(str::parse).collect();
        parsed.map_err(|_| AdminError::Invalid("this is no role of the organization"))
    }

    fn answer(&self, fields: &Fields, set: Result<bool, AdminError>) -> Answer {
        match set {
            // Who holds nothing more here is nobody of the organization's any more.
            Ok(_) if self.here.organization.is_some() && !self.stays(fields) => {
                Ok(done(&self.here.path(BELOW), Done::Saved))
            }
            Ok(_) => Ok(done(&self.here.person(self.user.id), Done::Saved)),
            Err(error @ (AdminError::NoSuch { .. } | AdminError::Invalid(_))) => {
                let ticked = fields.all("role").filter_map(|name| name.parse().ok()).collect();
                self.shown(&ticked, Some(error.to_string()))
            }
            Err(error) => Err(error.into()),
        }
    }

    fn stays(&self, fields: &Fields) -> bool {
        fields.ticked("role") || self.user.roles.iter().any(|held| held.origin != Origin::Manual)
    }

    fn shown(&self, ticked: &BTreeSet<RoleName>, error: Option<String>) -> Answer {
        let wrong = error.is_some();
        let by_sign_in = |role: &RoleName| {
            let gives = |held: &&ListedRole| {
                held.key == self.organization.key && held.role == *role && held.origin != Origin::Manual
            };
            self.user.roles.iter().find(gives).map(|held| given_by(held.origin, &self.user, &self.live))
        };
        let form = PersonRoles {
            shell: self.here.people_shell(),
            person: self.here.person(self.user.id),
            action: self.action(),
            name: name(&self.user),
            roles: ticks(&self.organization, ticked, error, by_sign_in),
        };
        let rendered = self.here.pages().person_roles(&form);
        Ok(if wrong { form_again(rendered) } else { page(rendered) })
    }
}

/// The roles of an organization, to be ticked.
pub(super) fn ticks(
    organization: &Organization,
    ticked: &BTreeSet<RoleName>,
    error: Option<String>,
    also: impl Fn(&RoleName) -> Option<String>,
) -> RoleTicks {
    let tick = |role: &Role| Tick {
        name: role.name.to_string(),
        ticked: ticked.contains(&role.name),
        admin: role.admin,
        also: also(&role.name),
    };
    RoleTicks { organization: organization.name.clone(), ticks: organization.roles.iter().map(tick).collect(), error }
}

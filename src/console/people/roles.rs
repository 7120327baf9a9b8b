//! Roles given by hand.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};

use super::list::name;
use super::page::given_by;
use super::{Among, user_of};
use crate::console::answer::{Answer, done, form_again, page};
use crate::console::failed::Failed;
use crate::console::guard::{Posted, Visitor};
use crate::console::{Console, Live};
use crate::directory::{AdminError, ListedUser};
use crate::identity::{Organization, Origin, RoleName, UserId};
use crate::pages::{Done, PersonRoles, RoleTicks, Tick};
use crate::web::Fields;

/// The roles of the organization that the address names.
pub(in crate::console) async fn roles_form(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(user): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    let (user, form) = Form::of_server(&console, &visitor, &user, query.as_deref()).await?;
    let ticked = form.by_hand(&user);
    form.shown(&console, &visitor, &user, &ticked, None)
}

/// Gives and takes them.
pub(in crate::console) async fn set_roles(
    State(console): State<Arc<Console>>,
    Path(user): Path<String>,
    RawQuery(query): RawQuery,
    posted: Posted,
) -> Answer {
    let admin = console.server_admin(&posted.visitor)?;
    let (user, form) = Form::of_server(&console, &posted.visitor, &user, query.as_deref()).await?;
    let set = match form.wanted(&posted.fields) {
        Ok(wanted) => admin.set_roles(user.id, form.organization.key, &wanted).await,
        Err(error) => Err(error),
    };
    form.answer(&console, &posted, &user, set)
}

/// The roles of the organization.
pub(in crate::console) async fn roles_form_in(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path((organization, user)): Path<(String, String)>,
) -> Answer {
    let (user, form) = Form::of_organization(&console, &visitor, &organization, &user).await?;
    let ticked = form.by_hand(&user);
    form.shown(&console, &visitor, &user, &ticked, None)
}

/// Gives and takes them.
pub(in crate::console) async fn set_roles_in(
    State(console): State<Arc<Console>>,
    Path((organization, user)): Path<(String, String)>,
    posted: Posted,
) -> Answer {
    let (_, admin) = console.organization_admin(&posted.visitor, &organization)?;
    let (user, form) = Form::of_organization(&console, &posted.visitor, &organization, &user).await?;
    let set = match form.wanted(&posted.fields) {
        Ok(wanted) => admin.set_roles(user.id, &wanted).await,
        Err(error) => Err(error),
    };
    form.answer(&console, &posted, &user, set)
}

struct Form {
    among: Among,
    organization: Organization,
    live: Arc<Live>,
}

impl Form {
    async fn of_server(
        console: &Console,
        visitor: &Visitor,
        user: &str,
        query: Option<&str>,
    ) -> Result<(ListedUser, Self), Failed> {
        let (admin, live) = (console.server_admin(visitor)?, console.live());
        let fields = Fields::parse(query.unwrap_or_default().as_bytes()).ok_or(Failed::BadRequest)?;
        let id = fields.typed("organization").trim();
        let organization = live.catalogue.organizations.iter().find(|organization| organization.id.as_str() == id);
        let organization = organization.ok_or(Failed::NotFound)?.clone();
        let user = admin.listed(user_of(user)?).await?;
        Ok((user, Self { among: Among(None), organization, live }))
    }

    async fn of_organization(
        console: &Console,
        visitor: &Visitor,
        organization: &str,
        user: &str,
    ) -> Result<(ListedUser, Self), Failed> {
        let (organization, admin) = console.organization_admin(visitor, organization)?;
        let user = admin.listed(user_of(user)?).await?;
        Ok((user, Self { among: Among(Some(organization.clone())), organization, live: console.live() }))
    }

    fn person(&self, user: UserId) -> String {
        format!("{}/{user}", self.among.base())
    }

    fn action(&self, user: UserId) -> String {
        match self.among.0 {
            None => format!("{}/roles?organization={}", self.person(user), self.organization.id),
            Some(_) => format!("{}/roles", self.person(user)),
        }
    }

    /// What they hold there by hand.
    fn by_hand(&self, user: &ListedUser) -> BTreeSet<RoleName> {
        let here = user.roles.iter().filter(|held| held.key == self.organization.key && held.origin == Origin::Manual);
        here.map(|held| held.role.clone()).collect()
    }

    fn wanted(&self, fields: &Fields) -> Result<Vec<RoleName>, AdminError> {
        let parsed: Result<_, _> = fields.all("role").map(str::parse).collect();
        parsed.map_err(|_| AdminError::Invalid("this is no role of the organization"))
    }

    fn answer(&self, console: &Console, posted: &Posted, user: &ListedUser, set: Result<bool, AdminError>) -> Answer {
        match set {
            // Who holds nothing more here is nobody of the organization's any more.
            Ok(_) if self.among.0.is_some() && !self.stays(user, &posted.fields) => {
                Ok(done(&self.among.base(), Done::Saved))
            }
            Ok(_) => Ok(done(&self.person(user.id), Done::Saved)),
            Err(error @ (AdminError::NoSuch { .. } | AdminError::Invalid(_))) => {
                let ticked = posted.fields.all("role").filter_map(|name| name.parse().ok()).collect();
                self.shown(console, &posted.visitor, user, &ticked, Some(error.to_string()))
            }
            Err(error) => Err(error.into()),
        }
    }

    fn stays(&self, user: &ListedUser, fields: &Fields) -> bool {
        fields.ticked("role") || user.roles.iter().any(|held| held.origin != Origin::Manual)
    }

    fn shown(
        &self,
        console: &Console,
        visitor: &Visitor,
        user: &ListedUser,
        ticked: &BTreeSet<RoleName>,
        error: Option<String>,
    ) -> Answer {
        let wrong = error.is_some();
        let form = PersonRoles {
            shell: self.among.shell(console, visitor, None),
            person: self.person(user.id),
            action: self.action(user.id),
            name: name(user),
            roles: ticks(&self.organization, ticked, error, |role| {
                let by_sign_in = |held: &&crate::directory::ListedRole| {
                    held.key == self.organization.key && held.role == *role && held.origin != Origin::Manual
                };
                user.roles.iter().find(by_sign_in).map(|held| given_by(held.origin, user, &self.live))
            }),
        };
        let rendered = console.web.pages.person_roles(&form);
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
    let tick = |role: &crate::identity::Role| Tick {
        name: role.name.to_string(),
        ticked: ticked.contains(&role.name),
        admin: role.admin,
        also: also(&role.name),
    };
    RoleTicks { organization: organization.name.clone(), ticks: organization.roles.iter().map(tick).collect(), error }
}

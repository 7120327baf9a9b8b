//! People, found by words and filters.

use url::form_urlencoded;

use super::BELOW;
use crate::console::answer::{Answer, page};
use crate::console::failed::Failed;
use crate::console::here::Here;
use crate::console::{Live, idp_names};
use crate::directory::{AdminError, FoundPeople, ListedUser, NO_WORD, Place, Sought, SoughtState, UserState};
use crate::identity::Catalogue;
use crate::pages::{Field, People, PersonRow, Pick, PlaceRow, Standing};

/// People on one page: what fits a long look, and a request's time many times over.
const PAGE: u32 = 50;
/// Organizations shown of somebody in a list.
const SHOWN_PLACES: usize = 3;

const STATES: [(SoughtState, &str, &str); 3] = [
    (SoughtState::Waiting, "waiting", "Waiting for first sign-in"),
    (SoughtState::WithoutOrganization, "without", "Without organization"),
    (SoughtState::Disabled, "disabled", "Disabled"),
];

/// Everybody, or the people of an organization.
pub(in crate::console) async fn list(here: Here) -> Answer {
    let live = here.console.live();
    let after = here.query.text("after").map(str::parse::<Place>).transpose().map_err(|_| Failed::BadRequest)?;
    let filters = Filters(&here);
    let found = match filters.sought() {
        Ok(sought) => here.admin().find_people(&live.catalogue, &sought, after.as_ref(), PAGE).await,
        Err(error) => Err(error),
    };
    Ok(page(here.pages().people(&filters.page(&live, found)?)))
}

/// What the address asks for.
struct Filters<'a>(&'a Here);

impl Filters<'_> {
    fn sought(&self) -> Result<Sought, AdminError> {
        let unknown = |what, name: &str| AdminError::NoSuch { what, name: name.to_owned(), available: Vec::new() };
        let state = self.0.query.typed("state");
        Ok(Sought {
            text: self.0.query.typed("q").to_owned(),
            idp: (self.0.query.text("idp")).map(|id| id.parse().map_err(|_| unknown("IdP", id))).transpose()?,
            organization: (self.0.query.text("organization"))
                .map(|id| id.parse().map_err(|_| unknown("organization", id)))
                .transpose()?,
            role: (self.0.query.text("role"))
                .map(|name| name.parse().map_err(|_| unknown("role", name)))
                .transpose()?,
            state: STATES.iter().find(|(_, word, _)| *word == state).map(|(state, ..)| *state),
        })
    }

    fn page(&self, live: &Live, found: Result<FoundPeople, AdminError>) -> Result<People, Failed> {
        let whole = self.0.organization.is_none();
        let (mut text, mut organization) = (self.field("q"), self.field("organization"));
        let mut role = self.field("role");
        let found = match found {
            Ok(found) => found,
            Err(AdminError::Store(error)) => return Err(error.into()),
            Err(error) => {
                let said = Some(error.to_string());
                match error {
                    AdminError::NoSuch { what: "organization", .. } if whole => organization.error = said,
                    AdminError::Invalid(NO_WORD) => text.error = said,
                    AdminError::NoSuch { what: "role", .. } | AdminError::Invalid(_) => role.error = said,
                    _ => text.error = said,
                }
                FoundPeople { users: Vec::new(), next: None }
            }
        };
        Ok(People {
            shell: self.0.people_shell(),
            base: self.0.path(BELOW),
            states: self.picks("state", "Any", STATES.iter().map(|(_, word, label)| (*word, (*label).to_owned()))),
            idps: self.idps(&live.catalogue),
            narrowed: ["q", "state", "idp", "organization", "role"]
                .iter()
                .any(|name| self.0.query.text(name).is_some()),
            rows: found.users.iter().map(|user| row(user, self.0, &live.catalogue)).collect(),
            next: found.next.map(|next| self.next(&next)),
            text,
            organization: whole.then_some(organization),
            role,
        })
    }

    fn field(&self, name: &str) -> Field {
        Field::of(self.0.query.typed(name))
    }

    fn picks<'a>(&self, name: &str, any: &str, offered: impl IntoIterator<Item = (&'a str, String)>) -> Vec<Pick> {
        let typed = self.0.query.typed(name);
        let pick = |(value, label): (&str, String)| Pick { value: value.to_owned(), label, chosen: value == typed };
        [("", any.to_owned())].into_iter().chain(offered).map(pick).collect()
    }

    fn idps(&self, catalogue: &Catalogue) -> Vec<Pick> {
        let within = self.0.organization.as_ref().map(|one| one.key);
        let offered = idp_names::offered(catalogue, within, self.0.query.typed("idp"));
        let offered = offered.iter().map(|idp| (idp.spec.id.as_str(), idp_names::label(catalogue, idp)));
        self.picks("idp", "Any", offered)
    }

    fn next(&self, next: &Place) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for name in ["q", "state", "idp", "organization", "role"] {
            if let Some(value) = self.0.query.text(name) {
                query.append_pair(name, value);
            }
        }
        query.append_pair("after", &next.to_string());
        format!("{}?{}", self.0.path(BELOW), query.finish())
    }
}

/// How it stands with somebody, for the page.
pub(super) fn standing(state: UserState) -> Standing {
    let kind = match state {
        UserState::Disabled => "disabled",
        UserState::Waiting => "waiting",
        UserState::WithoutOrganization => "without",
        UserState::Active => "active",
    };
    Standing { kind }
}

/// What people call somebody.
pub(super) fn name(user: &ListedUser) -> String {
    user.display_name.clone().unwrap_or_else(|| user.username.to_string())
}

fn row(user: &ListedUser, here: &Here, catalogue: &Catalogue) -> PersonRow {
    let mut places: Vec<PlaceRow> = Vec::new();
    let mut more = 0;
    for held in user.roles.chunk_by(|one, other| one.key == other.key) {
        let Some(first) = held.first() else { continue };
        if places.len() == SHOWN_PLACES {
            more += 1;
            continue;
        }
        let mut names: Vec<&str> = held.iter().map(|held| held.role.as_str()).collect();
        names.dedup();
        let called =
            || catalogue.organization(first.key).map_or_else(|| first.organization.to_string(), |o| o.name.clone());
        places.push(PlaceRow { organization: here.organization.is_none().then(called), roles: names.join(", ") });
    }
    let name = name(user);
    PersonRow {
        href: here.person(user.id),
        username: Some(user.username.to_string()).filter(|username| *username != name),
        name,
        email: user.email.clone(),
        standing: standing(user.state),
        server_admin: user.server_admin,
        places,
        more,
        last_sign_in: user.identities.iter().map(|identity| identity.last_sign_in_at).max().map(Into::into),
    }
}

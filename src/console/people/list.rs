//! People, found by words and filters.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use url::form_urlencoded;

use super::{Among, idp_label, offered_idps};
use crate::console::answer::{Answer, page};
use crate::console::failed::Failed;
use crate::console::guard::Visitor;
use crate::console::{Console, Live};
use crate::directory::{AdminError, FoundPeople, ListedUser, NO_WORD, Place, Sought, SoughtState, UserState};
use crate::identity::Catalogue;
use crate::pages::{Field, People, PersonRow, Pick, PlaceRow, Standing};
use crate::web::Fields;

/// People on one page: what fits a long look, and a request's time many times over.
const PAGE: u32 = 50;
/// Organizations shown of somebody in a list.
const SHOWN_PLACES: usize = 3;

const STATES: [(SoughtState, &str, &str); 3] = [
    (SoughtState::Waiting, "waiting", "Waiting for first sign-in"),
    (SoughtState::WithoutOrganization, "without", "Without organization"),
    (SoughtState::Disabled, "disabled", "Disabled"),
];

/// Everybody.
pub(in crate::console) async fn list(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Answer {
    let admin = console.server_admin(&visitor)?;
    let (live, asked) = (console.live(), Asked::read(query.as_deref())?);
    let found = match asked.sought() {
        Ok(sought) => admin.find_people(&live.catalogue, &sought, asked.after.as_ref(), PAGE).await,
        Err(error) => Err(error),
    };
    let shell = Among(None).shell(&console, &visitor, query.as_deref());
    Ok(page(console.web.pages.people(&asked.page(shell, &Among(None), &live, found)?)))
}

/// The people of an organization.
pub(in crate::console) async fn list_in(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(organization): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    let (organization, admin) = console.organization_admin(&visitor, &organization)?;
    let (live, asked) = (console.live(), Asked::read(query.as_deref())?);
    let found = match asked.sought() {
        Ok(sought) => admin.find_people(&live.catalogue, &sought, asked.after.as_ref(), PAGE).await,
        Err(error) => Err(error),
    };
    let among = Among(Some(organization));
    let shell = among.shell(&console, &visitor, query.as_deref());
    Ok(page(console.web.pages.people(&asked.page(shell, &among, &live, found)?)))
}

/// What the address asks for.
struct Asked {
    fields: Fields,
    after: Option<Place>,
}

impl Asked {
    fn read(query: Option<&str>) -> Result<Self, Failed> {
        let fields = Fields::parse(query.unwrap_or_default().as_bytes()).ok_or(Failed::BadRequest)?;
        let after = fields.text("after").map(str::parse).transpose().map_err(|_| Failed::BadRequest)?;
        Ok(Self { fields, after })
    }

    fn sought(&self) -> Result<Sought, AdminError> {
        let unknown = |what, name: &str| AdminError::NoSuch { what, name: name.to_owned(), available: Vec::new() };
        let state = self.fields.typed("state");
        Ok(Sought {
            text: self.fields.typed("q").to_owned(),
            idp: (self.fields.text("idp")).map(|id| id.parse().map_err(|_| unknown("IdP", id))).transpose()?,
            organization: (self.fields.text("organization"))
                .map(|id| id.parse().map_err(|_| unknown("organization", id)))
                .transpose()?,
            role: (self.fields.text("role")).map(|name| name.parse().map_err(|_| unknown("role", name))).transpose()?,
            state: STATES.iter().find(|(_, word, _)| *word == state).map(|(state, ..)| *state),
        })
    }

    fn page(
        &self,
        shell: crate::pages::Shell,
        among: &Among,
        live: &Live,
        found: Result<FoundPeople, AdminError>,
    ) -> Result<People, Failed> {
        let (mut text, mut organization) = (self.field("q"), self.field("organization"));
        let mut role = self.field("role");
        let found = match found {
            Ok(found) => found,
            Err(AdminError::Store(error)) => return Err(error.into()),
            Err(error) => {
                let said = Some(error.to_string());
                match error {
                    AdminError::NoSuch { what: "organization", .. } if among.0.is_none() => organization.error = said,
                    AdminError::Invalid(NO_WORD) => text.error = said,
                    AdminError::NoSuch { what: "role", .. } | AdminError::Invalid(_) => role.error = said,
                    _ => text.error = said,
                }
                FoundPeople { users: Vec::new(), next: None }
            }
        };
        Ok(People {
            shell,
            base: among.base(),
            states: self.picks("state", "Any", STATES.iter().map(|(_, word, label)| (*word, (*label).to_owned()))),
            idps: self.idps(&live.catalogue, among),
            narrowed: ["q", "state", "idp", "organization", "role"].iter().any(|name| self.fields.text(name).is_some()),
            rows: found.users.iter().map(|user| row(user, among, &live.catalogue)).collect(),
            next: found.next.map(|next| self.next(&among.base(), &next)),
            text,
            organization: among.0.is_none().then_some(organization),
            role,
        })
    }

    fn field(&self, name: &str) -> Field {
        Field::of(self.fields.typed(name))
    }

    fn picks<'a>(&self, name: &str, any: &str, offered: impl IntoIterator<Item = (&'a str, String)>) -> Vec<Pick> {
        let asked = self.fields.typed(name);
        let pick = |(value, label): (&str, String)| Pick { value: value.to_owned(), label, chosen: value == asked };
        [("", any.to_owned())].into_iter().chain(offered).map(pick).collect()
    }

    fn idps(&self, catalogue: &Catalogue, among: &Among) -> Vec<Pick> {
        let offered = offered_idps(catalogue, among.0.as_ref().map(|one| one.key), self.fields.typed("idp"));
        let offered = offered.iter().map(|idp| (idp.spec.id.as_str(), idp_label(catalogue, idp)));
        self.picks("idp", "Any", offered)
    }

    fn next(&self, base: &str, next: &Place) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for name in ["q", "state", "idp", "organization", "role"] {
            if let Some(value) = self.fields.text(name) {
                query.append_pair(name, value);
            }
        }
        query.append_pair("after", &next.to_string());
        format!("{base}?{}", query.finish())
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

fn row(user: &ListedUser, among: &Among, catalogue: &Catalogue) -> PersonRow {
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
        places.push(PlaceRow { organization: among.0.is_none().then(called), roles: names.join(", ") });
    }
    let name = name(user);
    PersonRow {
        href: format!("{}/{}", among.base(), user.id),
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

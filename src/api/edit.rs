//! A change of the catalogue: looked at before it is made, held to the state that was read, and meant where it is
//! dangerous.

use axum::response::Response;
use http::header::IF_NONE_MATCH;
use http::{HeaderMap, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Api;
use super::answer::{Answer, created, done, json, must_match, one};
use super::guard::Caller;
use super::refusal::Refusal;
use super::schema::Slug;
use crate::directory::{
    Admin, Approval, Danger, DangerKind, Difference, Edit, Expected, Foresight, IdentityChoice, Live, Terms,
};
use crate::identity::{IdpId, OrganizationId};

/// How often a change is made anew when something else changed meanwhile.
const ATTEMPTS: usize = 5;

/// What became of a change.
pub(super) enum Outcome {
    /// It was only looked at; this is told of it.
    Previewed(Response),
    /// Something is new.
    Created,
    /// Something is another, or gone.
    Changed,
}

impl Outcome {
    /// The answer: the thing as it is now, which stands at this path below the API's beginning.
    ///
    /// # Errors
    /// When it is gone already.
    pub(super) fn told<T: Serialize>(self, path: &str, now: impl FnOnce() -> Result<T, Refusal>) -> Answer {
        match self {
            Self::Previewed(preview) => Ok(preview),
            Self::Created => created(path, &now()?),
            Self::Changed => one(&now()?),
        }
    }

    /// The answer where nothing is left.
    pub(super) fn gone(self) -> Answer {
        match self {
            Self::Previewed(preview) => Ok(preview),
            Self::Created | Self::Changed => done(),
        }
    }
}

/// Whether the request says that what it writes is new (RFC 9110 13.1.2).
///
/// # Errors
/// When it says something else by that header: no state but none at all is to be excluded.
pub(super) fn is_new(headers: &HeaderMap) -> Result<bool, Refusal> {
    match headers.get(IF_NONE_MATCH) {
        None => Ok(false),
        Some(value) if value == "*" => Ok(true),
        Some(_) => Err(Refusal::Query("If-None-Match: only * is understood, for what is new".to_owned())),
    }
}

/// How a change is asked for.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangeQuery {
    /// Whether only to tell what it would do; nothing is changed then.
    #[serde(default)]
    preview: bool,
    /// The `version` of a preview: whatever changed since, the change is refused.
    version: Option<i64>,
    /// Whether organizations may be left without an admin.
    #[serde(default)]
    loss_of_admins: bool,
    /// Whether many users may lose roles.
    #[serde(default)]
    loss_of_roles: bool,
    /// What becomes of the identities of an IdP that may not be the same people any more.
    identities: Option<Choice>,
}

/// What becomes of identities.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Choice {
    /// They are the same people: the provider has another name.
    Keep,
    /// They go, with what their sign-ins gave and with their sessions.
    Forget,
}

/// What a change would do.
#[derive(Serialize, JsonSchema)]
pub(super) struct Preview {
    /// The version of the catalogue it was worked out on.
    version: i64,
    /// What differs.
    differences: Vec<Map<String, Value>>,
    /// Who gains and who loses what.
    impact: Map<String, Value>,
    /// What has to be meant.
    dangers: Vec<DangerTold>,
}

/// Something that has to be meant.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum DangerTold {
    /// Identities may be other people's than before, or go: say `identities`.
    Identities {
        #[schemars(with = "Slug")]
        idp: IdpId,
        /// What changes: `source`, `owner` or `removal`.
        change: &'static str,
        /// How many people.
        people: usize,
    },
    /// Organizations would be left without an admin: say `loss_of_admins`.
    LossOfAdmins {
        #[schemars(with = "Vec<Slug>")]
        organizations: Vec<OrganizationId>,
    },
    /// More than a tenth of all who hold a role would lose one, or more than ten thousand: say `loss_of_roles`.
    LossOfRoles {
        /// How many would lose one.
        losing: u64,
        /// How many hold one, counted up to a hundred thousand.
        of: u64,
    },
}

impl From<&Danger> for DangerTold {
    fn from(danger: &Danger) -> Self {
        match danger {
            Danger::Identities { idp, kind, people } => Self::Identities {
                idp: idp.clone(),
                change: match kind {
                    DangerKind::Source => "source",
                    DangerKind::Owner => "owner",
                    DangerKind::Removal => "removal",
                },
                people: *people,
            },
            Danger::LossOfAdmins { organizations } => Self::LossOfAdmins { organizations: organizations.clone() },
            Danger::LossOfRoles { losing, of } => Self::LossOfRoles { losing: *losing, of: *of },
        }
    }
}

impl From<Foresight> for Preview {
    fn from(foresight: Foresight) -> Self {
        let object = |value| if let Value::Object(told) = value { told } else { Map::new() };
        Self {
            version: foresight.version,
            differences: foresight.differences.iter().map(Difference::to_json).map(object).collect(),
            impact: object(foresight.impact.to_json()),
            dangers: foresight.dangers.iter().map(DangerTold::from).collect(),
        }
    }
}

impl ChangeQuery {
    /// Whether nothing shall be changed.
    pub(super) const fn only_preview(&self) -> bool {
        self.preview
    }

    fn approval(&self, idps: &[IdpId]) -> Approval {
        let choice = self.identities.map(|choice| match choice {
            Choice::Keep => IdentityChoice::Keep,
            Choice::Forget => IdentityChoice::Forget,
        });
        let identities = choice.into_iter().flat_map(|choice| idps.iter().map(move |idp| (idp.clone(), choice)));
        Approval {
            identities: identities.collect(),
            loss_of_admins: self.loss_of_admins,
            loss_of_roles: self.loss_of_roles,
        }
    }
}

impl Api {
    /// Who changes the catalogue in the organization of that id: a token that opens the server does as a server admin.
    ///
    /// # Errors
    /// When there is none, or none that the token opens.
    pub(super) fn editor(&self, caller: &Caller, live: &Live, id: &OrganizationId) -> Result<Admin<'_>, Refusal> {
        let admin = self.organization_admin(caller, live, id)?;
        Ok(self.server_admin(caller).map_or(Admin::Organization(admin), Admin::Server))
    }

    /// Makes a change, or tells what it would do.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(super) async fn make(
        &self,
        editor: Admin<'_>,
        edit: &Edit,
        query: &ChangeQuery,
        expected: Expected,
    ) -> Result<Outcome, Refusal> {
        if query.preview {
            let preview = json(StatusCode::OK, &Preview::from(editor.foresee(edit).await?))?;
            return Ok(Outcome::Previewed(preview));
        }
        let created = expected == Expected::Absent;
        let approval = query.approval(&self.concerned(edit));
        editor.edit(edit, &Terms { expected, approval, shown: query.version }).await?;
        self.current.refresh(&self.directory).await?;
        Ok(if created { Outcome::Created } else { Outcome::Changed })
    }

    /// The same of what the catalogue in memory shows, as `shown` tells it: what is made is made on exactly what
    /// `If-Match` means, and what is new with `If-None-Match: *` is.
    ///
    /// # Errors
    /// When it cannot be made, or was changed since it was read.
    pub(super) async fn make_on(
        &self,
        editor: Admin<'_>,
        edit: &Edit,
        query: &ChangeQuery,
        headers: &HeaderMap,
        shown: impl Fn(&Live) -> Result<Value, Refusal> + Send,
    ) -> Result<Outcome, Refusal> {
        let is_new = is_new(headers)?;
        for _ in 0..ATTEMPTS {
            let live = self.live();
            if query.preview {
                return self.make(editor, edit, query, Expected::Any).await;
            }
            if is_new {
                return self.make(editor, edit, query, Expected::Absent).await;
            }
            must_match(headers, &shown(&live)?)?;
            let version = query.version.or(Some(live.catalogue.version));
            let held = ChangeQuery { version, ..query.clone() };
            match self.make(editor, edit, &held, Expected::Any).await {
                // Something changed, perhaps something else.
                Err(Refusal::Changed) if query.version.is_none() => self.current.refresh(&self.directory).await?,
                made => return made,
            }
        }
        Err(Refusal::Changed)
    }

    /// The IdPs whose identities a change may concern.
    fn concerned(&self, edit: &Edit) -> Vec<IdpId> {
        match edit {
            Edit::Idp { spec, .. } => vec![spec.id.clone()],
            Edit::RemoveIdp(id) => vec![id.clone()],
            Edit::RemoveOrganization(id) => {
                let live = self.live();
                let owned = live.catalogue.idps.iter().filter(|idp| idp.spec.owner.as_ref() == Some(id));
                owned.map(|idp| idp.spec.id.clone()).collect()
            }
            _ => Vec::new(),
        }
    }
}

//! Users as they are sent and shown.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::api::ask::{Cursor, Limit};
use crate::api::schema::{Id, Instant, RoleText, Slug};
use crate::directory::{ListedIdentity, ListedRole, ListedUser, PersonSession, SoughtState, UserState, Who};
use crate::identity::{IdpId, OrganizationId, Origin, RoleName, SessionId, UserId};

/// A user.
#[derive(Serialize, JsonSchema)]
pub(in crate::api) struct User {
    #[schemars(with = "Id")]
    id: UserId,
    /// What applications call them; provisional while they wait for their first sign-in.
    username: String,
    /// The name people go by.
    name: Option<String>,
    /// The address last heard of.
    email: Option<String>,
    state: UserStanding,
    /// Whether they are a server admin.
    server_admin: bool,
    #[schemars(with = "Instant")]
    created_at: String,
    /// Where they sign in.
    identities: Vec<Identity>,
    /// Where and as whom they are waited for.
    awaited: Vec<Awaited>,
    /// The roles they hold, with who gave them.
    roles: Vec<Held>,
}

/// How it stands with a user.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum UserStanding {
    /// May not enter.
    Disabled,
    /// Has never signed in.
    Waiting,
    /// Signs in, and holds a role.
    Active,
    /// Signs in, and holds none.
    WithoutOrganization,
}

/// A user's account at an IdP.
#[derive(Serialize, JsonSchema)]
struct Identity {
    #[schemars(with = "Slug")]
    idp: IdpId,
    /// The key there.
    identifier: String,
    /// The address told there.
    email: Option<String>,
    /// Whether that IdP says that it is theirs.
    email_verified: bool,
    #[schemars(with = "Instant")]
    last_sign_in_at: String,
}

/// Somebody who has not signed in yet: one of `identifier` and `email` is there.
#[derive(Serialize, JsonSchema)]
struct Awaited {
    #[schemars(with = "Slug")]
    idp: IdpId,
    #[serde(skip_serializing_if = "Option::is_none")]
    identifier: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
}

/// A role that somebody holds.
#[derive(Serialize, JsonSchema)]
struct Held {
    #[schemars(with = "Slug")]
    organization: OrganizationId,
    #[schemars(with = "RoleText")]
    role: RoleName,
    origin: GivenBy,
    /// Present while it outlives a selector that failed: how long it counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Instant>")]
    kept_until: Option<String>,
}

/// Who gave a role.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum GivenBy {
    /// A person or a token. Only these are changed here.
    Manual,
    /// The policies, at a sign-in.
    Policy,
}

/// A session that may be ended.
#[derive(Serialize, JsonSchema)]
pub(in crate::api) struct Session {
    #[schemars(with = "Id")]
    id: SessionId,
    /// The IdP it was opened through.
    #[schemars(with = "Slug")]
    idp: IdpId,
    /// The sign-in.
    #[schemars(with = "Instant")]
    created_at: String,
    /// The last activity that is written down.
    #[schemars(with = "Instant")]
    last_seen_at: String,
}

/// The last sign-in of an identity, and what the policies of now make of it, organization by organization.
#[derive(Serialize, JsonSchema)]
#[serde(transparent)]
pub(in crate::api) struct SignIn(pub(super) Map<String, Value>);

impl From<ListedUser> for User {
    fn from(user: ListedUser) -> Self {
        let identity = |identity: ListedIdentity| Identity {
            idp: identity.idp,
            identifier: identity.identifier,
            email: identity.email,
            email_verified: identity.email_verified,
            last_sign_in_at: identity.last_sign_in_at.to_string(),
        };
        let awaited = |(idp, who)| match who {
            Who::Identifier(identifier) => Awaited { idp, identifier: Some(identifier), email: None },
            Who::Email(email) => Awaited { idp, identifier: None, email: Some(email) },
        };
        let held = |role: ListedRole| Held {
            organization: role.organization,
            role: role.role,
            origin: if role.origin == Origin::Manual { GivenBy::Manual } else { GivenBy::Policy },
            kept_until: role.kept_until.map(|until| until.to_string()),
        };
        Self {
            id: user.id,
            username: user.username.to_string(),
            name: user.display_name,
            email: user.email,
            state: match user.state {
                UserState::Disabled => UserStanding::Disabled,
                UserState::Waiting => UserStanding::Waiting,
                UserState::Active => UserStanding::Active,
                UserState::WithoutOrganization => UserStanding::WithoutOrganization,
            },
            server_admin: user.server_admin,
            created_at: user.created_at.to_string(),
            identities: user.identities.into_iter().map(identity).collect(),
            awaited: user.awaited.into_iter().map(awaited).collect(),
            roles: user.roles.into_iter().map(held).collect(),
        }
    }
}

impl From<PersonSession> for Session {
    fn from(session: PersonSession) -> Self {
        Self {
            id: session.id,
            idp: session.idp,
            created_at: session.created_at.to_string(),
            last_seen_at: session.last_seen_at.to_string(),
        }
    }
}

/// Which users.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct UserQuery {
    /// The beginnings of words of name, username or address.
    #[serde(default)]
    pub(super) q: String,
    /// Signs in there, or is awaited there.
    #[schemars(with = "Option<Slug>")]
    pub(super) idp: Option<IdpId>,
    /// Holds a role there.
    #[schemars(with = "Option<Slug>")]
    pub(super) organization: Option<OrganizationId>,
    /// Holds this role of that organization.
    #[schemars(with = "Option<RoleText>")]
    pub(super) role: Option<RoleName>,
    /// How it stands with them.
    pub(super) state: Option<StateFilter>,
    /// `next` of the page before.
    pub(super) cursor: Option<Cursor>,
    /// Most users on the page; one may hold fewer and still not be the last.
    pub(super) limit: Option<Limit>,
}

/// Which users of an organization.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct MemberQuery {
    /// The beginnings of words of name, username or address.
    #[serde(default)]
    pub(super) q: String,
    /// Signs in there, or is awaited there.
    #[schemars(with = "Option<Slug>")]
    pub(super) idp: Option<IdpId>,
    /// Holds this role.
    #[schemars(with = "Option<RoleText>")]
    pub(super) role: Option<RoleName>,
    /// How it stands with them.
    pub(super) state: Option<StateFilter>,
    /// `next` of the page before.
    pub(super) cursor: Option<Cursor>,
    /// Most users on the page; one may hold fewer and still not be the last.
    pub(super) limit: Option<Limit>,
}

/// How it stands with users that a list asks for.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum StateFilter {
    /// May not enter.
    Disabled,
    /// Has never signed in.
    Waiting,
    /// Signs in, and holds no role that counts.
    WithoutOrganization,
}

impl From<StateFilter> for SoughtState {
    fn from(state: StateFilter) -> Self {
        match state {
            StateFilter::Disabled => Self::Disabled,
            StateFilter::Waiting => Self::Waiting,
            StateFilter::WithoutOrganization => Self::WithoutOrganization,
        }
    }
}

/// A user to be made before their first sign-in: one of `identifier` and `email`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct UserToMake {
    /// The IdP they will sign in at.
    #[schemars(with = "Slug")]
    pub(super) idp: IdpId,
    /// The identity with exactly this identifier.
    pub(super) identifier: Option<String>,
    /// The first identity that shows this address as verified; case does not count.
    pub(super) email: Option<String>,
    /// The name people go by.
    pub(super) name: Option<String>,
    /// The roles they hold from the start.
    #[serde(default)]
    pub(super) roles: Vec<RoleToGive>,
}

/// The same in one organization.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct MemberToMake {
    /// The IdP they will sign in at.
    #[schemars(with = "Slug")]
    pub(super) idp: IdpId,
    /// The identity with exactly this identifier.
    pub(super) identifier: Option<String>,
    /// The first identity that shows this address as verified; case does not count.
    pub(super) email: Option<String>,
    /// The name people go by.
    pub(super) name: Option<String>,
    /// The roles they hold from the start; at least one.
    #[schemars(with = "Vec<RoleText>")]
    pub(super) roles: Vec<RoleName>,
}

/// A role of an organization.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RoleToGive {
    #[schemars(with = "Slug")]
    pub(super) organization: OrganizationId,
    #[schemars(with = "RoleText")]
    pub(super) role: RoleName,
}

/// What changes of a user.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct UserChange {
    /// Whether they may not enter.
    pub(super) disabled: bool,
}

/// The roles of one organization that somebody holds by hand.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct RolesByHand {
    /// These; none takes back what was given by hand. What sign-ins gave stays.
    #[schemars(with = "Vec<RoleText>")]
    pub(super) roles: Vec<RoleName>,
}

/// Into whom a user is merged.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct Merge {
    /// Who stays, with their name and username.
    #[schemars(with = "Id")]
    pub(super) into: UserId,
}

//! What is shown of users.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::api::schema::{Id, Instant, RoleText, Slug};
use crate::directory::{ListedIdentity, ListedRole, ListedUser, PersonSession, UserState, Who};
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

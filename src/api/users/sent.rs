//! What is sent about users: which are sought, and what shall become of them.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::api::ask::{Cursor, Limit};
use crate::api::schema::{Id, RoleText, Slug};
use crate::directory::SoughtState;
use crate::identity::{IdpId, OrganizationId, RoleName, UserId};

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

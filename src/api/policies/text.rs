//! Policies as they are sent and shown.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::api::schema::{Id, Instant, Slug};
use crate::directory::{Author, PolicyVersion};
use crate::identity::{IdpId, OrganizationId, PolicyId, Username};

/// A policy as it stands.
#[derive(Serialize, JsonSchema)]
pub(in crate::api) struct Policy {
    /// The IdP whose sign-ins it judges.
    #[schemars(with = "Slug")]
    pub(super) idp: IdpId,
    /// The organization it judges for; null: every one without its own.
    #[schemars(with = "Option<Slug>")]
    pub(super) organization: Option<OrganizationId>,
    /// The version in force; null: there is none, and the default policy judges.
    #[schemars(with = "Option<Id>")]
    pub(super) version: Option<PolicyId>,
    #[serde(flatten)]
    pub(super) text: PolicyText,
    /// Whether the configuration file declares it: then it is read-only here.
    pub(super) declared: bool,
}

/// A pair of selectors, each a JMESPath text; null falls back to the default policy's, and nothing matches nobody.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct PolicyText {
    /// Whether somebody is in the organization.
    pub(super) org: Option<String>,
    /// Which of its roles they hold there.
    pub(super) role: Option<String>,
}

/// A version of a policy.
#[derive(Serialize, JsonSchema)]
pub(in crate::api) struct Version {
    #[schemars(with = "Id")]
    id: PolicyId,
    #[serde(flatten)]
    text: PolicyText,
    /// When it came into force.
    #[schemars(with = "Instant")]
    since: String,
    /// When it ceased to be; null: it is in force.
    #[schemars(with = "Option<Instant>")]
    until: Option<String>,
    by: PutBy,
    /// The user who put it in force, or made the token that did, as far as the caller may know.
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    /// What the token is called that put it in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

/// Who put a version in force.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum PutBy {
    /// The configuration file.
    File,
    /// Whoever runs commands on the server.
    Operator,
    /// Whoever came in by a login link.
    BreakGlass,
    /// A user.
    User,
    /// A program, with a token.
    Token,
    /// Somebody who is gone, or whom the caller may not know.
    Somebody,
}

/// An organization's own policies.
#[derive(Serialize, JsonSchema)]
pub(in crate::api) struct PolicyLine {
    #[schemars(with = "Slug")]
    pub(super) idp: IdpId,
    #[serde(flatten)]
    pub(super) text: PolicyText,
}

/// Claims to be decided about.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct Claimed {
    /// What the ID token says.
    pub(super) id_token: Option<Map<String, Value>>,
    /// What userinfo says, if it was fetched.
    pub(super) userinfo: Option<Map<String, Value>>,
    /// Instead of claims: a user, of whom those of the last sign-in at this IdP count.
    #[schemars(with = "Option<String>")]
    pub(super) username: Option<Username>,
    /// The one organization to tell everything about; absent: those where there is something to tell.
    #[schemars(with = "Option<Slug>")]
    pub(super) organization: Option<OrganizationId>,
}

/// The same in one organization: of its users.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct ClaimedHere {
    /// What the ID token says.
    pub(super) id_token: Option<Map<String, Value>>,
    /// What userinfo says, if it was fetched.
    pub(super) userinfo: Option<Map<String, Value>>,
    /// Instead of claims: a user of the organization, of whom those of the last sign-in at this IdP count.
    #[schemars(with = "Option<String>")]
    pub(super) username: Option<Username>,
}

/// What was taken away.
#[derive(Serialize, JsonSchema)]
pub(in crate::api) struct Taken {
    /// How many grants.
    pub(super) grants: u64,
}

/// What the policies decide: for each organization a verdict, with its reason.
#[derive(Serialize, JsonSchema)]
pub(in crate::api) struct Decision {
    /// The version of the catalogue that decided.
    pub(super) version: i64,
    pub(super) verdicts: Vec<Map<String, Value>>,
}

impl From<crate::identity::PolicyText> for PolicyText {
    fn from(text: crate::identity::PolicyText) -> Self {
        Self { org: text.org, role: text.role }
    }
}

impl From<PolicyVersion> for Version {
    fn from(version: PolicyVersion) -> Self {
        let (by, username, token) = match version.by {
            Author::File => (PutBy::File, None, None),
            Author::Operator => (PutBy::Operator, None, None),
            Author::BreakGlass => (PutBy::BreakGlass, None, None),
            Author::User(username) => (PutBy::User, Some(username), None),
            Author::Token { name, maker } => (PutBy::Token, maker, Some(name)),
            Author::Somebody => (PutBy::Somebody, None, None),
        };
        Self {
            id: version.id,
            text: version.text.into(),
            since: version.at.to_string(),
            until: version.retired_at.map(|at| at.to_string()),
            by,
            username: username.map(|username| username.to_string()),
            token: token.map(|token| token.to_string()),
        }
    }
}

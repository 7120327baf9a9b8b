//! What an explanation holds.

use serde_json::Value;

use crate::base::Timestamp;
use crate::identity::{IdpId, OrganizationId, Origin, RoleName, UserId, Username};
use crate::policy::Verdict;

/// A user, what they hold, and what their sign-ins said.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// What the reference led to.
    pub event: Option<Event>,
    /// Whom it is about, if they have an account.
    pub user: Option<ExplainedUser>,
    /// The last sign-in of each of their identities, or the refused one.
    pub sign_ins: Vec<ExplainedSignIn>,
}

/// What a page told of.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its reference.
    pub reference: String,
    /// When; the first time, if it happened several times in a minute.
    pub at: Timestamp,
    /// What, such as `entry-denied`.
    pub action: String,
    /// Why.
    pub detail: Option<String>,
    /// How often.
    pub count: i64,
    /// The application that was refused, and its organization, if both are still there.
    pub application: Option<RefusedApplication>,
}

/// An application somebody was refused at.
#[derive(Clone, Debug, PartialEq)]
pub struct RefusedApplication {
    /// Its id.
    pub id: String,
    /// The organization that owns it.
    pub organization: OrganizationId,
    /// The roles that may enter.
    pub roles: Vec<RoleName>,
}

/// A user as an explanation shows them.
#[derive(Clone, Debug, PartialEq)]
pub struct ExplainedUser {
    /// The user.
    pub id: UserId,
    /// What applications call them.
    pub username: Username,
    /// Whether they may not sign in.
    pub disabled: bool,
    /// What they hold now, with who gave it.
    pub holds: Vec<Held>,
}

/// A role that somebody holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    /// The organization.
    pub organization: OrganizationId,
    /// The role.
    pub role: RoleName,
    /// Who gave it.
    pub origin: Origin,
    /// The IdP whose sign-ins gave it, if any did.
    pub idp: Option<IdpId>,
}

/// A sign-in, and what the policies of now make of it.
#[derive(Clone, Debug)]
pub struct ExplainedSignIn {
    /// The IdP.
    pub idp: IdpId,
    /// The key there.
    pub identifier: String,
    /// When.
    pub at: Timestamp,
    /// What its page showed, or would have.
    pub reference: String,
    /// Why it was refused.
    pub refused: Option<String>,
    /// Whether the configuration has changed since: then this is what it would give now.
    pub changed_since: bool,
    /// What it gave and failed at then, as it was recorded.
    pub recorded: Value,
    /// What it changed: roles taken away, and roles that came, by organization.
    pub change: Option<(Value, Value)>,
    /// What it would give now.
    pub now: Now,
}

/// What the policies of now make of a sign-in.
#[derive(Clone, Debug, PartialEq)]
pub enum Now {
    /// One verdict for every organization in reach.
    Decided(Vec<Verdict>),
    /// The IdP leaves provisioning to people: no policy runs.
    NotProvisioned,
    /// It cannot be known, and why.
    Unknown(String),
}

/// What a sign-in made of a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It came with this sign-in.
    Added,
    /// An earlier one had given it.
    Kept,
    /// It went with this sign-in.
    Revoked,
}

impl Fate {
    /// `added`, `kept` or `revoked`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Kept => "kept",
            Self::Revoked => "revoked",
        }
    }
}

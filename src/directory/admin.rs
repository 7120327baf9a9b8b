//! The handles: of whoever may do everything (server admins, and the command line), and of the admins of one
//! organization.

mod either;

pub use either::{Admin, PolicyPlace};

use super::{Directory, ListedUser, MergeError};
use crate::identity::{Actor, IdpId, OrganizationId, OrganizationKey, RoleName};
use crate::store::StoreError;

/// Names told to whoever named one that does not exist: more nobody reads.
const TOLD_NAMES: usize = 20;

/// Whom a user made beforehand is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// The identity with exactly this identifier.
    Identifier(String),
    /// The first identity that shows this address as verified; case does not count.
    Email(String),
}

/// A user to be made before their first sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewUser {
    /// The IdP they will sign in at.
    pub idp: IdpId,
    /// By what they will be known there.
    pub who: Who,
    /// The name people go by.
    pub name: Option<String>,
    /// The roles they hold from the start.
    pub roles: Vec<(OrganizationId, RoleName)>,
}

/// Why an admin's request was not done. Nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// There is no such IdP, organization or role.
    #[error("there is no {what} {name}; there {}", known(available))]
    NoSuch {
        /// What was named: IdP, organization, role.
        what: &'static str,
        /// The name.
        name: String,
        /// The names there are.
        available: Vec<String>,
    },
    /// The IdP belongs to an organization and cannot bring people into another.
    #[error("the IdP {idp} belongs to one organization: its people cannot be given roles of {organization}")]
    OutOfReach {
        /// The IdP.
        idp: IdpId,
        /// The other organization.
        organization: OrganizationId,
    },
    /// An identifier, address or name that can be none.
    #[error("{0}")]
    Invalid(&'static str),
    /// Nobody is known by that.
    #[error("there is no such user")]
    NoSuchUser,
    /// Admins keep themselves: whoever goes too far is stopped by another.
    #[error("you cannot do this to yourself: another admin can")]
    Yourself,
    /// The admin has lost the right to do it meanwhile.
    #[error("you may not do this any more: your rights have changed meanwhile")]
    NoLonger,
    /// The user is not as they were seen any more.
    #[error("the user has been changed meanwhile: look at them again")]
    Moved,
    /// More than one user is known by that.
    #[error("more than one user has this address: name one by identifier or by user id")]
    Ambiguous,
    /// Two users stay two.
    #[error(transparent)]
    Merge(#[from] MergeError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn known(names: &[String]) -> String {
    match names {
        [] => "is none".to_owned(),
        [one] => format!("is {one}"),
        many if many.len() <= TOLD_NAMES => format!("are {}", many.join(", ")),
        many => format!("are {} and {} more", many[..TOLD_NAMES].join(", "), many.len() - TOLD_NAMES),
    }
}

/// May do what concerns one organization, and knows nothing of any other. Made by [`Directory::organization_admin`], and
/// for server admins by [`ServerAdmin::organization`].
#[derive(Clone, Copy, Debug)]
pub struct OrganizationAdmin<'a> {
    pub(super) directory: &'a Directory,
    pub(super) actor: Actor,
    pub(super) organization: OrganizationKey,
    pub(super) seen: Option<&'a ListedUser>,
}

impl<'a> OrganizationAdmin<'a> {
    /// The organization.
    pub const fn organization(&self) -> OrganizationKey {
        self.organization
    }

    /// The same hands, that change a user only if they still are as they were seen, if they were.
    pub const fn on(self, seen: Option<&'a ListedUser>) -> Self {
        Self { seen, ..self }
    }
}

/// May do everything. Made by [`Directory::server_admin`].
#[derive(Clone, Copy, Debug)]
pub struct ServerAdmin<'a> {
    pub(super) directory: &'a Directory,
    pub(super) actor: Actor,
    pub(super) seen: Option<&'a ListedUser>,
}

impl<'a> ServerAdmin<'a> {
    pub(super) const fn new(directory: &'a Directory, actor: Actor) -> Self {
        Self { directory, actor, seen: None }
    }

    /// The same hands, that change a user only if they still are as they were seen, if they were.
    pub const fn on(self, seen: Option<&'a ListedUser>) -> Self {
        Self { seen, ..self }
    }

    /// The same hands for one organization alone: what is written for its admins serves server admins too.
    pub const fn organization(&self, organization: OrganizationKey) -> OrganizationAdmin<'a> {
        OrganizationAdmin { directory: self.directory, actor: self.actor, organization, seen: None }
    }
}

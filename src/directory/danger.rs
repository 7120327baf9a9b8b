//! Changes that are done only when an admin says that they are meant.

use std::collections::BTreeMap;
use std::fmt;

use crate::identity::{IdpId, OrganizationId};

/// What shall become of the people an IdP already vouched for, when they may not be the same people any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentityChoice {
    /// They are the same: from the same provider under another name, with the same identifiers.
    Keep,
    /// They are not: their identities there go, with what those gave, and with their sessions.
    Forget,
}

/// What an admin has said about dangerous changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Approval {
    /// What shall become of identities, by IdP.
    pub identities: BTreeMap<IdpId, IdentityChoice>,
    /// Organizations may be left without an admin.
    pub loss_of_admins: bool,
    /// Many users may lose roles.
    pub loss_of_roles: bool,
}

/// What makes a change of an IdP dangerous.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DangerKind {
    /// Its issuer or its identifier path changes.
    Source,
    /// The organization it belongs to changes.
    Owner,
    /// It goes.
    Removal,
}

/// A change that waits for an admin's word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Danger {
    /// Identities may be other people's than before.
    Identities {
        /// The IdP.
        idp: IdpId,
        /// What changes.
        kind: DangerKind,
        /// How many people have an identity there, or wait for one.
        people: usize,
    },
    /// Organizations would be left without an admin.
    LossOfAdmins {
        /// These; at least one.
        organizations: Vec<OrganizationId>,
    },
    /// More than [`MANY`] of all users who hold a role would lose one.
    LossOfRoles {
        /// How many would lose one.
        losing: u64,
        /// How many hold one, counted up to [`COUNTED`].
        of: u64,
    },
}

/// Holders are counted up to so many: whoever takes something from a tenth of these has to mean it too, however many there
/// are.
pub(super) const COUNTED: u64 = 100_000;

/// A share of all users: whoever loses more than a tenth at once has seldom meant it.
pub const MANY: u64 = 10;

impl fmt::Display for Danger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counted = |people: usize| if people == 1 { "1 person".to_owned() } else { format!("{people} people") };
        match self {
            Self::Identities { idp, kind: DangerKind::Source, people } => write!(
                f,
                "the issuer or identifier path of IdP {idp} changes, so that an identifier there may be somebody \
                 else's; this concerns {}: choose whether to keep or to forget their identities",
                counted(*people)
            ),
            Self::Identities { idp, kind: DangerKind::Owner, people } => write!(
                f,
                "the owner of IdP {idp} changes, and with it what its word is worth; this concerns {}: it can be done \
                 only by forgetting their identities there",
                counted(*people)
            ),
            Self::Identities { idp, kind: DangerKind::Removal, people } => write!(
                f,
                "with IdP {idp} go the identities of {}, what their sign-ins gave, and their sessions",
                counted(*people)
            ),
            Self::LossOfAdmins { organizations } => {
                let names: Vec<&str> = organizations.iter().map(OrganizationId::as_str).collect();
                write!(f, "nobody would be left to administer {}", names.join(", "))
            }
            Self::LossOfRoles { losing, of } if *of >= COUNTED => {
                write!(f, "{losing} of {of} or more users who hold a role would lose one")
            }
            Self::LossOfRoles { losing, of } => {
                write!(f, "{losing} of {of} users who hold a role would lose one, more than a tenth")
            }
        }
    }
}

impl Danger {
    /// Whether an admin has said that it is meant. Identities are told apart where they are settled.
    pub(super) const fn is_approved(&self, approval: &Approval) -> bool {
        match self {
            Self::Identities { .. } => false,
            Self::LossOfAdmins { .. } => approval.loss_of_admins,
            Self::LossOfRoles { .. } => approval.loss_of_roles,
        }
    }
}

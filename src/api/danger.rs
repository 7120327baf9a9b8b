//! What a change does that has to be meant, as it is told.

use schemars::JsonSchema;
use serde::Serialize;

use super::schema::Slug;
use crate::directory::{Danger, DangerKind};
use crate::identity::{IdpId, OrganizationId};

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

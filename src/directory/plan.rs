//! What a declaration changes, as a value: a pure function of what is stored and what is declared.

mod planner;
mod prune;

use std::collections::{HashMap, HashSet};

use super::danger::{Danger, DangerKind};
use super::secret::SealedSecret;
use crate::identity::{ApplicationKey, IdpId, IdpKey, OrganizationKey, PolicyId, RoleId};
use crate::store::declared::{self, ApplicationRow, IdpRow, OrganizationRow, PolicyRow, RoleRow};
use crate::store::forget::{self, Source};
use crate::store::{StoreError, Tx, client_secrets};

/// Everything that is stored of the catalogue.
#[derive(Debug, Default)]
pub(super) struct Stored {
    pub(super) organizations: Vec<OrganizationRow>,
    pub(super) roles: Vec<RoleRow>,
    pub(super) idps: Vec<IdpRow>,
    pub(super) policies: Vec<PolicyRow>,
    pub(super) applications: Vec<ApplicationRow>,
    pub(super) sources: Vec<Source>,
    /// The IdPs whose client secret was typed in the console.
    pub(super) secrets: HashSet<IdpKey>,
}

impl Stored {
    pub(super) async fn load(tx: &mut Tx) -> Result<Self, StoreError> {
        Ok(Self {
            organizations: declared::organizations(tx).await?,
            roles: declared::roles(tx).await?,
            idps: declared::idps(tx).await?,
            policies: declared::policies(tx).await?,
            applications: declared::applications(tx).await?,
            sources: forget::sources(tx).await?,
            secrets: client_secrets::holders(tx).await?,
        })
    }

    /// Whether the file has the say about an organization's policy at an IdP: it declares both, and does not leave it to
    /// the organization's admins.
    pub(super) fn declares_policy(&self, idp: &IdpRow, organization: OrganizationKey) -> bool {
        let declared = self.organizations.iter().any(|row| row.key == organization && row.declared);
        declared && idp.declared && !idp.delegates.contains(&organization)
    }
}

/// Why a declaration is not applied. Nothing of it is.
#[derive(Debug, thiserror::Error)]
pub enum DeclareError {
    /// It would make other people of those we know, and nobody has said what shall become of them.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Dangerous(Vec<Danger>),
    /// It refers to what it does not declare.
    #[error("{0} is referred to, but not declared")]
    Undeclared(String),
    /// The catalogue has changed since it was looked at.
    #[error("the configuration in the database has changed meanwhile: look again at what this one would do")]
    Moved,
    /// A defect of this program.
    #[error("{0}")]
    Internal(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What becomes of that which the file declares no longer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Gone {
    /// It is kept, of no effect, and comes back as it was.
    #[default]
    Kept,
    /// It is removed for good, and so is all that was kept before.
    Pruned,
}

/// Rows that go for good.
#[derive(Debug, Default)]
pub(super) struct Removed {
    pub(super) organizations: Vec<OrganizationKey>,
    pub(super) roles: Vec<RoleId>,
    pub(super) idps: Vec<IdpKey>,
    pub(super) applications: Vec<(ApplicationKey, OrganizationKey)>,
}

impl Removed {
    fn is_empty(&self) -> bool {
        self.organizations.is_empty() && self.roles.is_empty() && self.idps.is_empty() && self.applications.is_empty()
    }

    fn touches_people(&self) -> bool {
        !(self.organizations.is_empty() && self.roles.is_empty() && self.idps.is_empty())
    }
}

/// Of whom somebody who changes the catalogue may know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Audience {
    /// Everybody.
    #[default]
    Everybody,
    /// Those who hold something in that organization now, and of them what concerns it.
    Members(OrganizationKey),
}

/// The rows to write, and the changes that may make other people of those we know.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) organizations: Vec<OrganizationRow>,
    pub(super) roles: Vec<RoleRow>,
    pub(super) idps: Vec<IdpRow>,
    /// Client secrets that are new, or go.
    pub(super) secrets: Vec<(IdpKey, Option<SealedSecret>)>,
    pub(super) retired: Vec<PolicyId>,
    pub(super) policies: Vec<PolicyRow>,
    pub(super) applications: Vec<ApplicationRow>,
    pub(super) removed: Removed,
    pub(super) dangers: Vec<(IdpKey, IdpId, DangerKind)>,
    /// Of whom its maker is told when it is foreseen.
    pub(super) audience: Audience,
}

impl Plan {
    pub(super) fn is_empty(&self) -> bool {
        self.organizations.is_empty()
            && self.roles.is_empty()
            && self.idps.is_empty()
            && self.secrets.is_empty()
            && self.retired.is_empty()
            && self.policies.is_empty()
            && self.applications.is_empty()
            && self.removed.is_empty()
            && self.dangers.is_empty()
    }

    /// Whether it may change what anybody holds: applications, names and allotments alone do not.
    pub(super) fn touches_people(&self, stored: &Stored) -> bool {
        let stood: HashMap<OrganizationKey, bool> =
            stored.organizations.iter().map(|row| (row.key, row.live)).collect();
        !(self.organizations.iter().all(|row| stood.get(&row.key) == Some(&row.live))
            && self.roles.is_empty()
            && self.idps.is_empty()
            && self.retired.is_empty()
            && self.policies.is_empty())
            || self.removed.touches_people()
    }

    /// Whether the IdP's people would be others than before: under another issuer or path the same identifier is
    /// somebody else's, and under another owner so is the word of the IdP.
    pub(super) fn danger(&mut self, all: &Stored, stored: &IdpRow, row: &IdpRow) {
        let (issuer, path) = (row.spec.issuer.as_str(), row.spec.profile.identifier.as_str());
        let elsewhere =
            |source: &Source| source.idp == row.key && (source.issuer != issuer || source.identifier_path != path);
        let moved = stored.spec.issuer != row.spec.issuer
            || stored.spec.profile.identifier != path
            || all.sources.iter().any(elsewhere);
        if stored.owner != row.owner {
            self.dangers.push((row.key, row.spec.id.clone(), DangerKind::Owner));
        } else if moved {
            self.dangers.push((row.key, row.spec.id.clone(), DangerKind::Source));
        }
    }
}

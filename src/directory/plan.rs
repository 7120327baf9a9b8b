//! What a declaration changes, as a value: a pure function of what is stored and what is declared.

mod prune;

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::danger::DangerKind;
use super::declare::DeclareError;
use super::secret::SealedSecret;
use crate::base::Addresses;
use crate::identity::{
    ApplicationKey, Ceiling, Declaration, IdpId, IdpKey, IdpSpec, OrganizationId, OrganizationKey, OrganizationSpec,
    PolicyId, PolicyText, RoleId,
};
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

    /// What `declaration` changes of what is `stored`; new rows get keys from `key`.
    pub(super) fn new(
        stored: &Stored,
        declaration: &Declaration,
        key: impl FnMut() -> Uuid,
    ) -> Result<Self, DeclareError> {
        let mut planner =
            Planner { stored, plan: Self::default(), key, organizations: HashMap::new(), idps: Vec::new() };
        for spec in &declaration.organizations {
            planner.organization(spec);
        }
        for spec in &declaration.idps {
            planner.idp(spec)?;
        }
        for spec in &declaration.organizations {
            planner.policies(spec)?;
        }
        planner.applications(declaration)?;
        planner.gone(declaration);
        Ok(planner.plan)
    }
}

struct Planner<'a, K> {
    stored: &'a Stored,
    plan: Plan,
    key: K,
    organizations: HashMap<&'a OrganizationId, OrganizationKey>,
    idps: Vec<(IdpKey, &'a IdpSpec)>,
}

impl<'a, K: FnMut() -> Uuid> Planner<'a, K> {
    fn organization(&mut self, spec: &'a OrganizationSpec) {
        let stored = self.stored.organizations.iter().find(|row| row.id == spec.id);
        let key = stored.map_or_else(|| OrganizationKey::new((self.key)()), |row| row.key);
        self.organizations.insert(&spec.id, key);
        let row = OrganizationRow {
            key,
            id: spec.id.clone(),
            name: spec.name.clone(),
            allotment: spec.allotment.clone(),
            declared: true,
            live: true,
        };
        if stored != Some(&row) {
            self.plan.organizations.push(row);
        }
        for name in &spec.roles {
            let stored = self.stored.roles.iter().find(|row| row.organization == key && row.name == *name);
            let id = stored.map_or_else(|| RoleId::new((self.key)()), |row| row.id);
            let admin = spec.admin_roles.contains(name);
            let row = RoleRow { id, organization: key, name: name.clone(), admin, live: true };
            if stored != Some(&row) {
                self.plan.roles.push(row);
            }
        }
        let gone = |row: &&RoleRow| row.organization == key && row.live && !spec.roles.contains(&row.name);
        self.plan.roles.extend(self.stored.roles.iter().filter(gone).map(|row| RoleRow { live: false, ..row.clone() }));
    }

    fn idp(&mut self, spec: &'a IdpSpec) -> Result<(), DeclareError> {
        let stored = self.stored.idps.iter().find(|row| row.spec.id == spec.id);
        let key = stored.map_or_else(|| IdpKey::new((self.key)()), |row| row.key);
        self.idps.push((key, spec));
        let owner = spec.owner.as_ref().map(|id| self.organization_key(id)).transpose()?;
        let delegates = spec.delegate_to.iter().map(|id| self.organization_key(id)).collect::<Result<_, _>>()?;
        // Who writes the file runs this server.
        let addresses = Addresses::Any;
        let row = IdpRow { key, owner, delegates, addresses, spec: spec.clone(), declared: true, live: true };
        if let Some(stored) = stored {
            self.plan.danger(self.stored, stored, &row);
        }
        if stored != Some(&row) {
            self.plan.idps.push(row);
        }
        // The file has its own, or none.
        self.plan.secrets.extend(self.stored.secrets.contains(&key).then_some((key, None)));
        self.policy(key, None, &spec.default_policy);
        Ok(())
    }

    fn policies(&mut self, spec: &OrganizationSpec) -> Result<(), DeclareError> {
        let organization = self.organization_key(&spec.id)?;
        let mut idps = Vec::with_capacity(spec.policies.len());
        for policy in &spec.policies {
            let unknown = || DeclareError::Undeclared(format!("the IdP {}", policy.idp));
            let (idp, _) = *self.idps.iter().find(|(_, idp)| idp.id == policy.idp).ok_or_else(unknown)?;
            idps.push(idp);
            self.policy(idp, Some(organization), &policy.text);
        }
        // What the file had, and what it has now. The rest is for the organization's admins to say.
        let had = |row: &PolicyRow| {
            let idp = self.stored.idps.iter().find(|idp| idp.key == row.idp);
            idp.is_some_and(|idp| self.stored.declares_policy(idp, organization))
        };
        let has =
            |row: &PolicyRow| self.idps.iter().any(|(key, idp)| *key == row.idp && !idp.delegate_to.contains(&spec.id));
        let own = self.stored.policies.iter().filter(|row| row.organization == Some(organization));
        let gone = own.filter(|row| !idps.contains(&row.idp) && (had(row) || has(row)));
        self.plan.retired.extend(gone.map(|row| row.id));
        Ok(())
    }

    /// A changed text is a new version; versions that were in force once never change.
    fn policy(&mut self, idp: IdpKey, organization: Option<OrganizationKey>, text: &PolicyText) {
        let stored = self.stored.policies.iter().find(|row| row.idp == idp && row.organization == organization);
        if stored.is_some_and(|row| row.text == *text && row.ceiling == Ceiling::None) {
            return;
        }
        self.plan.retired.extend(stored.map(|row| row.id));
        let id = PolicyId::new((self.key)());
        self.plan.policies.push(PolicyRow { id, idp, organization, text: text.clone(), ceiling: Ceiling::None });
    }

    fn applications(&mut self, declaration: &Declaration) -> Result<(), DeclareError> {
        for spec in &declaration.applications {
            let stored = self.stored.applications.iter().find(|row| row.spec.id == spec.id);
            let key = stored.map_or_else(|| ApplicationKey::new((self.key)()), |row| row.key);
            let organization = self.organization_key(&spec.organization)?;
            let row = ApplicationRow { key, organization, spec: spec.clone(), declared: true, live: true };
            if stored != Some(&row) {
                self.plan.applications.push(row);
            }
        }
        Ok(())
    }

    /// What was declared and is no more: kept, but of no effect. What was made by hand is none of the file's business.
    fn gone(&mut self, declaration: &Declaration) {
        for row in self.stored.organizations.iter().filter(|row| row.declared && row.live) {
            if !declaration.organizations.iter().any(|spec| spec.id == row.id) {
                self.plan.organizations.push(OrganizationRow { live: false, ..row.clone() });
            }
        }
        for row in self.stored.idps.iter().filter(|row| row.declared && row.live) {
            if !declaration.idps.iter().any(|spec| spec.id == row.spec.id) {
                self.plan.idps.push(IdpRow { live: false, ..row.clone() });
            }
        }
        for row in self.stored.applications.iter().filter(|row| row.declared && row.live) {
            if !declaration.applications.iter().any(|spec| spec.id == row.spec.id) {
                self.plan.applications.push(ApplicationRow { live: false, ..row.clone() });
            }
        }
    }

    fn organization_key(&self, id: &OrganizationId) -> Result<OrganizationKey, DeclareError> {
        let unknown = || DeclareError::Undeclared(format!("the organization {id}"));
        self.organizations.get(id).copied().ok_or_else(unknown)
    }
}

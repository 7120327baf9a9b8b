//! The comparison that makes a plan, in the order of the file.

use std::collections::HashMap;

use super::{DeclareError, Gone, Plan, Stored};
use crate::base::{Addresses, Ambient};
use crate::identity::{
    ApplicationKey, Ceiling, Declaration, IdpKey, IdpSpec, OrganizationId, OrganizationKey, OrganizationSpec, PolicyId,
    PolicyText, RoleId,
};
use crate::store::declared::{ApplicationRow, IdpRow, OrganizationRow, PolicyRow, RoleRow};

impl Plan {
    /// What `declaration` changes of what is `stored`. New rows get keys from `ambient`.
    pub(in crate::directory) fn of(
        stored: &Stored,
        declaration: &Declaration,
        gone: Gone,
        ambient: &Ambient,
    ) -> Result<Self, DeclareError> {
        let mut planner =
            Planner { stored, plan: Self::default(), ambient, organizations: HashMap::new(), idps: Vec::new() };
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
        let mut plan = planner.plan;
        if gone == Gone::Pruned {
            plan.prune(stored);
        }
        Ok(plan)
    }
}

struct Planner<'a> {
    stored: &'a Stored,
    plan: Plan,
    ambient: &'a Ambient,
    organizations: HashMap<&'a OrganizationId, OrganizationKey>,
    idps: Vec<(IdpKey, &'a IdpSpec)>,
}

impl<'a> Planner<'a> {
    fn organization(&mut self, spec: &'a OrganizationSpec) {
        let stored = self.stored.organizations.iter().find(|row| row.id == spec.id);
        let key = stored.map_or_else(|| OrganizationKey::new(self.ambient.uuid()), |row| row.key);
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
            let id = stored.map_or_else(|| RoleId::new(self.ambient.uuid()), |row| row.id);
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
        let key = stored.map_or_else(|| IdpKey::new(self.ambient.uuid()), |row| row.key);
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
        let id = PolicyId::new(self.ambient.uuid());
        self.plan.policies.push(PolicyRow { id, idp, organization, text: text.clone(), ceiling: Ceiling::None });
    }

    fn applications(&mut self, declaration: &Declaration) -> Result<(), DeclareError> {
        for spec in &declaration.applications {
            let stored = self.stored.applications.iter().find(|row| row.spec.id == spec.id);
            let key = stored.map_or_else(|| ApplicationKey::new(self.ambient.uuid()), |row| row.key);
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

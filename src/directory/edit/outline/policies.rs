//! What becomes of a policy: whose it is to change, what it may ask for, and the most it may give.

use uuid::Uuid;

use super::Outline;
use crate::directory::edit::{EditError, Reach, Revision};
use crate::identity::{Ceiling, IdpId, IdpKey, OrganizationId, OrganizationKey, PolicyId, PolicyText, Sight};
use crate::policy;
use crate::store::declared::{IdpRow, PolicyRow};

impl<K: FnMut() -> Uuid> Outline<'_, K> {
    pub(super) fn policy(
        &mut self,
        idp: &IdpId,
        organization: Option<&OrganizationId>,
        text: Option<&PolicyText>,
    ) -> Result<(), EditError> {
        let what = || match organization {
            Some(organization) => format!("the policy of {organization} at {idp}"),
            None => format!("the default policy of {idp}"),
        };
        let row = self.find_idp(idp)?;
        let (idp, owner, written) = (row.key, row.owner, row);
        let key = organization.map(|id| self.live_organization(id)).transpose()?;
        let reach = match (key, owner) {
            (None, None) => Reach::Server,
            // At an IdP of one organization there is nobody else to judge for.
            (None, Some(owner)) => Reach::Organization(owner),
            (Some(key), Some(owner)) if key != owner => return Err(EditError::OutOfReach(what())),
            (Some(key), Some(_)) => Reach::Organization(key),
            (Some(key), None) => {
                if row.delegates.contains(&key) {
                    Reach::Organization(key)
                } else {
                    Reach::Server
                }
            }
        };
        self.needs(reach, what)?;
        let declared = key.map_or(row.declared, |key| self.stored.declares_policy(row, key));
        let stored = self.stored.policies.iter().find(|row| row.idp == idp && row.organization == key);
        self.fits(stored.map(|row| Revision::of_policy(row.id)), declared, what)?;
        match (text, key) {
            (Some(text), _) => {
                self.check(written, text)?;
                self.version(idp, key, text, &self.ceiling());
                if key.is_none() && written.spec.default_policy != *text {
                    let mut row = written.clone();
                    row.spec.default_policy = text.clone();
                    self.plan.idps.push(row);
                }
            }
            (None, Some(_)) => self.plan.retired.extend(stored.map(|row| row.id)),
            (None, None) => return Err(EditError::Invalid("an IdP always has a default policy".to_owned())),
        }
        Ok(())
    }

    /// Whether both are selectors, of claims that their author may ask for.
    pub(super) fn check(&self, idp: &IdpRow, text: &PolicyText) -> Result<(), EditError> {
        let sight = match self.reach {
            Reach::Server => Sight::All,
            Reach::Organization(organization) if idp.owner == Some(organization) => Sight::All,
            Reach::Organization(_) => Sight::Claims(&idp.spec.delegated_claims),
        };
        for (name, text) in [("org", &text.org), ("role", &text.role)] {
            let Some(text) = text else { continue };
            let invalid = |why: String| EditError::Invalid(format!("the {name} selector: {why}"));
            policy::check_selector(text).map_err(|error| invalid(error.to_string()))?;
            policy::check_reads(text, sight).map_err(|error| invalid(error.to_string()))?;
        }
        Ok(())
    }

    /// The most that whoever acts may give.
    pub(super) fn ceiling(&self) -> Ceiling {
        match self.reach {
            Reach::Server => Ceiling::None,
            Reach::Organization(organization) => {
                let live = self.roles_of(organization).into_iter().filter(|role| role.live);
                Ceiling::Roles(live.map(|role| role.id).collect())
            }
        }
    }

    /// A changed text is a new version; versions that were in force once never change.
    pub(super) fn version(
        &mut self,
        idp: IdpKey,
        organization: Option<OrganizationKey>,
        text: &PolicyText,
        ceiling: &Ceiling,
    ) {
        let stored = self.stored.policies.iter().find(|row| row.idp == idp && row.organization == organization);
        if stored.is_some_and(|row| row.text == *text && row.ceiling == *ceiling) {
            return;
        }
        self.plan.retired.extend(stored.map(|row| row.id));
        let id = PolicyId::new((self.key)());
        self.plan.policies.push(PolicyRow { id, idp, organization, text: text.clone(), ceiling: ceiling.clone() });
    }
}

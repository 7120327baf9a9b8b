//! The place a policy stands in, and whoever writes it.

use std::sync::Arc;

use crate::base::Timestamp;
use crate::console::failed::Failed;
use crate::console::here::Here;
use crate::console::shell::{Corner, Place};
use crate::directory::{Admin, Live, PolicyPlace, PolicyVersion, RecallError, Recalled, StandingPolicy, StoreError};
use crate::identity::{Ceiling, Idp, IdpId, Organization, OrganizationKey, PolicyId, RoleName, Sight, Username};
use crate::pages::{IdlePolicy, Shell};
use crate::web;

/// One policy on the desk of whoever may write it.
pub(super) struct Desk<'a> {
    pub(super) here: &'a Here,
    /// Who changes it.
    pub(super) editor: Admin<'a>,
    /// What is live.
    pub(super) live: Arc<Live>,
    /// The provider whose sign-ins it judges.
    pub(super) idp: Idp,
    /// The organization it judges for; absent: it is the default policy.
    pub(super) organization: Option<&'a Organization>,
}

impl<'a> Desk<'a> {
    /// The policy that the address names: the default policy of a provider, or an organization's own. Its admins write
    /// theirs where the provider is theirs or was opened to them; elsewhere there is none for them.
    pub(super) fn at(here: &'a Here) -> Result<Self, Failed> {
        let (id, live) = (here.named::<IdpId>("idp")?, here.console.live());
        let idp = live.catalogue.idp_by_id(&id).cloned().ok_or(Failed::NotFound)?;
        let (editor, organization) = (here.editor(), here.organization.as_ref());
        let may_write = organization.is_none_or(|organization| match editor {
            Admin::Server(_) => idp.owner.is_none_or(|owner| owner == organization.key),
            Admin::Organization(_) => idp.sight(organization.key) != Sight::Nothing,
        });
        if may_write { Ok(Self { here, editor, live, idp, organization }) } else { Err(Failed::NotFound) }
    }

    pub(super) fn key(&self) -> Option<OrganizationKey> {
        self.organization.map(|organization| organization.key)
    }

    fn place(&self) -> PolicyPlace {
        (self.idp.key, self.key())
    }

    /// Where it is.
    pub(super) fn path(&self) -> String {
        let id = &self.idp.spec.id;
        match self.organization {
            None => self.here.path(&format!("/idps/{id}/policy")),
            Some(_) => self.here.path(&format!("/policies/{id}")),
        }
    }

    /// What it is called.
    pub(super) fn title(&self) -> String {
        match self.organization {
            None => format!("Default policy of {}", self.idp.spec.name),
            Some(organization) => format!("Policy of {} at {}", organization.name, self.idp.spec.name),
        }
    }

    /// Why it gives nothing for now, if its provider lets no policy run, and where that is changed by those who may.
    pub(super) fn idle(&self) -> Option<IdlePolicy> {
        let may_change = self.editor.is_of_server() || (self.idp.owner.is_some() && self.idp.owner == self.key());
        (!self.idp.spec.auto_provision).then(|| IdlePolicy {
            provider: self.idp.spec.name.clone(),
            href: may_change.then(|| web::idp_page(&self.live.catalogue, &self.idp)),
        })
    }

    pub(super) fn shell(&self) -> Shell {
        self.here.shell(Place::Idps, Corner::Policies)
    }

    /// What its author may ask for.
    pub(super) fn sight(&self) -> Sight<'_> {
        self.seen_by().map_or(Sight::All, |key| self.idp.sight(key))
    }

    /// The organization of an author who administers nothing else.
    pub(super) fn seen_by(&self) -> Option<OrganizationKey> {
        self.key().filter(|_| !self.editor.is_of_server())
    }

    /// The most its author may give.
    pub(super) fn ceiling(&self) -> Ceiling {
        match (self.editor, self.organization) {
            (Admin::Organization(_), Some(organization)) => {
                Ceiling::Roles(organization.roles.iter().map(|role| role.id).collect())
            }
            _ => Ceiling::None,
        }
    }

    /// The organizations it decides about, with their roles.
    pub(super) fn judged(&self) -> Vec<(&Organization, Vec<RoleName>)> {
        let organizations: Vec<&Organization> = match (self.organization, self.idp.owner) {
            (Some(organization), _) => vec![organization],
            (None, owner) => {
                let all = self.live.catalogue.organizations.iter();
                all.filter(|one| owner.is_none_or(|owner| owner == one.key)).collect()
            }
        };
        let roles = |organization: &Organization| organization.roles.iter().map(|role| role.name.clone()).collect();
        organizations.into_iter().map(|organization| (organization, roles(organization))).collect()
    }

    /// The policy as it stands.
    pub(super) async fn standing(&self) -> Result<StandingPolicy, Failed> {
        self.editor.standing_policy(self.place()).await?.ok_or(Failed::NotFound)
    }

    /// Its versions, the last first.
    pub(super) async fn versions(
        &self,
        before: Option<(Timestamp, PolicyId)>,
        limit: u32,
    ) -> Result<Vec<PolicyVersion>, StoreError> {
        self.editor.policy_versions(self.place(), before, limit).await
    }

    /// One of them.
    pub(super) async fn version(&self, id: PolicyId) -> Result<PolicyVersion, Failed> {
        self.editor.policy_version(self.place(), id).await?.ok_or(Failed::NotFound)
    }

    /// What a known person's last sign-in said.
    pub(super) async fn recall(&self, username: &Username) -> Result<Recalled, RecallError> {
        self.editor.recall(&self.idp, username).await
    }

    /// Takes at once what it no longer gives.
    pub(super) async fn apply_losses(&self) -> Result<u64, StoreError> {
        self.editor.apply_losses_of(self.place()).await
    }
}

//! The place a policy stands in, and the hands of whoever writes it.

use std::sync::Arc;

use crate::base::Timestamp;
use crate::console::failed::Failed;
use crate::console::guard::Visitor;
use crate::console::propose::Hands;
use crate::console::shell::{Corner, Place};
use crate::console::{Console, idps};
use crate::directory::{Live, PolicyVersion, RecallError, Recalled, StandingPolicy, StoreError};
use crate::identity::{Ceiling, Idp, IdpKey, Organization, OrganizationKey, PolicyId, RoleName, Sight, Username};
use crate::pages::{IdlePolicy, Shell};
use crate::web::Web;

/// One policy on the desk of whoever may write it.
pub(super) struct Desk<'a> {
    console: &'a Console,
    visitor: &'a Visitor,
    /// Whose hands.
    pub(super) hands: Hands<'a>,
    /// What is live.
    pub(super) live: Arc<Live>,
    /// The provider whose sign-ins it judges.
    pub(super) idp: Idp,
    /// The organization it judges for; absent: it is the default policy.
    pub(super) organization: Option<Organization>,
}

impl<'a> Desk<'a> {
    /// The default policy of a provider, for server admins.
    pub(super) fn of_idp(console: &'a Console, visitor: &'a Visitor, idp: &str) -> Result<Self, Failed> {
        let hands = Hands::Server(console.server_admin(visitor)?);
        let live = console.live();
        let idp = find(&live, idp)?;
        Ok(Self { console, visitor, hands, live, idp, organization: None })
    }

    /// An organization's own policy. Its admins write it where the provider is theirs or was opened to them; elsewhere
    /// there is none for them.
    pub(super) fn of_organization(
        console: &'a Console,
        visitor: &'a Visitor,
        organization: &str,
        idp: &str,
    ) -> Result<Self, Failed> {
        let (organization, admin) = console.organization_admin(visitor, organization)?;
        let live = console.live();
        let idp = find(&live, idp)?;
        let hands = match console.server_admin(visitor) {
            Ok(admin) if idp.owner.is_none_or(|owner| owner == organization.key) => Hands::Server(admin),
            Err(_) if idp.sight(organization.key) != Sight::Nothing => Hands::Organization(admin),
            _ => return Err(Failed::NotFound),
        };
        Ok(Self { console, visitor, hands, live, idp, organization: Some(organization) })
    }

    pub(super) fn key(&self) -> Option<OrganizationKey> {
        self.organization.as_ref().map(|organization| organization.key)
    }

    fn place(&self) -> (IdpKey, Option<OrganizationKey>) {
        (self.idp.key, self.key())
    }

    /// Where it is.
    pub(super) fn path(&self) -> String {
        match &self.organization {
            None => format!("/console/idps/{}/policy", self.idp.spec.id),
            Some(organization) => format!("/console/organizations/{}/policies/{}", organization.id, self.idp.spec.id),
        }
    }

    /// What it is called.
    pub(super) fn title(&self) -> String {
        match &self.organization {
            None => format!("Default policy of {}", self.idp.spec.name),
            Some(organization) => format!("Policy of {} at {}", organization.name, self.idp.spec.name),
        }
    }

    /// Why it gives nothing for now, if its provider lets no policy run, and where that is changed by those who may.
    pub(super) fn idle(&self) -> Option<IdlePolicy> {
        let may_change =
            matches!(self.hands, Hands::Server(_)) || (self.idp.owner.is_some() && self.idp.owner == self.key());
        (!self.idp.spec.auto_provision).then(|| IdlePolicy {
            provider: self.idp.spec.name.clone(),
            href: may_change.then(|| idps::place_of(&self.live.catalogue, &self.idp)),
        })
    }

    pub(super) fn shell(&self, query: Option<&str>) -> Shell {
        match &self.organization {
            None => self.console.shell(self.visitor, Place::Idps, query),
            Some(organization) => self.console.shell_of(self.visitor, organization, Corner::Policies, query),
        }
    }

    /// What its author may ask for.
    pub(super) fn sight(&self) -> Sight<'_> {
        self.seen_by().map_or(Sight::All, |key| self.idp.sight(key))
    }

    /// The organization of an author who administers nothing else.
    pub(super) fn seen_by(&self) -> Option<OrganizationKey> {
        self.key().filter(|_| matches!(self.hands, Hands::Organization(_)))
    }

    pub(super) fn web(&self) -> &Web {
        &self.console.web
    }

    /// The most its author may give.
    pub(super) fn ceiling(&self) -> Ceiling {
        match (&self.hands, &self.organization) {
            (Hands::Organization(_), Some(organization)) => {
                Ceiling::Roles(organization.roles.iter().map(|role| role.id).collect())
            }
            _ => Ceiling::None,
        }
    }

    /// The organizations it is asked for, with their roles.
    pub(super) fn asked(&self) -> Vec<(&Organization, Vec<RoleName>)> {
        let organizations: Vec<&Organization> = match (&self.organization, self.idp.owner) {
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
        let standing = match &self.hands {
            Hands::Server(admin) => admin.standing_policy(self.place()).await?,
            Hands::Organization(admin) => admin.standing_policy(self.idp.key).await?,
        };
        standing.ok_or(Failed::NotFound)
    }

    /// Its versions, the last first.
    pub(super) async fn versions(
        &self,
        before: Option<(Timestamp, PolicyId)>,
        limit: u32,
    ) -> Result<Vec<PolicyVersion>, StoreError> {
        match &self.hands {
            Hands::Server(admin) => admin.policy_versions(self.place(), before, limit).await,
            Hands::Organization(admin) => admin.policy_versions(self.idp.key, before, limit).await,
        }
    }

    /// One of them.
    pub(super) async fn version(&self, id: &str) -> Result<PolicyVersion, Failed> {
        let id = id.parse().map_err(|_| Failed::NotFound)?;
        let version = match &self.hands {
            Hands::Server(admin) => admin.policy_version(self.place(), id).await?,
            Hands::Organization(admin) => admin.policy_version(self.idp.key, id).await?,
        };
        version.ok_or(Failed::NotFound)
    }

    /// What a known person's last sign-in said.
    pub(super) async fn recall(&self, username: &Username) -> Result<Recalled, RecallError> {
        match &self.hands {
            Hands::Server(admin) => admin.recall(&self.idp, username).await,
            Hands::Organization(admin) => admin.recall(&self.idp, username).await,
        }
    }

    /// Takes at once what it no longer gives.
    pub(super) async fn apply_losses(&self) -> Result<u64, StoreError> {
        match &self.hands {
            Hands::Server(admin) => admin.apply_losses_of(self.place()).await,
            Hands::Organization(admin) => admin.apply_losses_of(self.idp.key).await,
        }
    }
}

fn find(live: &Live, id: &str) -> Result<Idp, Failed> {
    let idp = live.catalogue.idps.iter().find(|idp| idp.spec.id.as_str() == id);
    idp.cloned().ok_or(Failed::NotFound)
}

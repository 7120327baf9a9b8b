//! Whose IdPs a page is about: the server's, or an organization's own. One set of pages serves both.

use serde::Deserialize;

use crate::base::Addresses;
use crate::console::Console;
use crate::console::failed::Failed;
use crate::console::guard::Visitor;
use crate::console::propose::Hands;
use crate::console::shell::{Corner, Place};
use crate::directory::{IdpSummary, ManagedIdp, OrganizationAdmin, ServerAdmin, StoreError};
use crate::identity::{IdpId, Organization, OrganizationId};
use crate::pages::Shell;

/// What the address names.
#[derive(Debug, Deserialize)]
pub(in crate::console) struct Named {
    organization: Option<String>,
    idp: Option<String>,
}

/// Whose IdPs, and the hands for them.
pub(super) struct Scope<'a> {
    reads: Reads<'a>,
    /// What changes them. Whoever administers the server does so below an organization too.
    pub(super) hands: Hands<'a>,
    /// The organization whose own they are.
    pub(super) owner: Option<Organization>,
}

enum Reads<'a> {
    Server(ServerAdmin<'a>),
    Organization(OrganizationAdmin<'a>),
}

impl Console {
    /// The IdPs that the address is about.
    ///
    /// # Errors
    /// When the visitor has no business with them.
    pub(super) fn idps_of(&self, visitor: &Visitor, named: &Named) -> Result<Scope<'_>, Failed> {
        let Some(organization) = &named.organization else {
            let admin = self.server_admin(visitor)?;
            return Ok(Scope { reads: Reads::Server(admin), hands: Hands::Server(admin), owner: None });
        };
        let (owner, admin) = self.organization_admin(visitor, organization)?;
        let (_, hands) = self.hands(visitor, organization)?;
        Ok(Scope { reads: Reads::Organization(admin), hands, owner: Some(owner) })
    }
}

impl Scope<'_> {
    /// Where they are in the console.
    pub(super) fn base(&self) -> String {
        match &self.owner {
            Some(owner) => format!("/console/organizations/{}/idps", owner.id),
            None => "/console/idps".to_owned(),
        }
    }

    /// What stands around their pages.
    pub(super) fn shell(&self, console: &Console, visitor: &Visitor, query: Option<&str>) -> Shell {
        match &self.owner {
            Some(owner) => console.shell_of(visitor, owner, Corner::Idps, query),
            None => console.shell(visitor, Place::Idps, query),
        }
    }

    /// The id of the organization whose own they are.
    pub(super) fn owner_id(&self) -> Option<&OrganizationId> {
        self.owner.as_ref().map(|owner| &owner.id)
    }

    /// Where a provider may be that this visitor names.
    pub(super) const fn addresses(&self) -> Addresses {
        match self.hands {
            Hands::Server(_) => Addresses::Any,
            Hands::Organization(_) => Addresses::Public,
        }
    }

    pub(super) async fn list(&self) -> Result<Vec<IdpSummary>, StoreError> {
        match &self.reads {
            Reads::Server(admin) => admin.idps().await,
            Reads::Organization(admin) => admin.idps().await,
        }
    }

    /// The IdP that the address names.
    ///
    /// # Errors
    /// When there is none among these.
    pub(super) async fn find(&self, named: &Named) -> Result<ManagedIdp, Failed> {
        let id = named.idp.as_deref().and_then(|id| IdpId::parse(id).ok()).ok_or(Failed::NotFound)?;
        let found = match &self.reads {
            Reads::Server(admin) => admin.idp(&id).await?,
            Reads::Organization(admin) => admin.idp(&id).await?,
        };
        found.ok_or(Failed::NotFound)
    }
}

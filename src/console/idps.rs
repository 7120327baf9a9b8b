//! Identity providers, the server's and organizations' own: list, look up, add, edit, turn off, delete. One set of pages
//! serves both.

mod confirm;
mod form;
mod look;
mod preset;
mod save;
mod show;

pub(super) use confirm::{ask_delete, ask_disable, delete, disable, enable};
pub(super) use save::{add, change, edit};
pub(super) use show::{kinds, list, show};

use super::failed::Failed;
use super::here::Here;
use super::shell::{Corner, Place};
use crate::base::Addresses;
use crate::directory::ManagedIdp;
use crate::identity::{IdpId, OrganizationId};
use crate::pages::Shell;

/// Where IdPs are.
const BELOW: &str = "/idps";

impl Here {
    fn idps_shell(&self) -> Shell {
        self.shell(Place::Idps, Corner::Idps)
    }

    /// Where an IdP has its page.
    fn idp_page(&self, id: &IdpId) -> String {
        self.path(&format!("{BELOW}/{id}"))
    }

    /// The id of the organization whose own they are.
    fn owner_id(&self) -> Option<&OrganizationId> {
        self.organization.as_ref().map(|owner| &owner.id)
    }

    /// Where a provider may be that this visitor names.
    fn addresses(&self) -> Addresses {
        if self.visitor.is_server_admin() { Addresses::Any } else { Addresses::Public }
    }

    /// The IdP that the address names.
    ///
    /// # Errors
    /// When there is none among these.
    async fn idp(&self) -> Result<ManagedIdp, Failed> {
        self.admin().idp(&self.named("idp")?).await?.ok_or(Failed::NotFound)
    }
}

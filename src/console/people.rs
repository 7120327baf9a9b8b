//! `/console/people`, and the same below an organization: people found, seen whole, and what is done to them. Each page
//! serves both kinds of admins; their handle says what it may show.

mod acts;
mod add;
mod list;
mod page;
mod roles;

pub(super) use acts::{confirm_delete, confirm_disable, confirm_end, delete, disable, enable, end, merge, merge_form};
pub(super) use add::{add, add_form};
pub(super) use list::list;
pub(super) use page::{Narrowed, person, sign_in_facts};
pub(super) use roles::{roles_form, set_roles};

use super::failed::Failed;
use super::here::{Administered, Here};
use super::shell::{Corner, Place};
use crate::directory::{AdminError, Who};
use crate::identity::{Catalogue, Idp, IdpId, OrganizationKey, UserId};
use crate::pages::Shell;

/// Where people are.
const BELOW: &str = "/people";

impl<Of: Administered> Here<Of> {
    /// Where somebody has their page.
    fn person(&self, user: UserId) -> String {
        self.path(&format!("{BELOW}/{user}"))
    }
}

impl Here {
    fn people_shell(&self) -> Shell {
        self.shell(Place::People, Corner::People)
    }
}

/// Outside a form there is nothing to put a word beside.
impl From<AdminError> for Failed {
    fn from(error: AdminError) -> Self {
        match error {
            AdminError::Store(error) => error.into(),
            AdminError::NoSuchUser => Self::NotFound,
            _ => Self::BadRequest,
        }
    }
}

/// IdPs offered to choose from: of more, the address or what was typed before names one.
const OFFERED_IDPS: usize = 100;

/// The IdPs to choose from, the shared ones first: all, or those that an organization's people sign in at. The one that
/// is chosen is among them.
pub(super) fn offered_idps<'c>(
    catalogue: &'c Catalogue,
    within: Option<OrganizationKey>,
    chosen: &str,
) -> Vec<&'c Idp> {
    let reached = |idp: &&Idp| within.is_none() || idp.owner.is_none() || idp.owner == within;
    let mut offered: Vec<&Idp> = catalogue.idps.iter().filter(reached).collect();
    offered.sort_by_key(|idp| idp.owner.is_some());
    let mut at = 0;
    offered.retain(|idp| {
        at += 1;
        at <= OFFERED_IDPS || idp.spec.id.as_str() == chosen
    });
    offered
}

/// What an IdP is called where people choose: an organization's own with its owner and its host, for anybody can call
/// theirs anything.
pub(super) fn idp_label(catalogue: &Catalogue, idp: &Idp) -> String {
    match owner_of(catalogue, idp) {
        None => idp.spec.name.clone(),
        Some(owner) => format!("{} ({owner})", idp.spec.name),
    }
}

/// The owner of an IdP and its host, if it is an organization's own.
fn owner_of(catalogue: &Catalogue, idp: &Idp) -> Option<String> {
    let owner = catalogue.organization(idp.owner?)?;
    Some(format!("{}, {}", owner.name, idp.spec.issuer.host()))
}

/// The name of an IdP; of one that is gone, its id.
fn idp_name(catalogue: &Catalogue, id: &IdpId) -> String {
    catalogue.idp_by_id(id).map_or_else(|| id.to_string(), |idp| idp.spec.name.clone())
}

/// An address or identifier by which somebody is known, as a form says it.
fn who(by: &str, told: &str) -> Who {
    if by == "identifier" { Who::Identifier(told.to_owned()) } else { Who::Email(told.to_owned()) }
}

//! `/console/people`, and the same below an organization: people found, seen whole, and what is done to them. Each page
//! serves both kinds of admins: [`Among`] says where it stands, the handle what it may show.

mod acts;
mod add;
mod list;
mod page;
mod roles;

pub(super) use acts::{
    confirm_delete, confirm_disable, confirm_end, confirm_end_in, delete, disable, enable, end, end_in, merge,
    merge_form,
};
pub(super) use add::{add, add_form, add_form_in, add_in};
pub(super) use list::{list, list_in};
pub(super) use page::{Narrowed, person, person_in, sign_in_facts};
pub(super) use roles::{roles_form, roles_form_in, set_roles, set_roles_in};

use super::Console;
use super::failed::Failed;
use super::guard::Visitor;
use super::shell::{Corner, Place};
use crate::directory::{AdminError, Who};
use crate::identity::{Catalogue, Idp, Organization, OrganizationKey, UserId};
use crate::pages::Shell;

/// Where a page about people stands.
struct Among(Option<Organization>);

impl Among {
    /// Where its list is.
    fn base(&self) -> String {
        match &self.0 {
            None => "/console/people".to_owned(),
            Some(organization) => format!("/console/organizations/{}/people", organization.id),
        }
    }

    fn shell(&self, console: &Console, visitor: &Visitor, query: Option<&str>) -> Shell {
        match &self.0 {
            None => console.shell(visitor, Place::People, query),
            Some(organization) => console.shell_of(visitor, organization, Corner::People, query),
        }
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

/// The user that a path names.
fn user_of(id: &str) -> Result<UserId, Failed> {
    id.parse().map_err(|_| Failed::NotFound)
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

/// What the name of an IdP is, of one that is gone its id.
fn idp_name(catalogue: &Catalogue, id: &crate::identity::IdpId) -> String {
    catalogue.idp_by_id(id).map_or_else(|| id.to_string(), |idp| idp.spec.name.clone())
}

/// An address or identifier by which somebody is known, as a form says it.
fn who(by: &str, told: &str) -> Who {
    if by == "identifier" { Who::Identifier(told.to_owned()) } else { Who::Email(told.to_owned()) }
}

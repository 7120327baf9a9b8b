//! Identity providers, the server's and organizations' own: list, look up, add, edit, turn off, delete.

mod confirm;
mod form;
mod look;
mod preset;
mod save;
mod scope;
mod show;

pub(super) use confirm::{ask_delete, ask_disable, delete, disable, enable};
pub(super) use save::{add, change, edit};
pub(super) use show::{kinds, list, show};

use crate::identity::{Catalogue, Idp};

/// Where the page of an IdP is: an organization's own stands below that organization.
pub(super) fn place_of(catalogue: &Catalogue, idp: &Idp) -> String {
    let id = &idp.spec.id;
    match idp.owner.and_then(|owner| catalogue.organization(owner)) {
        Some(owner) => format!("/console/organizations/{}/idps/{id}", owner.id),
        None => format!("/console/idps/{id}"),
    }
}

//! What IdPs are called, and which are offered to choose from.

use crate::identity::{Catalogue, Idp, IdpId, OrganizationKey};

/// IdPs offered to choose from: of more, the address or what was typed before names one.
const OFFERED_IDPS: usize = 100;

/// The IdPs to choose from, the shared ones first: all, or those that an organization's people sign in at. The one that
/// is chosen is among them.
pub(super) fn offered<'c>(catalogue: &'c Catalogue, within: Option<OrganizationKey>, chosen: &str) -> Vec<&'c Idp> {
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
pub(super) fn label(catalogue: &Catalogue, idp: &Idp) -> String {
    match owner_of(catalogue, idp) {
        None => idp.spec.name.clone(),
        Some(owner) => format!("{} ({owner})", idp.spec.name),
    }
}

/// The owner of an IdP and its host, if it is an organization's own.
pub(super) fn owner_of(catalogue: &Catalogue, idp: &Idp) -> Option<String> {
    let owner = catalogue.organization(idp.owner?)?;
    Some(format!("{}, {}", owner.name, idp.spec.issuer.host()))
}

/// The name of an IdP; of one that is gone, its id.
pub(super) fn name(catalogue: &Catalogue, id: &IdpId) -> String {
    catalogue.idp_by_id(id).map_or_else(|| id.to_string(), |idp| idp.spec.name.clone())
}

//! Which organizations an identity provider speaks to, and what a decision must know of each.

use std::collections::HashMap;
use std::sync::Arc;

use crate::identity::{Catalogue, Idp, Organization, OrganizationId, OrganizationKey, Role, RoleId, RoleName};

/// An organization as decisions see it.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) key: OrganizationKey,
    pub(super) id: OrganizationId,
    pub(super) roles: HashMap<RoleName, RoleId>,
}

impl Place {
    fn new(organization: &Organization) -> Self {
        let role = |role: &Role| (role.name.clone(), role.id);
        Self {
            key: organization.key,
            id: organization.id.clone(),
            roles: organization.roles.iter().map(role).collect(),
        }
    }
}

/// The organizations an IdP may decide about: all of them for a global one, its owner alone for an owned one. It is
/// only ever made from an IdP and narrowed, never widened.
#[derive(Clone, Debug)]
pub struct Reach {
    places: Arc<[Arc<Place>]>,
    /// Where each id stands among the places.
    index: Arc<HashMap<OrganizationId, usize>>,
}

impl Reach {
    /// The reach of an IdP among the live organizations.
    pub fn of(idp: &Idp, catalogue: &Catalogue) -> Self {
        Self::everywhere(catalogue).of_idp(idp)
    }

    /// All live organizations; stays in this room.
    pub(super) fn everywhere(catalogue: &Catalogue) -> Self {
        Self::of_places(catalogue.organizations.iter().map(|organization| Arc::new(Place::new(organization))))
    }

    fn of_places(places: impl Iterator<Item = Arc<Place>>) -> Self {
        let places: Arc<[Arc<Place>]> = places.collect();
        let index = places.iter().enumerate().map(|(at, place)| (place.id.clone(), at)).collect();
        Self { places, index: Arc::new(index) }
    }

    /// How many organizations these are.
    pub fn count(&self) -> usize {
        self.places.len()
    }

    /// Whether it is this very reach, place by place.
    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.places, &other.places)
    }

    /// Where an organization stands among the places.
    pub(super) fn position(&self, id: &str) -> Option<usize> {
        self.index.get(id).copied()
    }

    /// The organization that stands there.
    pub(super) fn place(&self, at: usize) -> Option<&Place> {
        self.places.get(at).map(Arc::as_ref)
    }

    pub(super) fn of_idp(&self, idp: &Idp) -> Self {
        match (idp.owner, &idp.spec.owner) {
            (Some(owner), _) => self.only(owner),
            (None, None) => self.clone(),
            // Said to be owned, but its owner is not there: it speaks to nobody.
            (None, Some(_)) => Self::of_places(std::iter::empty()),
        }
    }

    /// This reach narrowed to one organization: what an admin of that one may see explained.
    #[must_use]
    pub fn only(&self, organization: OrganizationKey) -> Self {
        Self::of_places(self.places.iter().filter(|place| place.key == organization).cloned())
    }

    /// The same, by its id.
    pub(super) fn only_named(&self, organization: &OrganizationId) -> Self {
        let place = self.position(organization.as_str()).and_then(|at| self.places.get(at));
        Self::of_places(place.into_iter().cloned())
    }

    /// The organizations in reach.
    pub fn organizations(&self) -> impl Iterator<Item = OrganizationKey> {
        self.places.iter().map(|place| place.key)
    }

    /// Whether it holds this organization.
    pub fn contains(&self, organization: OrganizationKey) -> bool {
        self.organizations().any(|key| key == organization)
    }

    pub(super) fn places(&self) -> impl Iterator<Item = &Place> {
        self.places.iter().map(Arc::as_ref)
    }
}

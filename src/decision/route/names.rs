//! What the roles of an organization are called: by name when a route is compiled, by id when an upstream is told of
//! somebody.

use std::sync::Arc;

use crate::identity::{Organization, RoleId, RoleName};

/// The live roles of one organization, in order of id. The routes of all its applications have them in common.
#[derive(Debug)]
pub(super) struct Names {
    ids: Arc<[RoleId]>,
    /// Of each id the name, and its place in order of name.
    names: Vec<(usize, RoleName)>,
}

impl Names {
    pub(super) fn of(organization: &Organization) -> Self {
        let mut roles: Vec<_> = organization.roles.iter().collect();
        roles.sort_unstable_by_key(|role| &role.name);
        let mut placed: Vec<_> = roles.into_iter().enumerate().collect();
        placed.sort_unstable_by_key(|(_, role)| role.id);
        Self {
            ids: placed.iter().map(|(_, role)| role.id).collect(),
            names: placed.into_iter().map(|(place, role)| (place, role.name.clone())).collect(),
        }
    }

    /// All roles, sorted.
    pub(super) fn ids(&self) -> Arc<[RoleId]> {
        Arc::clone(&self.ids)
    }

    /// The roles of these names, sorted. A name without a live role stands for no one.
    pub(super) fn resolve(&self, wanted: &[RoleName]) -> impl Iterator<Item = RoleId> {
        let both = self.ids.iter().zip(&self.names);
        both.filter(|(_, (_, name))| wanted.contains(name)).map(|(id, _)| *id)
    }

    /// What those of `roles` are called that are among them, in order of name.
    pub(super) fn of_roles(&self, roles: impl Iterator<Item = RoleId>) -> impl Iterator<Item = &RoleName> {
        let known = |role| self.names.get(self.ids.binary_search(&role).ok()?);
        let mut named: Vec<_> = roles.filter_map(known).collect();
        named.sort_unstable_by_key(|(place, _)| *place);
        named.into_iter().map(|(_, name)| name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::sample::{ADMIN, GUEST, HOME, MEMBER, OTHER_ADMIN, catalogue};

    #[test]
    fn roles_are_told_by_name_and_found_by_name_whatever_their_ids() {
        let world = catalogue(Vec::new());
        let names = Names::of(world.organizations.iter().find(|organization| organization.key == HOME).unwrap());
        let told = |roles: &[RoleId]| names.of_roles(roles.iter().copied()).map(RoleName::as_str).collect::<Vec<_>>();
        assert_eq!(told(&[MEMBER, GUEST, ADMIN]), ["Admin", "Guest", "Member"]);
        assert_eq!(told(&[OTHER_ADMIN]), [""; 0], "a role of another organization is called nothing here");
        let wanted = ["Member", "Nobody", "Admin"].map(|name| name.parse().unwrap());
        let mut both = [ADMIN, MEMBER];
        both.sort_unstable();
        assert_eq!(names.resolve(&wanted).collect::<Vec<_>>(), both);
        assert!(names.ids().is_sorted() && names.ids().contains(&GUEST));
    }
}

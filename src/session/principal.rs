//! Who is behind a request.

use crate::identity::{OrganizationKey, RoleId, SessionId, UserId, Username};

/// One session's user, with exactly the grants that count in that session: of live roles, not of another identity's
/// sign-ins, and of an organization's own IdP only that organization's.
#[derive(Clone, Debug)]
pub struct Principal {
    /// The session.
    pub session: SessionId,
    /// The user: the subject of assertions.
    pub user: UserId,
    /// What applications call the user.
    pub username: Username,
    /// The name people go by.
    pub display_name: Option<String>,
    /// The e-mail address, present only if applications may be told.
    pub email: Option<String>,
    /// The roles held, sorted, each once.
    pub roles: Vec<(OrganizationKey, RoleId)>,
    /// Another number whenever anything of this principal may differ: a key for what is derived from it.
    pub generation: u64,
}

impl Principal {
    /// The roles held in one organization.
    pub fn roles_in(&self, organization: OrganizationKey) -> impl Iterator<Item = RoleId> {
        let start = self.roles.partition_point(|(other, _)| *other < organization);
        self.roles[start..].iter().take_while(move |(other, _)| *other == organization).map(|(_, role)| *role)
    }
}

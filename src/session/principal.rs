//! Who is behind a request.

use std::sync::Arc;

use super::shared::Shared;
use crate::identity::{IdentityId, Organization, OrganizationKey, Origin, RoleId, SessionId, UserId, Username};
use crate::store::sessions::SessionRow;
use crate::store::users::PrincipalRows;

/// One session's user, with exactly the grants that count in that session: of live roles, not of another identity's
/// sign-ins, and of an organization's own IdP only that organization's.
#[derive(Clone, Debug)]
pub struct Principal {
    /// The session.
    pub session: SessionId,
    /// The user: the subject of assertions.
    pub user: UserId,
    /// The identity that the session was made through.
    pub identity: IdentityId,
    /// What the sign-in page calls the IdP that the session was made through.
    pub provider: Arc<str>,
    /// What applications call the user.
    pub username: Username,
    /// The name people go by.
    pub display_name: Option<String>,
    /// The e-mail address, present only if applications may be told.
    pub email: Option<String>,
    /// The roles held, sorted, each once.
    pub roles: Arc<[(OrganizationKey, RoleId)]>,
    /// Whether they may administer the server. Never in a session of an organization's own IdP: whoever runs that can
    /// be anybody in it.
    pub server_admin: bool,
    /// Another number whenever anything of this principal may differ: a key for what is derived from it.
    pub generation: u64,
}

impl Principal {
    pub(super) fn new(session: &SessionRow, rows: PrincipalRows, generation: u64, shared: &Shared) -> Self {
        let counts = |origin: Origin| match origin {
            Origin::Manual => true,
            Origin::Policy(identity) => identity == session.identity,
        };
        let in_reach = |organization| rows.idp_owner.is_none_or(|owner| owner == organization);
        let mut roles: Vec<_> = rows
            .grants
            .iter()
            .filter(|grant| counts(grant.origin) && in_reach(grant.organization))
            .map(|grant| (grant.organization, grant.role))
            .collect();
        roles.sort_unstable();
        roles.dedup();
        let may_be_told = |verified: bool| verified || rows.email_trusted;
        Self {
            session: session.id,
            user: session.user,
            identity: session.identity,
            provider: shared.providers.one(rows.provider.into()),
            username: rows.username,
            display_name: rows.display_name,
            email: rows.email.filter(|email| may_be_told(email.verified)).map(|email| email.address),
            roles: shared.roles.one(roles.into()),
            server_admin: rows.server_admin && rows.idp_owner.is_none(),
            generation,
        }
    }

    /// Whether they administer that organization: as the server's admin, or by one of its roles.
    pub fn administers(&self, organization: &Organization) -> bool {
        let holds = |role| self.roles_in(organization.key).any(|held| held == role);
        self.server_admin || organization.roles.iter().any(|role| role.admin && holds(role.id))
    }

    /// The roles held in one organization.
    pub fn roles_in(&self, organization: OrganizationKey) -> impl Iterator<Item = RoleId> {
        let start = self.roles.partition_point(|(other, _)| *other < organization);
        self.roles[start..].iter().take_while(move |(other, _)| *other == organization).map(|(_, role)| *role)
    }
}

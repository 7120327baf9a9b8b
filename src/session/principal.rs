//! Who is behind a request.

use std::sync::Arc;

use super::Generation;
use super::shared::Shared;
use crate::identity::{
    IdentityId, Organization, OrganizationKey, Origin, RoleId, SessionId, TokenId, UserId, Username,
};
use crate::store::users::PrincipalRows;

/// By what somebody is recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Evidence {
    /// A session, made through this identity.
    Session(SessionId, IdentityId),
    /// A token issued here: what counts in sessions of the identity counts with it. A service account has none.
    Token(TokenId, Option<IdentityId>),
    /// An access token of a configured issuer, which speaks of this identity, or of a service account.
    AccessToken(Option<IdentityId>),
}

impl Evidence {
    /// The session, if it is one.
    pub const fn session(self) -> Option<SessionId> {
        match self {
            Self::Session(session, _) => Some(session),
            Self::Token(..) | Self::AccessToken(_) => None,
        }
    }

    /// The identity through which the user is known; a service account has none.
    pub const fn identity(self) -> Option<IdentityId> {
        match self {
            Self::Session(_, identity) => Some(identity),
            Self::Token(_, identity) | Self::AccessToken(identity) => identity,
        }
    }
}

/// A user, with exactly the grants that count with what they are recognised by: of live roles, not of another identity's
/// sign-ins, and of an organization's own IdP or service account only that organization's.
#[derive(Clone, Debug)]
pub struct Principal {
    /// By what they are recognised.
    pub evidence: Evidence,
    /// The user: the subject of assertions.
    pub user: UserId,
    /// What the sign-in page calls the IdP of the identity; of a service account, what its organization is called.
    pub provider: Arc<str>,
    /// What applications call the user.
    pub username: Username,
    /// The name people go by.
    pub display_name: Option<Box<str>>,
    /// The e-mail address, present only if applications may be told.
    pub email: Option<Box<str>>,
    /// The roles held, sorted, each once.
    pub roles: Arc<[(OrganizationKey, RoleId)]>,
    /// Whether they may administer the server. Never in a session of an organization's own IdP: whoever runs that can
    /// be anybody in it. And in sessions alone.
    pub server_admin: bool,
    /// Another one whenever anything of this principal may differ: the key of what is derived from it.
    pub generation: Generation,
}

impl Principal {
    /// The user of these rows, recognised by that evidence.
    pub fn new(user: UserId, evidence: Evidence, rows: PrincipalRows, generation: Generation) -> Self {
        let counts = |origin: Origin| match origin {
            Origin::Manual => true,
            Origin::Policy(identity) => evidence.identity() == Some(identity),
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
            evidence,
            user,
            provider: rows.provider.into(),
            username: rows.username,
            display_name: rows.display_name.map(String::into),
            email: rows.email.filter(|email| may_be_told(email.verified)).map(|email| email.address.into()),
            roles: roles.into(),
            server_admin: rows.server_admin && rows.idp_owner.is_none() && evidence.session().is_some(),
            generation,
        }
    }

    /// The same, holding what others hold as well but once.
    pub(super) fn sharing(mut self, shared: &Shared) -> Self {
        self.provider = shared.providers.one(self.provider);
        self.roles = shared.roles.one(self.roles);
        self
    }

    /// What people call them.
    pub fn name(&self) -> &str {
        self.display_name.as_deref().unwrap_or(self.username.as_str())
    }

    /// Their session, if they have one.
    pub const fn session(&self) -> Option<SessionId> {
        self.evidence.session()
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

//! Who is behind a request.

use std::sync::Arc;

use super::{Generation, Liveness};
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

/// What applications are told of a user, in one piece of memory: there may be a million of these. What is empty is not
/// there.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Username, display name, e-mail.
    text: Box<str>,
    /// How long the first of them is, and the second.
    lengths: [u32; 2],
}

impl Profile {
    /// Of somebody who is called so by applications, and by people.
    pub fn new(username: &Username, display_name: Option<&str>, email: Option<&str>) -> Self {
        let texts = [username.as_str(), display_name.unwrap_or_default(), email.unwrap_or_default()];
        // Longer is no text of ours: then nothing is told.
        let length = |text: &str| u32::try_from(text.len()).unwrap_or(u32::MAX);
        Self { text: texts.concat().into(), lengths: [length(texts[0]), length(texts[1])] }
    }

    fn split(&self) -> (&str, &str, &str) {
        let [username, display_name] = self.lengths.map(|length| length as usize);
        let (username, rest) = self.text.split_at_checked(username).unwrap_or_default();
        let (display_name, email) = rest.split_at_checked(display_name).unwrap_or_default();
        (username, display_name, email)
    }

    /// What applications call the user.
    pub fn username(&self) -> &str {
        self.split().0
    }

    /// The name people go by.
    pub fn display_name(&self) -> Option<&str> {
        Some(self.split().1).filter(|name| !name.is_empty())
    }

    /// The e-mail address, there only if applications may be told.
    pub fn email(&self) -> Option<&str> {
        Some(self.split().2).filter(|email| !email.is_empty())
    }
}

/// What somebody holds, and by whose word: people by the thousand have it in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Holdings {
    /// What the sign-in page calls the IdP of the identity; of a service account, what its organization is called.
    pub provider: Box<str>,
    /// The roles held, sorted, each once.
    pub roles: Box<[(OrganizationKey, RoleId)]>,
    /// Whether they may administer the server. Never in a session of an organization's own IdP: whoever runs that can
    /// be anybody in it. And in sessions alone.
    pub server_admin: bool,
}

/// A user, with exactly the grants that count with what they are recognised by: of live roles, not of another identity's
/// sign-ins, and of an organization's own IdP or service account only that organization's.
#[derive(Debug)]
pub struct Principal {
    /// By what they are recognised.
    pub evidence: Evidence,
    /// The user: the subject of assertions.
    pub user: UserId,
    /// What applications are told of the user.
    pub profile: Profile,
    /// What the user holds.
    pub holdings: Arc<Holdings>,
    /// Another one whenever anything that is told of this principal may differ: the key of what is derived from it.
    pub generation: Generation,
    /// How long all this is believed, if it was read of a session.
    pub liveness: Liveness,
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
        let email = rows.email.filter(|email| may_be_told(email.verified)).map(|email| email.address);
        let holdings = Holdings {
            provider: rows.provider.into(),
            roles: roles.into(),
            server_admin: rows.server_admin && rows.idp_owner.is_none() && evidence.session().is_some(),
        };
        Self {
            evidence,
            user,
            profile: Profile::new(&rows.username, rows.display_name.as_deref(), email.as_deref()),
            holdings: Arc::new(holdings),
            generation,
            liveness: Liveness::none(),
        }
    }

    /// What people call them.
    pub fn name(&self) -> &str {
        self.profile.display_name().unwrap_or(self.profile.username())
    }

    /// Their session, if they have one.
    pub const fn session(&self) -> Option<SessionId> {
        self.evidence.session()
    }

    /// Whether they administer that organization: as the server's admin, or by one of its roles.
    pub fn administers(&self, organization: &Organization) -> bool {
        let holds = |role| self.roles_in(organization.key).any(|held| held == role);
        self.holdings.server_admin || organization.roles.iter().any(|role| role.admin && holds(role.id))
    }

    /// The roles held in one organization.
    pub fn roles_in(&self, organization: OrganizationKey) -> impl Iterator<Item = RoleId> {
        let roles = &self.holdings.roles;
        let start = roles.partition_point(|(other, _)| *other < organization);
        roles[start..].iter().take_while(move |(other, _)| *other == organization).map(|(_, role)| *role)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_tells_each_text_apart_whatever_stands_in_it() {
        let username = "zoë".parse().unwrap();
        for (display_name, email) in [
            (None, None),
            (Some("Zoë\0mallory@example.com"), None),
            (None, Some("zoë@example.com")),
            (Some("Ž"), Some("zoë@example.com")),
        ] {
            let profile = Profile::new(&username, display_name, email);
            assert_eq!((profile.username(), profile.display_name(), profile.email()), ("zoë", display_name, email));
        }
        let nothing = Profile::new(&username, Some(""), Some(""));
        assert_eq!((nothing.display_name(), nothing.email()), (None, None));
    }
}

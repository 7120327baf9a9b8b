//! Who may pass. The route table is compiled from the catalogue's plain nouns; with a principal and what they [`Ask`] for
//! it yields a [`Decision`]. Only this room can make a [`Permit`], and nothing is forwarded without one. No I/O.

pub mod ask;
pub mod origin;
pub mod path;
pub mod preflight;
pub mod route;
pub mod target;

use std::sync::Arc;

use http::uri::PathAndQuery;

use crate::identity::{Host, RoleName};

pub use ask::Ask;
pub use path::{Ambiguous, RequestPath};
pub use route::{Route, RouteTable};
pub use target::{BadTarget, Target};
// What callers handle, from a room that not all of them know.
pub use crate::session::{Evidence, Principal};

/// What becomes of a request to an application.
#[derive(Debug)]
pub enum Decision {
    /// It may pass, exactly so.
    Permit(Permit),
    /// Somebody has to sign in first.
    SignIn,
    /// This user may not pass.
    Deny(Denial),
    /// The path has two readings, and the application's rules differ between them: 400.
    Ambiguous(Ambiguous),
    /// No application answers at this host: 421.
    NoSuchHost,
}

/// The right to forward one request to one path of one application. Only [`RouteTable::decide`] makes one.
#[derive(Debug)]
pub struct Permit {
    route: Arc<Route>,
    host: Host,
    target: PathAndQuery,
    identity: Option<Identity>,
}

impl Permit {
    /// The application.
    pub fn route(&self) -> &Arc<Route> {
        &self.route
    }

    /// The host that was asked for: one of the application's.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The path that was decided on, and the query: what is sent upstream.
    pub fn target(&self) -> &PathAndQuery {
        &self.target
    }

    /// Who the upstream is told the user is; nobody if anonymous.
    pub fn identity(&self) -> Option<&Identity> {
        self.identity.as_ref()
    }
}

/// A user as one application knows them: always somebody whom the application's own roles admit.
#[derive(Clone, Debug)]
pub struct Identity {
    principal: Arc<Principal>,
    route: Arc<Route>,
}

impl Identity {
    /// The user.
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// Names of the roles held in the application's organization, and of no other, in order of name.
    pub fn groups(&self) -> impl Iterator<Item = &RoleName> {
        self.route.names_of(&self.principal)
    }
}

/// A user may not pass.
#[derive(Clone, Debug)]
pub struct Denial {
    /// The application they asked for.
    pub route: Arc<Route>,
    /// Why not.
    pub reason: DenialReason,
}

/// Why a user may not pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DenialReason {
    /// They are in no organization at all.
    #[error("the user holds no role in any organization")]
    WithoutOrganization,
    /// They are in other organizations only.
    #[error("the user holds no role in the application's organization")]
    NotInOrganization,
    /// None of their roles is among the application's.
    #[error("none of the user's roles is among the application's")]
    RoleNotAdmitted,
    /// They may use the application, but not this path.
    #[error("none of the user's roles is among those of the path's rule")]
    PathNotAdmitted,
}

impl RouteTable {
    /// Decides on what `principal` asks for, whoever is signed in.
    ///
    /// The first rule that matches the path holds; where none does, the application's roles. A rule that names roles
    /// narrows: one of them must be held, and only those count that are among the application's. A path that is open to
    /// everyone passes without a sign-in; the upstream is told the identity of those alone whom the application would
    /// admit.
    pub fn decide(&self, ask: &Ask<'_>, principal: Option<&Arc<Principal>>) -> Decision {
        let Some(route) = self.route(ask.host) else {
            return Decision::NoSuchHost;
        };
        let rule = match route.rule(ask.path) {
            Ok(rule) => rule,
            Err(ambiguous) => return Decision::Ambiguous(ambiguous),
        };
        let roles = match rule {
            Some(route::Admitted::Everyone) => None,
            Some(route::Admitted::Roles(roles)) => Some(roles.as_slice()),
            None => Some(route.roles()),
        };
        let admitted = principal.filter(|principal| route.admits(principal, route.roles()));
        match (roles, principal) {
            (None, _) => Decision::Permit(permit(route, ask, admitted)),
            (Some(_), None) => Decision::SignIn,
            (Some(roles), Some(principal)) if route.admits(principal, roles) => {
                Decision::Permit(permit(route, ask, admitted))
            }
            (Some(_), Some(principal)) => Decision::Deny(Denial {
                route: Arc::clone(route),
                reason: reason(route, principal, admitted.is_some()),
            }),
        }
    }
}

fn permit(route: &Arc<Route>, ask: &Ask<'_>, admitted: Option<&Arc<Principal>>) -> Permit {
    let identity = admitted.map(|principal| Identity { principal: Arc::clone(principal), route: Arc::clone(route) });
    Permit { route: Arc::clone(route), host: ask.host.clone(), target: ask.path.target().clone(), identity }
}

fn reason(route: &Route, principal: &Principal, admitted: bool) -> DenialReason {
    if admitted {
        DenialReason::PathNotAdmitted
    } else if principal.roles.is_empty() {
        DenialReason::WithoutOrganization
    } else if principal.roles_in(route.organization()).next().is_none() {
        DenialReason::NotInOrganization
    } else {
        DenialReason::RoleNotAdmitted
    }
}

#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;

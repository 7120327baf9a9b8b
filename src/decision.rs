//! Who may pass. The route table is compiled from the catalogue's plain nouns; with a principal and what they [`Ask`] for
//! it yields a [`Decision`]. Only this room can make a [`Permit`], and nothing is forwarded without one. No I/O.

pub mod ask;
mod bars;
mod method;
pub mod origin;
pub mod path;
pub mod preflight;
pub mod route;
pub mod target;
mod webdav;

use std::sync::Arc;

use http::uri::PathAndQuery;

use crate::identity::{Host, PathPrefix, RoleName};

pub use ask::{Ask, decided_on, is_decided_on};
use bars::{Bar, Bars};
pub use path::{Ambiguous, RequestPath};
pub use route::{Route, RouteTable};
pub use target::BadTarget;
// What callers handle, from a room that not all of them know.
pub use crate::session::{Evidence, Generation, Holdings, Liveness, Principal, Profile};

/// What becomes of a request to an application.
#[derive(Debug)]
pub enum Decision {
    /// It may pass, exactly so.
    Permit(Permit),
    /// Somebody has to sign in first.
    SignIn,
    /// This user may not pass.
    Deny(Denial),
    /// Path or method have two readings, and the application's rules differ between them: 400.
    Ambiguous(Ambiguous),
    /// The application has such a prefix, and the path is not below it: 404.
    Outside(PathPrefix),
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
    preflight: bool,
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

    /// Whether it is for a CORS preflight, which passes as nobody's: without identity, cookies or other credentials.
    pub const fn is_preflight(&self) -> bool {
        self.preflight
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

/// A user, or whoever asks from there, may not pass.
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
    /// They may use the application, but not this path with this method.
    #[error("none of the user's roles is among those of the path's rule")]
    PathNotAdmitted,
    /// Whoever they are, not from there.
    #[error("the client's address is in none of the networks of the path's rule")]
    ElsewhereNotAdmitted,
}

impl RouteTable {
    /// Decides on what `principal` asks for, whoever is signed in.
    ///
    /// The first rule that matches path and method holds; where none does, the application's roles. A rule that names
    /// roles narrows: one of them must be held, and only those count that are among the application's. One that names
    /// networks is for clients from there alone. What is open to everyone passes without a sign-in; the upstream is told
    /// the identity of those alone whom the application would admit. A CORS preflight passes as nobody's, if the rule for
    /// what it asks about says so.
    ///
    /// A prefix that the application does not know of is taken away first: rules speak of what is sent. Whatever an
    /// upstream may make of the request besides is held against whoever asks: another reading of it, what lies below
    /// its path, a second path.
    pub fn decide(&self, ask: &Ask<'_>, principal: Option<&Arc<Principal>>) -> Decision {
        let Some(route) = self.route(ask.host) else {
            return Decision::NoSuchHost;
        };
        let (below, stripped);
        let ask = match &route.spec().connection.strip_prefix {
            None => ask,
            Some(prefix) => match ask.path.below(prefix) {
                Ok(Some(path)) => {
                    below = path;
                    stripped = Ask { path: &below, ..ask.clone() };
                    &stripped
                }
                Ok(None) => return Decision::Outside(prefix.clone()),
                Err(ambiguous) => return Decision::Ambiguous(ambiguous),
            },
        };
        if route.passes_preflight(ask) {
            return Decision::Permit(permit(route, ask, None, true));
        }
        let admitted = principal.filter(|principal| route.admits(principal, route.roles()));
        let bars = Bars { route, principal, admitted: admitted.is_some() };
        let found = match bars.barred(ask) {
            Ok(None) if route.has_rules() => bars.barred_along(ask),
            found => found,
        };
        match found {
            Ok(None) => Decision::Permit(permit(route, ask, admitted, false)),
            Ok(Some(Bar::SignIn)) => Decision::SignIn,
            Ok(Some(Bar::Denied(reason))) => Decision::Deny(Denial { route: Arc::clone(route), reason }),
            Err(ambiguous) => Decision::Ambiguous(ambiguous),
        }
    }
}

fn permit(route: &Arc<Route>, ask: &Ask<'_>, admitted: Option<&Arc<Principal>>, preflight: bool) -> Permit {
    let identity = admitted.map(|principal| Identity { principal: Arc::clone(principal), route: Arc::clone(route) });
    Permit { route: Arc::clone(route), host: ask.host.clone(), target: ask.path.target().clone(), identity, preflight }
}

#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;

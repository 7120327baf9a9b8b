//! What stays open, a WebSocket or an answer that lasts, is asked about again and again: whether it would still be
//! permitted.

use std::net::IpAddr;
use std::sync::Arc;

use http::{HeaderMap, Method};

use super::Gateway;
use super::asker::By;
use crate::base::Token;
use crate::decision::{Ask, Decision, Permit, RequestPath};
use crate::identity::{Host, UserId};
use crate::listener::Arrival;
use crate::session::{Evidence, Principal};
use crate::upstream::{Lasting, Standing, StillAllowed};

/// Whose connection it is that stays open.
pub(super) struct Opened {
    /// Whom the upstream was told of, and by what they were known.
    who: Option<(UserId, Evidence)>,
    token: Option<Token>,
    by: By,
    method: Method,
    client: Option<IpAddr>,
}

impl Opened {
    /// By a request that was permitted so. Made for every one, without an allocation.
    pub(super) fn new(permit: &Permit, method: &Method, token: Option<Token>, by: By, client: Option<IpAddr>) -> Self {
        let who = permit.identity().map(|identity| (identity.principal().user, identity.principal().evidence));
        Self { who, token, by, method: method.clone(), client }
    }
}

impl Gateway {
    /// Asked while a WebSocket is open or an answer lasts: whether the same request would still be permitted, and as the
    /// same user. It is no activity: an open page nobody looks at must not keep a session from ending.
    pub(super) fn still_allowed(
        self: &Arc<Self>,
        host: &Host,
        path: &RequestPath,
        arrival: &Arrival,
        opened: Opened,
        lasting: Lasting,
    ) -> StillAllowed {
        let (gateway, host, path) = (Arc::clone(self), host.clone(), Arc::new(path.to_kept()));
        let opened = Arc::new(opened);
        let slot = arrival.slot.clone();
        let held = (lasting == Lasting::Tunnel).then(|| self.metrics.websockets.hold());
        Arc::new(move |upstream| {
            // As long as somebody asks, the connection counts among the listener's.
            let _counted = &held;
            let stopping = slot.is_stopping();
            let (gateway, host) = (Arc::clone(&gateway), host.clone());
            let (path, opened) = (Arc::clone(&path), Arc::clone(&opened));
            Box::pin(async move {
                match stopping {
                    true => Standing::Stopping,
                    false if gateway.is_still_permitted(&opened, &host, &path, upstream).await => Standing::Allowed,
                    false => Standing::Forbidden,
                }
            })
        })
    }

    /// Whether what stays open is permitted as exactly who it was opened by (by nobody, anonymously), and the application
    /// may still be at that address: a network can be withdrawn from its organization.
    async fn is_still_permitted(&self, opened: &Opened, host: &Host, path: &RequestPath, upstream: IpAddr) -> bool {
        let is_same = |found: &Arc<Principal>| Some((found.user, found.evidence)) == opened.who;
        let mut principal = None;
        if let By::Token(token) = &opened.by {
            principal = self.still_speaks(host, token, opened.client).await;
            if principal.is_none() {
                return false;
            }
        }
        if let Some(token) = opened.token.as_ref().filter(|_| opened.who.is_some()) {
            match self.sessions.observe(host, token).await {
                Ok(found) => principal = principal.or(found.filter(is_same)),
                Err(_) => return false,
            }
        }
        let (method, headers) = (&opened.method, &HeaderMap::new());
        let ask = Ask { host, path, method, preflight: None, headers, client: opened.client };
        match self.routes.load().decide(&ask, principal.as_ref().filter(|found| is_same(found))) {
            Decision::Permit(permit) => {
                let may_be_there = permit.route().destinations().iter().any(|one| one.holds(upstream));
                may_be_there && permit.identity().is_some() == opened.who.is_some()
            }
            _ => false,
        }
    }
}

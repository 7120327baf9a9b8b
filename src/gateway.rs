//! The request path on one page: who is asking, may they, pass it on.
//!
//! 1. `app` hands over the host and the path, read in the one way it will be sent upstream; what can be read in two ways
//!    was refused there.
//! 2. Who asks is recognised, from memory in the usual case: the browser's session, or a program's token ([`asker`]).
//!    If it cannot be checked, nobody passes.
//! 3. A WebSocket handshake that carries a session must come from a page of this very host: applications share a site,
//!    so cookies alone prove nothing there. So must one that passes because of where the browser is.
//! 4. `decision` says what becomes of it. Only its permit opens `upstream`.

mod asker;
pub mod forward_auth;
mod outside;
mod refuse;
mod standing;

use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::body::Body;
use axum::response::Response;
use http::header::{AUTHORIZATION, ORIGIN};
use http::{Method, Request};

use crate::audit::Denials;
use crate::bearer::Bearers;
use crate::decision::origin::check_handshake;
use crate::decision::{Ask, Decision, Permit, RequestPath, Route, RouteTable};
use crate::identity::{Catalogue, Host};
use crate::listener::Arrival;
use crate::session::{HandoffKeys, Sessions};
use crate::telemetry::{Decided, Metrics, Watch};
use crate::upstream::{Forwarder, Lasting, StillAllowed, Upgrade};
use crate::web::{Assets, Form, Web};
use forward_auth::ForwardAuth;

use asker::{Asker, By};
use refuse::{cause_of, trouble_of};
use standing::Opened;

/// The way to the applications.
pub struct Gateway {
    /// Pages, cookies, where we are.
    pub web: Arc<Web>,
    /// Sessions.
    pub sessions: Arc<Sessions>,
    /// Programs.
    pub bearers: Arc<Bearers>,
    /// Seals hand-off requests.
    pub keys: Arc<HandoffKeys>,
    /// The way upstream.
    pub forwarder: Arc<Forwarder>,
    /// Refused requests, on their way to the audit log.
    pub denials: Arc<Denials>,
    /// Which other proxies may ask instead.
    pub forward_auth: ForwardAuth,
    /// Who may go where.
    pub routes: ArcSwap<RouteTable>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
}

impl Gateway {
    /// Swaps in the routes of a new catalogue. Requests under way finish on the old ones.
    pub fn reload(&self, catalogue: &Catalogue) {
        self.metrics.keep_applications(&catalogue.applications.iter().map(|known| known.spec.id.as_str()).collect());
        let routes = RouteTable::compile(catalogue, &self.metrics);
        self.forwarder.watch(&routes.routes());
        self.routes.store(Arc::new(routes));
    }

    /// Whether an application answers on that host.
    pub fn serves(&self, host: &Host) -> bool {
        self.routes.load().route(host).is_some()
    }

    /// The hosts at which we answer for applications ourselves: not those that another proxy has, and asks us about.
    pub fn forwarded_hosts(&self) -> Vec<Host> {
        let routes = self.routes.load();
        let ours = |host: &&Host| routes.route(host).is_some_and(|route| !route.spec().upstream.is_none());
        routes.hosts().filter(ours).cloned().collect()
    }

    /// Answers one request to an application: passes it on, starts a sign-in, or refuses.
    pub async fn answer(
        self: &Arc<Self>,
        host: Host,
        path: RequestPath,
        request: &mut Request<Body>,
        arrival: &Arrival,
        watch: &mut Watch<'_>,
    ) -> Response {
        watch.deciding();
        let client = arrival.client.ip();
        let Asker { principal, token, by } = match self.asker(&host, &path, request.headers(), client).await {
            Ok(asker) => asker,
            Err(unknown) => return self.refuse_unknown(watch, &host, unknown, request.headers()),
        };
        if let Some(principal) = &principal {
            watch.user(principal.user);
        }
        let routes = self.routes.load();
        let ask = Ask::of(&host, &path, request, client);
        let decision = routes.decide(&ask, principal.as_ref());
        match decision {
            Decision::Permit(permit) => {
                note(watch, permit.route(), Decided::Permitted);
                let upgrade = Upgrade::of(request, &permit.route().spec().connection.upgrades);
                // Pages can ask for no other protocol than WebSocket; whoever has an origin all the same shows it.
                let from_page = |upgrade: &Upgrade| upgrade.is_websocket() || request.headers().contains_key(ORIGIN);
                if upgrade.as_ref().is_some_and(from_page) && self.is_hijack(permit.route(), &ask, principal.is_some())
                {
                    return self.refuse_hijack(watch, permit.route(), request.headers());
                }
                if let By::Token(_) = by {
                    request.headers_mut().remove(AUTHORIZATION);
                }
                let opened = Opened::new(&permit, request.method(), token, by, client);
                let still_allowed = |lasting| self.still_allowed(&host, &path, arrival, opened, lasting);
                let mut asking = watch.forwarding(request, || server(permit.route()));
                // Boxed: a future is moved whole several times before it is first polled, and this one is large.
                let answer = Box::pin(self.forward(permit, &host, &path, request, arrival, still_allowed)).await;
                asking.answered(answer.status());
                answer
            }
            Decision::SignIn => self.ask_to_sign_in(watch, &ask, &by),
            Decision::Deny(denial) => self.deny(watch, &ask, &denial, &by, principal.as_deref()),
            Decision::Ambiguous(ambiguous) => self.refuse_ambiguous(watch, &host, &ambiguous, request.headers()),
            Decision::Outside(prefix) => self.outside(watch, &ask, &prefix),
            Decision::NoSuchHost => self.refuse_host(&ask),
        }
    }

    /// Notes what became of a request that goes nowhere.
    fn note(&self, watch: &mut Watch<'_>, host: &Host, decided: Decided) {
        if let Some(route) = self.routes.load().route(host) {
            note(watch, route, decided);
        }
    }

    /// A permitted handshake that has what a browser sends along from any page, a session or an address that a rule admits,
    /// and is from a page that is not this host's.
    fn is_hijack(&self, route: &Route, ask: &Ask<'_>, somebody: bool) -> bool {
        let own = || self.web.public_url.origin_of(ask.host);
        let lent = self.web.session_tokens(ask.headers).next().is_some() || (!somebody && self.is_by_address(ask));
        lent && check_handshake(ask.headers, &own(), &route.spec().allowed_origins).is_err()
    }

    /// Whether nobody in particular is permitted this because of where they are, and may be a page in somebody's browser
    /// there: programs name no origin.
    fn is_by_address(&self, ask: &Ask<'_>) -> bool {
        let elsewhere = || Ask { client: None, ..ask.clone() };
        let is_permitted = || matches!(self.routes.load().decide(&elsewhere(), None), Decision::Permit(_));
        ask.headers.contains_key(ORIGIN) && !is_permitted()
    }

    async fn forward(
        &self,
        permit: Permit,
        host: &Host,
        path: &RequestPath,
        request: &mut Request<Body>,
        arrival: &Arrival,
        still_allowed: impl FnOnce(Lasting) -> StillAllowed,
    ) -> Response {
        let came = Some(arrival.client.forwarded_for.clone());
        let form = Form::asked_for(request.headers());
        let is_get = request.method() == Method::GET;
        let route = Arc::clone(permit.route());
        match self.forwarder.forward(permit, request, came, still_allowed).await {
            Ok(response) => response,
            Err(error) => {
                route.meter().trouble(trouble_of(&error));
                let mut failure = self.web.failure(cause_of(&error));
                if is_get {
                    failure = failure.with_link("Try again", self.address_of(host, path));
                }
                tracing::warn!(reference = %failure.reference, application = %route.application(), cause = %error, "cannot forward");
                self.web.tell(failure, form, Assets::Application)
            }
        }
    }

    /// The whole address of a path, since one that begins with two slashes would lead elsewhere.
    fn address_of(&self, host: &Host, path: &RequestPath) -> String {
        self.web.public_url.origin_of(host) + path.target().as_str()
    }
}

/// Host and port of an application's upstream; nothing if it has several, of which one is chosen later.
fn server(route: &Route) -> Option<(&str, u16)> {
    let mut upstreams = route.spec().upstream.iter();
    let only = upstreams.next().filter(|_| upstreams.next().is_none())?;
    Some((only.authority().host(), only.port()))
}

/// Notes what becomes of a request to an application.
fn note(watch: &mut Watch<'_>, route: &Route, decided: Decided) {
    watch.decided(route.meter(), route.application().as_str(), decided);
}

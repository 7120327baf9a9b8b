//! The request path on one page: who is asking, may they, pass it on.
//!
//! 1. `app` hands over the host and the path, read in the one way it will be sent upstream; what can be read in two ways
//!    was refused there.
//! 2. The browser's session is recognised, from memory in the usual case. If it cannot be checked, nobody passes.
//! 3. A WebSocket handshake that carries a session must come from a page of this very host: applications share a site,
//!    so cookies alone prove nothing there.
//! 4. `decision` says what becomes of it. Only its permit opens `upstream`.

pub mod forward_auth;

use std::net::IpAddr;
use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::body::Body;
use axum::response::Response;
use http::{HeaderMap, Method, Request};
use url::form_urlencoded;

use crate::audit::{Denials, EntryDenied};
use crate::base::{Reference, Token};
use crate::decision::origin::check_handshake;
use crate::decision::{Ask, Decision, Denial, DenialReason, Permit, RequestPath, Route, RouteTable};
use crate::identity::{Catalogue, Host, SessionId};
use crate::listener::{Client, Slot};
use crate::session::{HandoffKeys, Principal, Sessions, Unavailable};
use crate::telemetry::{Decided, Metrics, Trouble, Watch};
use crate::upstream::{ForwardError, Forwarder, StillAllowed, is_websocket_handshake};
use crate::web::{self, Assets, Cause, Form, SignInWish, Web};
use forward_auth::ForwardAuth;

/// The way to the applications.
pub struct Gateway {
    /// Pages, cookies, where we are.
    pub web: Arc<Web>,
    /// Sessions.
    pub sessions: Arc<Sessions>,
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
        self.routes.store(Arc::new(RouteTable::compile(catalogue, &self.metrics)));
    }

    /// Whether an application answers on that host.
    pub fn serves(&self, host: &Host) -> bool {
        self.routes.load().route(host).is_some()
    }

    /// Answers one request to an application: passes it on, starts a sign-in, or refuses.
    pub async fn answer(
        self: &Arc<Self>,
        host: Host,
        path: RequestPath,
        request: Request<Body>,
        watch: &mut Watch<'_>,
    ) -> Response {
        let principal = match self.principal(&host, request.headers()).await {
            Ok(principal) => principal,
            Err(error) => {
                self.watched(watch, &host, Decided::Unavailable);
                return self.unavailable(&error, request.headers());
            }
        };
        let routes = self.routes.load();
        let decision = routes.decide(&Ask::of(&host, &path, &request, client(&request)), principal.as_ref());
        match decision {
            Decision::Permit(permit) => {
                watch.decided(permit.route().meter(), Decided::Permitted);
                let handshake = is_websocket_handshake(&request);
                if handshake && self.is_hijack(permit.route(), &host, request.headers()) {
                    watch.decided(permit.route().meter(), Decided::Foreign);
                    let why = "a WebSocket handshake from a page of another origin";
                    return self.web.refuse_because(Cause::ForeignForm, &why, request.headers(), Assets::Application);
                }
                let still_allowed = handshake.then(|| self.still_allowed(&permit, &path, &request));
                // Boxed: a future is moved whole several times before it is first polled, and this one is large.
                Box::pin(self.forward(permit, &host, &path, request, still_allowed)).await
            }
            Decision::SignIn => {
                self.watched(watch, &host, Decided::SignIn);
                self.sign_in(&host, &path, request.method(), request.headers())
            }
            Decision::Deny(denial) => {
                watch.decided(denial.route.meter(), Decided::Denied);
                self.deny(&denial, &path, principal.as_deref(), request.headers())
            }
            Decision::Ambiguous(ambiguous) => {
                self.watched(watch, &host, Decided::Ambiguous);
                self.web.refuse_because(Cause::BadRequest, &ambiguous, request.headers(), Assets::Application)
            }
            Decision::NoSuchHost => self.web.refuse(Cause::UnknownHost, request.headers(), Assets::Application),
        }
    }

    /// Notes what became of a request that goes nowhere.
    fn watched(&self, watch: &mut Watch<'_>, host: &Host, decided: Decided) {
        if let Some(route) = self.routes.load().route(host) {
            watch.decided(route.meter(), decided);
        }
    }

    async fn principal(&self, host: &Host, headers: &HeaderMap) -> Result<Option<Arc<Principal>>, Unavailable> {
        for token in self.web.session_tokens(headers) {
            if let Some(principal) = self.sessions.recognise(host, &token).await? {
                return Ok(Some(principal));
            }
        }
        Ok(None)
    }

    /// A handshake that carries a session, from a page that is not this host's.
    fn is_hijack(&self, route: &Route, host: &Host, headers: &HeaderMap) -> bool {
        let own = || self.web.public_url.origin_of(host);
        self.web.session_tokens(headers).next().is_some()
            && check_handshake(headers, &own(), &route.spec().allowed_origins).is_err()
    }

    /// Asked while a WebSocket is open: whether the same request would still be permitted, and as the same user. It is no
    /// activity: an open page nobody looks at must not keep a session from ending.
    fn still_allowed(self: &Arc<Self>, permit: &Permit, path: &RequestPath, request: &Request<Body>) -> StillAllowed {
        let (gateway, host, path) = (Arc::clone(self), permit.host().clone(), path.clone());
        let session = permit.identity().map(|identity| identity.principal().session);
        let tokens: Arc<[Token]> = self.web.session_tokens(request.headers()).collect();
        let client = client(request);
        let (slot, held) = (request.extensions().get::<Slot>().cloned(), self.metrics.websockets.hold());
        Arc::new(move || {
            // As long as somebody asks, the connection counts among the listener's.
            let _counted = (&slot, &held);
            let (gateway, host, path, tokens) = (Arc::clone(&gateway), host.clone(), path.clone(), Arc::clone(&tokens));
            Box::pin(async move { gateway.is_permitted_as(session, &host, &path, client, &tokens).await })
        })
    }

    /// Whether a WebSocket is permitted with exactly the identity of `session`; without one, anonymously.
    async fn is_permitted_as(
        &self,
        session: Option<SessionId>,
        host: &Host,
        path: &RequestPath,
        client: Option<IpAddr>,
        tokens: &[Token],
    ) -> bool {
        let mut principal = None;
        for token in tokens.iter().filter(|_| session.is_some()) {
            match self.sessions.observe(host, token).await {
                Ok(found) => principal = principal.or(found.filter(|found| Some(found.session) == session)),
                Err(_) => return false,
            }
        }
        let (method, headers) = (&Method::GET, &HeaderMap::new());
        let ask = Ask { host, path, method, preflight: None, headers, client };
        match self.routes.load().decide(&ask, principal.as_ref()) {
            Decision::Permit(permit) => permit.identity().is_some() == session.is_some(),
            _ => false,
        }
    }

    async fn forward(
        &self,
        permit: Permit,
        host: &Host,
        path: &RequestPath,
        mut request: Request<Body>,
        still_allowed: Option<StillAllowed>,
    ) -> Response {
        let chain = request.extensions_mut().remove::<Client>().map(|client| client.chain).unwrap_or_default();
        let form = Form::asked_for(request.headers());
        let is_get = request.method() == Method::GET;
        let route = Arc::clone(permit.route());
        match self.forwarder.forward(permit, request, &chain, still_allowed).await {
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

    fn sign_in(&self, host: &Host, path: &RequestPath, method: &Method, headers: &HeaderMap) -> Response {
        if web::is_navigation(method, headers) {
            let wish = SignInWish::default();
            return self.web.send_to_sign_in(&self.keys, host, path.target().as_str(), &wish, headers);
        }
        let failure = self.web.failure(Cause::SignInRequired);
        tracing::info!(reference = %failure.reference, %host, "nobody is signed in, and this is no navigation");
        self.web.problem(failure)
    }

    fn deny(
        &self,
        denial: &Denial,
        path: &RequestPath,
        principal: Option<&Principal>,
        headers: &HeaderMap,
    ) -> Response {
        let cause = match denial.reason {
            DenialReason::ElsewhereNotAdmitted => Cause::NotFromHere,
            _ => Cause::NotAllowed,
        };
        let mut failure = match principal {
            Some(principal) => self.web.failure_under(cause, self.count(denial, path, principal)),
            None => self.web.failure(cause),
        };
        tracing::warn!(
            reference = %failure.reference,
            application = %denial.route.application(),
            user = principal.map(|principal| tracing::field::display(principal.user)),
            username = principal.map(|principal| tracing::field::display(&principal.username)),
            cause = %denial.reason,
            "entry denied"
        );
        if let Some(principal) = principal {
            let query = form_urlencoded::Serializer::new(String::new())
                .append_pair("again", "1")
                .append_pair("return", path.target().as_str())
                .finish();
            failure = failure.with_account(web::account(principal));
            if cause == Cause::NotAllowed {
                failure = failure.with_link("Sign in as someone else", format!("/.vestibule/sign-in?{query}"));
            }
        }
        self.web.fail(failure, headers, Assets::Application)
    }

    /// Counts a refusal for the audit log; gives the reference that leads there. The query stays out: it may hold
    /// anything.
    fn count(&self, denial: &Denial, path: &RequestPath, principal: &Principal) -> Reference {
        self.denials.count(&EntryDenied {
            user: principal.user,
            identity: principal.identity,
            session: principal.session,
            application: denial.route.key(),
            organization: denial.route.organization(),
            path: path.target().path(),
            reason: &denial.reason.to_string(),
        })
    }

    fn unavailable(&self, error: &Unavailable, headers: &HeaderMap) -> Response {
        let failure = self.web.failure(Cause::Unavailable);
        tracing::error!(reference = %failure.reference, cause = %error, "cannot check who may enter");
        self.web.fail(failure, headers, Assets::Application)
    }
}

/// The client's address, as the listener resolved it.
fn client(request: &Request<Body>) -> Option<IpAddr> {
    request.extensions().get::<Client>().and_then(Client::ip)
}

fn cause_of(error: &ForwardError) -> Cause {
    match error.status() {
        http::StatusCode::GATEWAY_TIMEOUT => Cause::UpstreamTimeout,
        http::StatusCode::METHOD_NOT_ALLOWED => Cause::MethodNotAllowed,
        http::StatusCode::BAD_REQUEST => Cause::BadRequest,
        _ => Cause::UpstreamUnavailable,
    }
}

const fn trouble_of(error: &ForwardError) -> Trouble {
    match error {
        ForwardError::Unreachable(_) => Trouble::Unreachable,
        ForwardError::ConnectTimeout | ForwardError::HeadTimeout => Trouble::Timeout,
        ForwardError::Broken(_) | ForwardError::Protocol => Trouble::Broken,
        ForwardError::Loop | ForwardError::Ourselves | ForwardError::NotAllotted => Trouble::Forbidden,
        ForwardError::Method | ForwardError::RequestBody => Trouble::Request,
        ForwardError::Assertion(_) => Trouble::Internal,
    }
}

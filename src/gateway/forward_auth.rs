//! Forward-auth: another proxy has the request, asks us whether it may pass, and passes it on itself. The decision is
//! the same as on the request path, and only its permit yields the headers that tell who it is.
//!
//! | endpoint | the request is named by | the answer |
//! | --- | --- | --- |
//! | `/auth/nginx` | `X-Original-URL`, `-Method` | 200 with headers, 401, 403: what nginx' `auth_request` knows |
//! | `/auth/nginx/page` | the same | what a browser is shown in place of that 401 or 403 |
//! | `/auth/forward` | `X-Forwarded-Proto`, `-Host`, `-Uri`, `-Method` | 200 with headers, or what a browser is shown |
//!
//! and by `X-Forwarded-For` with each. Whoever asks could be anybody else's proxy: they are a trusted one by address, or
//! show the secret.

pub mod original;
mod secret;

use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use http::request::Parts;
use http::{HeaderMap, Method, Request, StatusCode, Uri, header};

use super::asker::{Asker, By, Unknown};
use super::{Gateway, note};
use crate::decision::{Ask, Decision, Permit, Route, preflight};
use crate::identity::Host;
use crate::listener::Arrival;
use crate::telemetry::{Decided, Watch};
use crate::web::{self, Assets, Cause, see_other};
use original::{Original, Unclear};
pub use secret::ProxySecret;
use secret::SECRET_HEADER;

/// Who may ask, beside trusted proxies.
#[derive(Clone, Debug, Default)]
pub struct ForwardAuth {
    /// Whoever shows this.
    pub secret: Option<ProxySecret>,
}

/// What a proxy asks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// `/auth/nginx`.
    Nginx,
    /// `/auth/nginx/page`.
    NginxPage,
    /// `/auth/forward`.
    Forward,
}

/// Which headers name the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fields {
    /// `X-Original-*`.
    Original,
    /// `X-Forwarded-*`.
    Forwarded,
}

impl Endpoint {
    /// The endpoint at a path, if one is there. Envoy puts the path that it asks about behind the one it asks at.
    pub fn at(uri: &Uri) -> Option<Self> {
        match uri.path().strip_prefix("/auth/")? {
            "nginx" => Some(Self::Nginx),
            "nginx/page" => Some(Self::NginxPage),
            rest if rest == "forward" || rest.starts_with("forward/") => Some(Self::Forward),
            _ => None,
        }
    }

    const fn fields(self) -> Fields {
        match self {
            Self::Nginx | Self::NginxPage => Fields::Original,
            Self::Forward => Fields::Forwarded,
        }
    }
}

impl ForwardAuth {
    /// Whether whoever sent this may ask. A secret that is shown and wrong is nobody's honest mistake.
    fn admits(&self, headers: &HeaderMap, arrival: &Arrival) -> bool {
        self.shown(headers).unwrap_or(arrival.client.trusted)
    }

    /// Whether a secret is shown, and the right one, once.
    fn shown(&self, headers: &HeaderMap) -> Option<bool> {
        let mut shown = headers.get_all(SECRET_HEADER).iter();
        let first = shown.next()?;
        Some(shown.next().is_none() && self.secret.as_ref().is_some_and(|secret| secret.is(first.as_bytes())))
    }
}

impl Gateway {
    /// The endpoint that a request is for, if it is. On the host of an application that we forward to, the path is the
    /// application's own, unless the secret says that a proxy asks. Where no proxy has been asked to ask, neither by a
    /// secret nor by an application that it forwards to, there is none: a peer may be trusted about its clients alone, and
    /// pass on whatever these write.
    pub fn endpoint(&self, host: &Host, request: &Request<Body>) -> Option<Endpoint> {
        let endpoint = Endpoint::at(request.uri())?;
        let routes = self.routes.load();
        let forwarded = routes.route(host).is_some_and(|route| !route.spec().upstream.is_none());
        let in_use = || self.forward_auth.secret.is_some() || routes.leaves_forwarding();
        let ours = self.forward_auth.shown(request.headers()) == Some(true) || (!forwarded && in_use());
        ours.then_some(endpoint)
    }

    /// Answers a proxy that asks.
    pub async fn answer_proxy(
        self: &Arc<Self>,
        endpoint: Endpoint,
        request: Request<Body>,
        arrival: &Arrival,
        watch: &mut Watch<'_>,
    ) -> Response {
        let (mut parts, _) = request.into_parts();
        if !self.forward_auth.admits(&parts.headers, arrival) {
            let why = "forward-auth is asked by a peer that is not among trusted_proxies and shows no right secret";
            return self.web.refuse_because(Cause::NotAProxy, &why, &parts.headers, Assets::Application);
        }
        parts.headers.remove(SECRET_HEADER);
        let original =
            Original::read(endpoint.fields(), &parts.headers).and_then(|original| confirmed(original, &parts));
        let response = match original {
            Ok(original) => self.judge(endpoint, &original, &parts.headers, watch).await,
            Err(unclear) => self.web.refuse_because(Cause::BadRequest, &unclear, &parts.headers, Assets::Application),
        };
        if endpoint == Endpoint::Nginx { known_to_nginx(response) } else { response }
    }

    async fn judge(
        self: &Arc<Self>,
        endpoint: Endpoint,
        original: &Original,
        headers: &HeaderMap,
        watch: &mut Watch<'_>,
    ) -> Response {
        if original.path.is_ours() {
            let why = "what lies below /.vestibule/ is ours: the proxy must pass it to us, not ask about it";
            return self.web.refuse_because(Cause::NotFound, &why, headers, Assets::Application);
        }
        let Asker { principal, by, .. } = match self.asker_behind_proxy(original, headers).await {
            Ok(asker) => asker,
            Err(unknown) => return self.refuse_unknown(watch, &original.host, unknown, headers),
        };
        let (host, path, method, client) = (&original.host, &original.path, &original.method, Some(original.client));
        let ask = Ask { host, path, method, preflight: preflight(method, headers), headers, client };
        let decision = self.routes.load().decide(&ask, principal.as_ref());
        match decision {
            Decision::Permit(permit) => {
                if is_handshake(headers) && self.is_hijack(permit.route(), &ask, principal.is_some()) {
                    return self.refuse_hijack(watch, permit.route(), headers);
                }
                note(watch, permit.route(), Decided::Permitted);
                if endpoint == Endpoint::NginxPage {
                    self.again(original, headers)
                } else {
                    self.introduce(permit, headers)
                }
            }
            // The redirect is for a browser: nginx fetches it from the page's endpoint.
            Decision::SignIn if endpoint == Endpoint::Nginx && !matches!(by, By::Foreign) => {
                self.note(watch, host, Decided::SignIn);
                self.web.refuse(Cause::SignInRequired, headers, Assets::Application)
            }
            Decision::SignIn => self.ask_to_sign_in(watch, &ask, &by),
            Decision::Deny(denial) => self.deny(watch, &ask, &denial, &by, principal.as_deref()),
            Decision::Ambiguous(ambiguous) => self.refuse_ambiguous(watch, host, &ambiguous, headers),
            Decision::Outside(_) => {
                self.note(watch, host, Decided::Outside);
                self.web.refuse(Cause::NotFound, headers, Assets::Application)
            }
            Decision::NoSuchHost => self.refuse_host(&ask),
        }
    }

    /// Who asks. A program only where the application says that its proxy keeps tokens to itself: we cannot take them out.
    async fn asker_behind_proxy(&self, original: &Original, headers: &HeaderMap) -> Result<Asker, Unknown> {
        let takes_programs = |route: &Arc<Route>| route.spec().machines.behind_proxy;
        if self.routes.load().route(&original.host).is_some_and(takes_programs) {
            return self.asker(&original.host, &original.path, headers, Some(original.client)).await;
        }
        self.visitor(&original.host, headers, By::Session).await
    }

    /// Who it is, to the proxy.
    fn introduce(&self, permit: Permit, headers: &HeaderMap) -> Response {
        let mut response = web::answer(StatusCode::OK, "text/plain", Body::empty());
        match self.forwarder.introduce(permit, response.headers_mut()) {
            Ok(()) => response,
            Err(error) => {
                let failure = self.web.failure(Cause::Unavailable);
                tracing::error!(reference = %failure.reference, cause = %error, "cannot say who it is");
                self.web.fail(failure, headers, Assets::Application)
            }
        }
    }

    /// For a browser whose session came about between nginx' two questions.
    fn again(&self, original: &Original, headers: &HeaderMap) -> Response {
        if original.method == Method::GET {
            return see_other(&self.address_of(&original.host, &original.path));
        }
        self.web.refuse(Cause::Unavailable, headers, Assets::Application)
    }
}

/// What the question's own line says besides must be true of what is asked about.
fn confirmed(original: Original, parts: &Parts) -> Result<Original, Unclear> {
    let behind = parts.uri.path_and_query().and_then(|target| target.as_str().strip_prefix("/auth/forward/"));
    let same_path = behind.is_none_or(|behind| original.path.target().as_str().strip_prefix('/') == Some(behind));
    let same_method = matches!(parts.method, Method::GET | Method::HEAD) || parts.method == original.method;
    if same_path && same_method { Ok(original) } else { Err(Unclear::Question) }
}

/// The method that a preflight asks about. What it must not carry is not ours to take out here, so it is none then.
fn preflight(method: &Method, headers: &HeaderMap) -> Option<Method> {
    let somebodys = headers.contains_key(header::COOKIE) || headers.contains_key(header::AUTHORIZATION);
    preflight::asked(method, headers, has_body(headers)).filter(|_| !somebodys)
}

/// Whether a browser opens a WebSocket. Most proxies keep `Upgrade` to themselves; no script can set the others.
fn is_handshake(headers: &HeaderMap) -> bool {
    headers.contains_key(header::UPGRADE)
        || headers.contains_key(header::SEC_WEBSOCKET_KEY)
        || headers.contains_key(header::SEC_WEBSOCKET_VERSION)
        || headers.get("sec-fetch-mode").is_some_and(|mode| mode == "websocket")
}

/// Whether the request that is asked about is said to have a body. Proxies that leave that out of their question pass on
/// a preflight with a body as one without.
fn has_body(headers: &HeaderMap) -> bool {
    let length = headers.get(header::CONTENT_LENGTH);
    headers.contains_key(header::TRANSFER_ENCODING) || length.is_some_and(|length| length != "0")
}

/// `auth_request` takes every other status for a failure of ours, and shows the browser 500.
fn known_to_nginx(mut response: Response) -> Response {
    if response.status().is_client_error() && response.status() != StatusCode::UNAUTHORIZED {
        *response.status_mut() = StatusCode::FORBIDDEN;
    }
    response
}

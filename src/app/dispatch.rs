//! Which door a request is for, told by its host alone: the sign-in host's, an application's, or none.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::response::{IntoResponse as _, Response};
use http::header::{CACHE_CONTROL, LOCATION, STRICT_TRANSPORT_SECURITY};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use http_body_util::LengthLimitError;
use tokio::time::timeout;
use tower::ServiceExt as _;

use super::certificates::Tls;
use super::{AppError, House};
use crate::config::Settings;
use crate::decision::{RequestPath, target};
use crate::identity::Host;
use crate::listener::{Arrival, Certificates};
use crate::pages::{self, Assets};
use crate::telemetry::{Door as Place, Telemetry, Watch};
use crate::web::{self, Cause, Web};

/// Largest body that a door of our own takes: a form with a token or two.
const MAX_FORM: usize = 16 * 1024;
/// Largest body that the console takes: the claims of a person, and what a form makes of them in transit.
const MAX_ADMIN_FORM: usize = 256 * 1024;
/// How long such a body may take.
const FORM_PATIENCE: Duration = Duration::from_secs(10);

/// Where requests come in.
pub(super) struct Door {
    web: Arc<Web>,
    house: Arc<ArcSwapOption<House>>,
    telemetry: Arc<Telemetry>,
    hsts: Option<HeaderValue>,
    /// What authorities look at over plain HTTP, if they do.
    proofs: Option<Arc<Certificates>>,
}

impl Door {
    pub(super) fn new(
        settings: &Settings,
        web: Arc<Web>,
        house: Arc<ArcSwapOption<House>>,
        telemetry: Arc<Telemetry>,
        tls: &Tls,
    ) -> Result<Self, AppError> {
        let hsts = settings.server.hsts.filter(|_| settings.server.public_url.is_https());
        let hsts = hsts.map(|remembered| HeaderValue::try_from(format!("max-age={}", remembered.as_secs())));
        let hsts = hsts.transpose().map_err(|error| AppError::Internal(error.to_string()))?;
        Ok(Self { web, house, telemetry, hsts, proofs: tls.proofs() })
    }

    /// Answers one request, and counts it.
    pub(super) async fn answer(&self, request: &mut Request<Body>, arrival: &Arrival) -> Response {
        let mut watch = Watch::begin(&self.telemetry);
        let client = &arrival.client;
        watch.asked(request, client.ip(), client.trusted);
        // Assets are there at every host, since pages of ours are: they say nothing about it.
        if let Some(asset) = asset(request) {
            watch.at(Place::SignIn);
            return watch.end(asset);
        }
        let mut response = self.dispatch(request, arrival, &mut watch).await;
        self.vouch_for_https(&mut response, client.https);
        watch.end(response)
    }

    /// Tells browsers to come by https alone (RFC 6797): in our words, since TLS is ours and a host beside or below an
    /// application's is not the application's to speak for. Never over plain HTTP, and not at hosts that are not ours.
    fn vouch_for_https(&self, response: &mut Response, https: bool) {
        match &self.hsts {
            _ if !https => drop(response.headers_mut().remove(STRICT_TRANSPORT_SECURITY)),
            Some(hsts) if response.status() != StatusCode::MISDIRECTED_REQUEST => {
                response.headers_mut().insert(STRICT_TRANSPORT_SECURITY, hsts.clone());
            }
            _ => {}
        }
    }

    /// Sends a request over plain HTTP on to the same address by https, at a host of ours: whatever its method, which
    /// stays what it is (RFC 9110 15.4.9).
    pub(super) fn to_https<B>(&self, request: &Request<B>) -> Response {
        let headers = request.headers();
        let host = match target::host_of(request) {
            Ok(host) => host,
            Err(error) => return self.refuse_target(error, headers),
        };
        if let Some(proof) = self.proof(request.method(), request.uri().path(), &host) {
            return proof;
        }
        if host != *self.web.public_url.host() {
            let Some(house) = self.house.load_full() else {
                return self.web.refuse(Cause::Unavailable, headers, Assets::Application);
            };
            if !house.gateway.serves(&host) {
                return self.web.refuse(Cause::UnknownHost, headers, Assets::Application);
            }
        }
        let path = request.uri().path_and_query().map_or("/", PathAndQuery::as_str);
        let Ok(location) = HeaderValue::try_from(self.web.public_url.origin_of(&host) + path) else {
            return self.refuse_target(target::BadTarget::Malformed, headers);
        };
        let mut response = web::answer(StatusCode::PERMANENT_REDIRECT, "text/plain", Body::empty());
        response.headers_mut().insert(LOCATION, location);
        response
    }

    /// What a certificate authority is answered that looks whether a host is ours (RFC 8555 8.3): what it was told that
    /// it will find, else that there is nothing. No application's matter, and known without a database.
    fn proof(&self, method: &Method, path: &str, host: &Host) -> Option<Response> {
        let certificates = self.proofs.as_ref().filter(|_| method == Method::GET)?;
        let token = path.strip_prefix("/.well-known/acme-challenge/")?;
        Some(match certificates.proof(host.as_str(), token) {
            Some(proof) => web::answer(StatusCode::OK, "application/octet-stream", proof.into()),
            None => web::answer(StatusCode::NOT_FOUND, "text/plain", Body::empty()),
        })
    }

    fn refuse_target(&self, error: target::BadTarget, headers: &HeaderMap) -> Response {
        let cause = match error {
            target::BadTarget::Method => Cause::MethodNotAllowed,
            _ => Cause::BadRequest,
        };
        self.web.refuse_because(cause, &error, headers, Assets::Application)
    }

    async fn dispatch(&self, request: &mut Request<Body>, arrival: &Arrival, watch: &mut Watch<'_>) -> Response {
        let Some(house) = self.house.load_full() else {
            return self.web.refuse(Cause::Unavailable, request.headers(), Assets::Application);
        };
        let is_websocket = target::unfold_websocket(request);
        let host = match target::host_of(request) {
            Ok(host) => host,
            Err(error) => return self.refuse_target(error, request.headers()),
        };
        if !arrival.client.may_ask_for(host.as_str()) {
            return self.web.refuse(Cause::Misdirected, request.headers(), Assets::Application);
        }
        if is_websocket {
            return Box::pin(self.websocket(&house, host, request, arrival, watch)).await;
        }
        if let Some(endpoint) = house.gateway.endpoint(&host, request) {
            return Box::pin(house.gateway.answer_proxy(endpoint, std::mem::take(request), arrival, watch)).await;
        }
        if host == *self.web.public_url.host() {
            watch.at(place(request.uri().path()));
            return Box::pin(self.sign_in_host(&house, host, std::mem::take(request))).await;
        }
        if !house.gateway.serves(&host) {
            return self.web.refuse(Cause::UnknownHost, request.headers(), Assets::Application);
        }
        match RequestPath::parse(request.uri()) {
            Ok(path) if path.is_ours() => {
                watch.at(Place::SignIn);
                Box::pin(self.route(&house.application_host, Assets::Application, host, std::mem::take(request))).await
            }
            Ok(path) => house.gateway.answer(host, path, request, arrival, watch).await,
            Err(ambiguous) => house.gateway.refuse_ambiguous(watch, &host, &ambiguous, request.headers()),
        }
    }

    /// A WebSocket over HTTP/2: to an application or nowhere, since no door of ours is one, and any success would open it.
    async fn websocket(
        &self,
        house: &House,
        host: Host,
        request: &mut Request<Body>,
        arrival: &Arrival,
        watch: &mut Watch<'_>,
    ) -> Response {
        if host == *self.web.public_url.host() || !house.gateway.serves(&host) {
            return self.web.refuse(Cause::UnknownHost, request.headers(), Assets::Application);
        }
        match RequestPath::parse(request.uri()) {
            Ok(path) if path.is_ours() => {
                self.web.refuse(Cause::MethodNotAllowed, request.headers(), Assets::Application)
            }
            Ok(path) => house.gateway.answer(host, path, request, arrival, watch).await,
            Err(ambiguous) => house.gateway.refuse_ambiguous(watch, &host, &ambiguous, request.headers()),
        }
    }

    async fn sign_in_host(&self, house: &House, host: Host, request: Request<Body>) -> Response {
        if request.uri().path() == "/.well-known/vestibule/jwks.json" {
            return self.jwks(house, &request);
        }
        let changes = !request.method().is_safe() && place(request.uri().path()) != Place::SignIn;
        let response = self.route(&house.sign_in_host, Assets::SignIn, host, request).await;
        // Not for who was refused: strangers cause no reads of the database.
        if changes && (response.status().is_success() || response.status().is_redirection()) {
            house.catch_up().await;
        }
        response
    }

    /// The keys that applications verify assertions with. They may keep them as long as one assertion lives.
    fn jwks(&self, house: &House, request: &Request<Body>) -> Response {
        if request.method() != Method::GET && request.method() != Method::HEAD {
            return self.web.refuse(Cause::MethodNotAllowed, request.headers(), Assets::SignIn);
        }
        let body = Body::from(house.jwks.to_string());
        let mut response = web::answer(StatusCode::OK, "application/jwk-set+json", body);
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
        response
    }

    /// To a door of our own, with a body that has come whole: our forms are small, and nobody who is not known yet may
    /// keep us waiting for one.
    async fn route(&self, router: &Router, assets: Assets, host: Host, request: Request<Body>) -> Response {
        let (mut parts, body) = request.into_parts();
        let readable = RequestPath::parse(&parts.uri).is_ok_and(|path| std::str::from_utf8(path.strict()).is_ok());
        if !readable {
            let why = "a path of ours is text";
            return self.web.refuse_because(Cause::BadRequest, &why, &parts.headers, assets);
        }
        let body = match timeout(FORM_PATIENCE, to_bytes(body, largest_form(parts.uri.path()))).await {
            Ok(Ok(body)) => body,
            Ok(Err(error)) if is_too_long(&error) => {
                return self.web.refuse(Cause::TooLarge, &parts.headers, assets);
            }
            _ => {
                let why = "a form of ours comes whole and at once";
                return self.web.refuse_because(Cause::BadRequest, &why, &parts.headers, assets);
            }
        };
        parts.extensions.insert(host);
        router.clone().oneshot(Request::from_parts(parts, Body::from(body))).await.into_response()
    }
}

/// Whether a body was given up since it is longer than it may be.
fn is_too_long(error: &axum::Error) -> bool {
    std::error::Error::source(error).is_some_and(|cause| cause.is::<LengthLimitError>())
}

/// The most that a form at this path may hold.
fn largest_form(path: &str) -> usize {
    if place(path) == Place::SignIn { MAX_FORM } else { MAX_ADMIN_FORM }
}

/// Whose a path of the sign-in host is.
fn place(path: &str) -> Place {
    if path == "/console" || path.starts_with("/console/") {
        Place::Console
    } else if path.starts_with("/api/") {
        Place::Api
    } else {
        Place::SignIn
    }
}

/// Whatever the host, and before there is a database: the page that says what is wrong needs its stylesheet too.
fn asset(request: &Request<Body>) -> Option<Response> {
    let name = request.uri().path().strip_prefix(Assets::Application.base())?.strip_prefix('/')?;
    let wanted = request.method() == Method::GET || request.method() == Method::HEAD;
    Some(web::asset(pages::asset(name).filter(|_| wanted)?, request.headers()))
}

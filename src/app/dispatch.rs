//! Which door a request is for, told by its host alone: the sign-in host's, an application's, or none.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::response::{IntoResponse as _, Response};
use http::header::CACHE_CONTROL;
use http::{HeaderValue, Method, Request};
use tokio::time::timeout;
use tower::ServiceExt as _;

use super::{AppError, House, Options};
use crate::base::Ambient;
use crate::config::Settings;
use crate::decision::{RequestPath, target};
use crate::identity::Host;
use crate::listener::Client;
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
#[derive(Clone)]
pub(super) struct Door {
    web: Arc<Web>,
    house: Arc<ArcSwapOption<House>>,
    telemetry: Arc<Telemetry>,
}

impl Door {
    pub(super) fn new(
        settings: &Settings,
        options: &Options,
        ambient: &Ambient,
        house: Arc<ArcSwapOption<House>>,
        telemetry: Arc<Telemetry>,
    ) -> Result<Self, AppError> {
        let web = Web::new(settings.server.public_url.clone(), options.notice.clone(), ambient.clone());
        let web = Arc::new(web.map_err(|error| AppError::Internal(error.to_string()))?);
        Ok(Self { web, house, telemetry })
    }

    /// Answers one request, and counts it.
    pub(super) async fn answer(&self, mut request: Request<Body>) -> Response {
        let mut watch = Watch::begin(&self.telemetry);
        if watch.is_close() {
            let client = request.extensions().get::<Client>();
            let (address, trusted) = (client.and_then(Client::ip), client.is_some_and(|client| client.trusted));
            watch.asked(&mut request, address, trusted);
        }
        let response = self.dispatch(request, &mut watch).await;
        watch.end(response)
    }

    async fn dispatch(&self, request: Request<Body>, watch: &mut Watch<'_>) -> Response {
        if let Some(asset) = asset(&request) {
            watch.at(Place::SignIn);
            return asset;
        }
        let Some(house) = self.house.load_full() else {
            return self.web.refuse(Cause::Unavailable, request.headers(), Assets::Application);
        };
        let (parts, body) = request.into_parts();
        let host = match target::check(&parts) {
            Ok(target) => target.host,
            Err(error) => {
                let cause = match error {
                    target::BadTarget::Method => Cause::MethodNotAllowed,
                    _ => Cause::BadRequest,
                };
                return self.web.refuse_because(cause, &error, &parts.headers, Assets::Application);
            }
        };
        if parts.extensions.get::<Client>().is_some_and(|client| !client.may_ask_for(host.as_str())) {
            return self.web.refuse(Cause::Misdirected, &parts.headers, Assets::Application);
        }
        let request = Request::from_parts(parts, body);
        if let Some(endpoint) = house.gateway.endpoint(&host, &request) {
            return Box::pin(house.gateway.answer_proxy(endpoint, request, watch)).await;
        }
        if host == *self.web.public_url.host() {
            watch.at(place(request.uri().path()));
            return Box::pin(self.sign_in_host(&house, host, request)).await;
        }
        if !house.gateway.serves(&host) {
            return self.web.refuse(Cause::UnknownHost, request.headers(), Assets::Application);
        }
        match RequestPath::parse(request.uri()) {
            Ok(path) if path.is_ours() => {
                watch.at(Place::SignIn);
                Box::pin(self.route(&house.application_host, Assets::Application, host, request)).await
            }
            Ok(path) => house.gateway.answer(host, path, request, watch).await,
            Err(error) => self.web.refuse_because(Cause::BadRequest, &error, request.headers(), Assets::Application),
        }
    }

    async fn sign_in_host(&self, house: &House, host: Host, request: Request<Body>) -> Response {
        if request.uri().path() == "/.well-known/vestibule/jwks.json" {
            return self.jwks(house, &request);
        }
        self.route(&house.sign_in_host, Assets::SignIn, host, request).await
    }

    /// The keys that applications verify assertions with. They may keep them as long as one assertion lives.
    fn jwks(&self, house: &House, request: &Request<Body>) -> Response {
        if request.method() != Method::GET && request.method() != Method::HEAD {
            return self.web.refuse(Cause::MethodNotAllowed, request.headers(), Assets::SignIn);
        }
        let body = Body::from(house.jwks.to_string());
        let mut response = web::answer(http::StatusCode::OK, "application/jwk-set+json", body);
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
        let Ok(Ok(body)) = timeout(FORM_PATIENCE, to_bytes(body, largest_form(parts.uri.path()))).await else {
            let why = "a form of ours is small and comes at once";
            return self.web.refuse_because(Cause::BadRequest, &why, &parts.headers, assets);
        };
        parts.extensions.insert(host);
        router.clone().oneshot(Request::from_parts(parts, Body::from(body))).await.into_response()
    }
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

//! Which door a request is for, told by its host alone: the sign-in host's, an application's, or none.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use http::{Method, Request};
use tower::ServiceExt as _;

use super::{AppError, House, Options};
use crate::base::Ambient;
use crate::config::Settings;
use crate::decision::{RequestPath, target};
use crate::identity::Host;
use crate::pages::{self, Assets};
use crate::web::{self, Cause, Web};

/// Where requests come in.
#[derive(Clone)]
pub(super) struct Door {
    web: Arc<Web>,
    house: Arc<ArcSwapOption<House>>,
}

impl Door {
    pub(super) fn new(
        settings: &Settings,
        options: &Options,
        ambient: &Ambient,
        house: Arc<ArcSwapOption<House>>,
    ) -> Result<Self, AppError> {
        let web = Web::new(settings.server.public_url.clone(), options.notice.clone(), ambient.clone());
        let web = Arc::new(web.map_err(|error| AppError::Internal(error.to_string()))?);
        Ok(Self { web, house })
    }

    /// Answers one request.
    pub(super) async fn answer(&self, request: Request<Body>) -> Response {
        if let Some(asset) = asset(&request) {
            return asset;
        }
        let Some(house) = self.house.load_full() else {
            return self.web.refuse(Cause::Unavailable, request.headers(), Assets::Application);
        };
        let (parts, body) = request.into_parts();
        let host = match target::check(&parts) {
            Ok(target) => target.host,
            Err(error) => {
                tracing::info!(cause = %error, "refused a request target");
                let cause = match error {
                    target::BadTarget::Method => Cause::MethodNotAllowed,
                    _ => Cause::BadRequest,
                };
                return self.web.refuse(cause, &parts.headers, Assets::Application);
            }
        };
        let request = Request::from_parts(parts, body);
        if host == *self.web.public_url.host() {
            return self.sign_in_host(&house, host, request).await;
        }
        if !house.gateway.serves(&host) {
            return self.web.refuse(Cause::UnknownHost, request.headers(), Assets::Application);
        }
        match RequestPath::parse(request.uri()) {
            Ok(path) if is_ours(&path) => route(&house.application_host, host, request).await,
            Ok(path) => house.gateway.answer(host, path, request).await,
            Err(error) => {
                tracing::info!(%host, cause = %error, "refused an ambiguous path");
                self.web.refuse(Cause::BadRequest, request.headers(), Assets::Application)
            }
        }
    }

    async fn sign_in_host(&self, house: &House, host: Host, request: Request<Body>) -> Response {
        if request.uri().path() == "/.well-known/vestibule/jwks.json" {
            let body = Body::from(house.jwks.to_string());
            return web::answer(http::StatusCode::OK, "application/jwk-set+json", body);
        }
        route(&house.sign_in_host, host, request).await
    }
}

/// Whatever the host, and before there is a database: the page that says what is wrong needs its stylesheet too.
fn asset(request: &Request<Body>) -> Option<Response> {
    let name = request.uri().path().strip_prefix(Assets::Application.base())?.strip_prefix('/')?;
    let wanted = request.method() == Method::GET || request.method() == Method::HEAD;
    Some(web::asset(pages::asset(name).filter(|_| wanted)?, request.headers()))
}

/// `/.vestibule/` on an application's host is never the application's, in whichever way the path is read.
fn is_ours(path: &RequestPath) -> bool {
    let under = |path: &[u8]| path == b"/.vestibule" || path.starts_with(b"/.vestibule/");
    under(path.strict()) || path.lenient().is_some_and(under)
}

async fn route(router: &Router, host: Host, mut request: Request<Body>) -> Response {
    request.extensions_mut().insert(host);
    router.clone().oneshot(request).await.into_response()
}

//! The REST API: what the console does, for programs.
//!
//! Every route stands in one table ([`routes`]), from which both the router and the OpenAPI document are made: what is
//! not described is not served. A token becomes a handle of `directory` ([`guard`]), and a route can do only what its
//! handle offers. Cookies count for nothing here, so no page of anybody can speak in an admin's name.

mod answer;
mod ask;
mod danger;
mod edit;
mod guard;
mod objects;
mod openapi;
mod operation;
mod refusal;
mod routes;
mod schema;
mod service_accounts;

mod applications;
mod attempts;
mod audit;
mod idps;
mod organizations;
mod overview;
mod policies;
mod tokens;
mod users;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn_with_state;
use bytes::Bytes;
use serde_json::Value;

use crate::base::{HttpClients, Pace};
use crate::directory::{Current, Directory, Live};
use crate::identity::TokenId;
use crate::session::HandoffKeys;
use crate::upstream::Forwarder;
use crate::web::{Notices, Troubles, Web};

/// Where the API begins on the sign-in host.
const BASE: &str = "/api/v1";

/// Requests of one token at once, after a pause, and how often one on average: enough for a program that reads a million
/// users page by page, too little to keep everybody else waiting.
const BURST: u32 = 100;
const STEP: Duration = Duration::from_millis(50);

/// Everything the API works with.
pub struct Api {
    web: Arc<Web>,
    directory: Directory,
    current: Arc<Current>,
    keys: Arc<HandoffKeys>,
    forwarder: Arc<Forwarder>,
    http: HttpClients,
    troubles: Troubles,
    notices: Notices,
    pace: Pace<TokenId>,
    /// The OpenAPI document, once somebody wants to see it: making it takes megabytes.
    document: OnceLock<Bytes>,
}

impl Api {
    /// The API over this directory.
    #[expect(clippy::too_many_arguments, reason = "the rooms it works with, handed over once where the house is built")]
    pub fn new(
        web: Arc<Web>,
        directory: Directory,
        current: Arc<Current>,
        keys: Arc<HandoffKeys>,
        forwarder: Arc<Forwarder>,
        http: HttpClients,
        troubles: Troubles,
        notices: Notices,
    ) -> Self {
        let pace = Pace::new(web.ambient.clone(), STEP, BURST);
        Self { web, directory, current, keys, forwarder, http, troubles, notices, pace, document: OnceLock::new() }
    }

    /// What is live.
    fn live(&self) -> Arc<Live> {
        self.current.get()
    }
}

/// The OpenAPI document.
pub fn document() -> Value {
    openapi::document(&routes::operations())
}

/// The API's routes on the sign-in host.
pub fn router(api: Arc<Api>) -> Router {
    let routes = routes::operations().into_iter().fold(Router::new(), |router, operation| {
        let (path, route) = operation.into_route();
        router.route(&path, route)
    });
    routes
        .route(&format!("{BASE}/{{*path}}"), axum::routing::any(refusal::nothing_here))
        .method_not_allowed_fallback(refusal::wrong_method)
        .layer(from_fn_with_state(Arc::clone(&api), refusal::tell))
        .with_state(api)
}

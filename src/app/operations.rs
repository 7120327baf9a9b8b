//! `/healthz`, `/readyz` and `/metrics`, on a listener of their own.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use tokio::sync::watch;

use super::House;
use crate::telemetry::{Metrics, Moment};

/// What is told to whoever operates us.
pub(super) struct Desk {
    pub(super) house: Arc<ArcSwapOption<House>>,
    pub(super) metrics: Arc<Metrics>,
    /// Whether it is time to stop.
    pub(super) stopped: watch::Receiver<bool>,
}

/// The routes for whoever operates us.
pub(super) fn router(desk: Arc<Desk>) -> Router {
    let router = Router::new().route("/healthz", get(healthz)).route("/readyz", get(readyz));
    router.route("/metrics", get(metrics)).with_state(desk)
}

/// The process lives.
async fn healthz() -> &'static str {
    "ok\n"
}

/// People can enter: the configuration was taken in, the database answers, and it is not time to stop.
async fn readyz(State(desk): State<Arc<Desk>>) -> (StatusCode, &'static str) {
    if *desk.stopped.borrow() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping: no new requests, please\n");
    }
    let Some(house) = desk.house.load_full() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "starting: the database cannot be used yet\n");
    };
    match house.is_ready().await {
        Ok(()) => (StatusCode::OK, "ok\n"),
        Err(cause) => {
            tracing::error!(%cause, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n")
        }
    }
}

/// All numbers, from memory.
async fn metrics(State(desk): State<Arc<Desk>>) -> impl IntoResponse {
    let stopping = *desk.stopped.borrow();
    let moment = desk.house.load_full().map(|house| house.moment()).unwrap_or_default();
    let moment = Moment { ready: moment.ready && !stopping, stopping, ..moment };
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], desk.metrics.expose(&moment))
}

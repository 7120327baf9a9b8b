//! `/healthz` and `/readyz`, on a listener of their own.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use http::StatusCode;

use super::House;

/// The routes for whoever operates us.
pub(super) fn router(house: Arc<ArcSwapOption<House>>) -> Router {
    Router::new().route("/healthz", get(healthz)).route("/readyz", get(readyz)).with_state(house)
}

/// The process lives.
async fn healthz() -> &'static str {
    "ok\n"
}

/// The database answers, so people can enter.
async fn readyz(State(house): State<Arc<ArcSwapOption<House>>>) -> (StatusCode, &'static str) {
    let Some(house) = house.load_full() else {
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

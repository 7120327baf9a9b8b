//! How the upstreams of an application are.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

use crate::api::Api;
use crate::api::answer::{Answer, json};
use crate::api::ask::At;
use crate::api::guard::Caller;
use crate::identity::{ApplicationId, Destination, OrganizationId, UpstreamUrl};
use crate::upstream::{UpstreamHealth, UpstreamState};

/// How the upstreams of an application are, as this process knows it.
#[derive(Serialize, JsonSchema)]
pub(in crate::api) struct Health {
    /// Each of them, in order.
    upstreams: Vec<Upstream>,
}

/// How an upstream is.
#[derive(Serialize, JsonSchema)]
struct Upstream {
    /// Which one.
    #[schemars(with = "String")]
    upstream: UpstreamUrl,
    /// Whether it takes part, is left out as long as another one is up, or nothing is known of it.
    state: Word,
    /// Why it is down.
    why: Option<String>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Word {
    Unknown,
    Up,
    Down,
}

pub(in crate::api) async fn show(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At((organization, application)): At<(OrganizationId, ApplicationId)>,
) -> Answer {
    let live = api.live();
    let (organization, own) = api.application(&caller, &live, &organization, &application)?;
    let destinations = Destination::all_of(&own.spec, &organization.allotment);
    let upstreams = api.forwarder.health(&destinations).into_iter().map(told).collect();
    json(StatusCode::OK, &Health { upstreams })
}

fn told(UpstreamHealth { upstream, state }: UpstreamHealth) -> Upstream {
    let (state, why) = match state {
        UpstreamState::Unknown => (Word::Unknown, None),
        UpstreamState::Up => (Word::Up, None),
        UpstreamState::Down(why) => (Word::Down, Some(why.to_string())),
    };
    Upstream { upstream, state, why }
}

//! Asking before anything is saved: a provider what it is, an upstream whether it answers.

use std::sync::Arc;

use axum::extract::State;
use futures_util::future::join_all;
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Api;
use super::answer::{Answer, json};
use super::ask::{At, Sent};
use super::guard::Caller;
use super::refusal::Refusal;
use crate::base::Addresses;
use crate::directory::Admin;
use crate::identity::{ApplicationId, ClientAuth, Destination, Host, OrganizationId, UpstreamUrl};
use crate::oidc::preview;

/// A provider that shall tell of itself.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ProviderToDiscover {
    /// Its issuer identifier.
    issuer: String,
}

/// A provider as it describes itself.
#[derive(Serialize, JsonSchema)]
pub(super) struct Discovered {
    /// Its issuer identifier, exactly as it writes it.
    issuer: String,
    /// How we may authenticate there; null: in no way of ours.
    client_auth: Option<&'static str>,
    /// Those of our usual scopes that it knows.
    scopes: Vec<String>,
    /// The claims that it announces.
    claims: Vec<String>,
    /// How many of its keys can verify a signature that we accept.
    keys: usize,
}

/// What became of a test.
#[derive(Serialize, JsonSchema)]
pub(super) struct Tested {
    /// Each of the upstreams, in order.
    upstreams: Vec<TestedUpstream>,
}

/// What became of a test of one upstream.
#[derive(Serialize, JsonSchema)]
struct TestedUpstream {
    /// Which one.
    #[schemars(with = "String")]
    upstream: UpstreamUrl,
    /// What the upstream answered to `GET /` by nobody; null: nothing.
    status: Option<u16>,
    /// How long that took.
    milliseconds: Option<u64>,
    /// Why there was no answer.
    why: Option<String>,
}

/// A request as an upstream would receive it.
#[derive(Serialize, JsonSchema)]
pub(super) struct Received {
    /// Its first line.
    line: String,
    /// What we say in its headers, in their order. The signed assertion is left out.
    headers: Vec<ReceivedHeader>,
    /// What the assertion says; null: there is none.
    assertion: Option<Map<String, Value>>,
}

/// A header that we say something in.
#[derive(Serialize, JsonSchema)]
struct ReceivedHeader {
    name: String,
    value: String,
}

impl Api {
    async fn tested(&self, destination: &Destination, host: &Host, pass_host: bool) -> TestedUpstream {
        let upstream = destination.upstream().clone();
        match self.forwarder.probe(destination, host, pass_host).await {
            Ok(probed) => TestedUpstream {
                upstream,
                status: Some(probed.status.as_u16()),
                milliseconds: u64::try_from(probed.took.as_millis()).ok(),
                why: None,
            },
            Err(error) => TestedUpstream { upstream, status: None, milliseconds: None, why: Some(error.to_string()) },
        }
    }

    async fn discovered(&self, caller: &Caller, addresses: Addresses, issuer: &str) -> Answer {
        self.errand(caller, 1)?;
        let found = preview(issuer, self.http.to(addresses)).await;
        let found = found.map_err(|error| Refusal::Flawed(vec![("issuer".to_owned(), error.to_string())]))?;
        let told = Discovered {
            issuer: found.issuer.to_string(),
            client_auth: found.client_auth.map(|auth| match auth {
                ClientAuth::Basic => "basic",
                ClientAuth::Post => "post",
                ClientAuth::None => "none",
            }),
            scopes: found.scopes,
            claims: found.claims,
            keys: found.keys,
        };
        json(StatusCode::OK, &told)
    }
}

pub(super) async fn discover(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Sent(provider): Sent<ProviderToDiscover>,
) -> Answer {
    api.server_admin(&caller)?;
    api.discovered(&caller, Addresses::Any, &provider.issuer).await
}

pub(super) async fn discover_for_organization(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At(organization): At<OrganizationId>,
    Sent(provider): Sent<ProviderToDiscover>,
) -> Answer {
    let addresses = match api.editor(&caller, &api.live(), &organization)? {
        Admin::Server(_) => Addresses::Any,
        // Our own network is no business of an organization's.
        Admin::Organization(_) => Addresses::Public,
    };
    api.discovered(&caller, addresses, &provider.issuer).await
}

pub(super) async fn test(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At((organization, application)): At<(OrganizationId, ApplicationId)>,
) -> Answer {
    let live = api.live();
    let (organization, own) = api.application(&caller, &live, &organization, &application)?;
    let spec = &own.spec;
    let host = spec.hosts.first().ok_or(Refusal::NotFound)?;
    let destinations = Destination::all_of(spec, &organization.allotment);
    api.errand(&caller, destinations.len())?;
    let told = destinations.iter().map(|destination| api.tested(destination, host, spec.pass_host));
    json(StatusCode::OK, &Tested { upstreams: join_all(told).await })
}

pub(super) async fn sample(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At((organization, application)): At<(OrganizationId, ApplicationId)>,
) -> Answer {
    let live = api.live();
    let (organization, own) = api.application(&caller, &live, &organization, &application)?;
    let sample = api.forwarder.sample_of(organization, own);
    let sample = sample.ok_or_else(|| Refusal::Invalid("nobody may enter, so nothing is received".to_owned()))?;
    let assertion = sample.claims.map(|claims| serde_json::from_str(&claims)).transpose();
    let assertion = assertion.map_err(|error| Refusal::Store(error.to_string()))?;
    let headers = sample.headers.into_iter().map(|(name, value)| ReceivedHeader { name, value }).collect();
    json(StatusCode::OK, &Received { line: sample.line, headers, assertion })
}

//! Asking upstreams whether they are well: again and again, as nobody, over a connection of its own, which goes through
//! the same guard as all others. One task for each application that wants it, for as long as it is live.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use futures_util::future::join_all;
use http::{HeaderMap, HeaderValue, Request, StatusCode, Uri, Version, header};
use tokio::task::AbortHandle;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::Forwarder;
use super::outgoing::{Addressed, own_authority};
use super::patience::Patience;
use super::pool::{Pool, Shelf};
use crate::decision::Route;
use crate::identity::{ApplicationKey, Destination, HealthCheck, UpstreamProtocol};

/// Most upstreams that are asked at all, of all applications together: each may hold a socket at any moment.
const MAX_ASKED: usize = 2_000;

/// The tasks that ask.
#[derive(Default)]
pub(super) struct Checks(Mutex<HashMap<ApplicationKey, Running>>);

/// One application's task, which ends with it.
struct Running {
    plan: Arc<Plan>,
    task: AbortHandle,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What is asked of whom.
#[derive(PartialEq, Eq)]
struct Plan {
    check: HealthCheck,
    destinations: Vec<Destination>,
    uri: Uri,
    headers: HeaderMap,
    pass_host: bool,
}

impl Forwarder {
    /// Asks the upstreams of these applications, as they wish, and no longer those of others. What stays as it was goes
    /// on undisturbed.
    pub fn watch<'a>(&self, routes: impl IntoIterator<Item = &'a Arc<Route>>) {
        let mut running = self.checks.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut before = std::mem::take(&mut *running);
        let mut left = MAX_ASKED;
        for route in routes {
            let Some(plan) = self.plan(route) else { continue };
            let Some(rest) = left.checked_sub(plan.destinations.len()) else {
                tracing::warn!(application = %route.application(), "too many upstreams are asked whether they are well");
                continue;
            };
            left = rest;
            let same = before.remove(&route.key()).filter(|other| *other.plan == plan);
            running.insert(route.key(), same.unwrap_or_else(|| start(&self.pool, plan)));
        }
    }

    fn plan(&self, route: &Route) -> Option<Plan> {
        let (spec, destinations) = (route.spec(), route.destinations().to_vec());
        let check = spec.connection.health.clone()?;
        let mut headers = HeaderMap::new();
        let addressed =
            Addressed { host: spec.hosts.first()?, received: Version::HTTP_11, forwarded_for: None, prefix: None };
        self.address(&mut headers, addressed);
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        headers.insert(header::USER_AGENT, HeaderValue::from_static("vestibule (health check)"));
        let uri = check.path.as_str().parse().ok()?;
        Some(Plan { check, destinations, uri, headers, pass_host: spec.pass_host })
    }
}

fn start(pool: &Arc<Pool>, plan: Plan) -> Running {
    let plan = Arc::new(plan);
    let task = tokio::spawn(run(Arc::clone(pool), Arc::clone(&plan))).abort_handle();
    Running { plan, task }
}

async fn run(pool: Arc<Pool>, plan: Arc<Plan>) {
    let mut patients: Vec<Patient<'_>> = plan.destinations.iter().map(|it| Patient::new(it, &pool)).collect();
    let mut ticks = interval(plan.check.interval.duration());
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        join_all(patients.iter_mut().map(|patient| patient.ask(&pool, &plan))).await;
    }
}

/// An upstream that is asked, and how often in a row its answers were good or bad.
struct Patient<'a> {
    destination: &'a Destination,
    shelf: Arc<Shelf>,
    good: u8,
    bad: u8,
}

impl<'a> Patient<'a> {
    fn new(destination: &'a Destination, pool: &Pool) -> Self {
        Self { destination, shelf: pool.shelf(destination), good: 0, bad: 0 }
    }

    async fn ask(&mut self, pool: &Pool, plan: &Plan) {
        // Waiting for room would be held against an upstream that has much to do, and not to wait would speak for one that
        // hangs: what was known of it stays.
        if self.shelf.is_full() {
            return;
        }
        let patience = plan.check.timeout.min(plan.check.interval).duration();
        let answer = timeout(patience, self.answer(pool, plan, &Patience::new(patience))).await;
        match answer.unwrap_or_else(|_| Err("it did not answer its check in time".to_owned())) {
            Ok(()) => (self.good, self.bad) = (self.good.saturating_add(1), 0),
            Err(why) => {
                (self.good, self.bad) = (0, self.bad.saturating_add(1));
                if self.bad >= plan.check.fall {
                    self.shelf.health.checked(self.destination.name(), Some(&why));
                }
            }
        }
        if self.good >= plan.check.rise {
            self.shelf.health.checked(self.destination.name(), None);
        }
    }

    /// Nothing of the answer is read but its status.
    async fn answer(&self, pool: &Pool, plan: &Plan, patience: &Patience) -> Result<(), String> {
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = plan.uri.clone();
        *request.headers_mut() = plan.headers.clone();
        if !plan.pass_host {
            request.headers_mut().insert(header::HOST, own_authority(self.destination));
        }
        let status = self.status(pool, request, patience).await?;
        let well = status.is_success() || status.is_redirection();
        if well { Ok(()) } else { Err(format!("it answered its check with {status}")) }
    }

    /// Over HTTP/1.1 on a connection of its own.
    async fn status(&self, pool: &Pool, mut request: Request<Body>, patience: &Patience) -> Result<StatusCode, String> {
        if self.destination.protocol() == UpstreamProtocol::Http2 {
            let answer = pool.send(self.destination, &self.shelf, &mut request, patience).await;
            return answer.map(|answer| answer.status()).map_err(|failed| failed.error.to_string());
        }
        let health = &self.shelf.health;
        let mut line = match pool.connect(self.destination, &self.shelf.trust).await {
            Ok(line) => line,
            Err(error) => {
                health.unreachable(self.destination.name(), &error);
                return Err(error.to_string());
            }
        };
        health.reachable(self.destination.name());
        let answer = line.send(request, patience).await;
        answer.map(|answer| answer.status()).map_err(|unanswered| unanswered.error.to_string())
    }
}

/// What nobody asks about any more is not held against it.
impl Drop for Patient<'_> {
    fn drop(&mut self) {
        self.shelf.health.checked(self.destination.name(), None);
    }
}

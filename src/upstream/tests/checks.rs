//! Upstreams that are asked whether they are well.

use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use axum::body::Body;
use http::Response;

use super::kit::*;
use crate::decision::{RouteTable, sample};
use crate::identity::{Application, HealthCheck};
use crate::telemetry::Metrics;
use crate::upstream::{Forwarder, Settings, UpstreamState};

/// A wiki whose upstream is asked every second, and believed at once.
fn watched(url: &str) -> Application {
    let mut wiki = sample::wiki(url, Vec::new());
    let path = "/healthz?brief".parse().unwrap();
    let interval = "1s".parse().unwrap();
    wiki.spec.connection.health = Some(HealthCheck { path, interval, timeout: interval, fall: 1, rise: 1 });
    wiki
}

fn routes(applications: Vec<Application>) -> RouteTable {
    RouteTable::compile(&sample::catalogue(applications), &Metrics::default())
}

fn state(forwarder: &Forwarder, routes: &RouteTable) -> UpstreamState {
    forwarder.health(routes.routes()[0].destinations()).remove(0).state
}

/// Waits until it is so.
async fn until(is: impl Fn() -> bool) {
    for _ in 0..2_000 {
        if is() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it never came to be so");
}

#[tokio::test]
async fn an_upstream_is_down_while_it_says_so_and_asked_as_nobody() {
    let status = Arc::new(AtomicU16::new(503));
    let asked = Arc::new(AtomicUsize::new(0));
    let (told, count) = (Arc::clone(&status), Arc::clone(&asked));
    let url = serve(move |request| {
        assert_eq!(request.uri(), "/healthz?brief");
        assert_eq!(request.headers()["host"], "wiki.example.com");
        let names: Vec<_> = request.headers().keys().map(http::HeaderName::as_str).collect();
        assert!(!names.iter().any(|name| name.starts_with("remote-") || *name == "cookie"), "{names:?}");
        assert!(!names.contains(&"x-vestibule-assertion"));
        count.fetch_add(1, Ordering::SeqCst);
        let status = told.load(Ordering::SeqCst);
        Box::pin(async move { Response::builder().status(status).body(Body::empty()).unwrap() })
    })
    .await;
    let forwarder = forwarder(Settings::default());
    let routes = routes(vec![watched(&url)]);
    assert_eq!(state(&forwarder, &routes), UpstreamState::Unknown);
    forwarder.watch(&routes.routes());
    until(|| matches!(state(&forwarder, &routes), UpstreamState::Down(why) if why.contains("503"))).await;
    // It is the only one, so it is tried anyway.
    status.store(204, Ordering::SeqCst);
    until(|| state(&forwarder, &routes) == UpstreamState::Up).await;
    // The same again disturbs nothing; without the application nobody asks.
    forwarder.watch(&routes.routes());
    forwarder.watch(&[]);
    tokio::task::yield_now().await;
    let before = asked.load(Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    assert_eq!(asked.load(Ordering::SeqCst), before);
}

#[tokio::test]
async fn what_is_ours_is_not_asked() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = listener.local_addr().unwrap();
    let forwarder = forwarder_beside(Settings::default(), &[own]);
    let routes = routes(vec![watched(&format!("http://{own}"))]);
    forwarder.watch(&routes.routes());
    until(|| matches!(state(&forwarder, &routes), UpstreamState::Down(why) if why.contains("ourselves"))).await;
    let connected = std::future::poll_fn(|cx| std::task::Poll::Ready(listener.poll_accept(cx).is_ready())).await;
    assert!(!connected);
}

#[tokio::test]
async fn an_upstream_is_believed_after_as_many_answers_in_a_row_as_it_takes() {
    use UpstreamState::{Down, Up};
    const ANSWERS: [u16; 7] = [503, 204, 503, 503, 302, 503, 200];
    let judged = Arc::new(Mutex::new(Vec::new()));
    let judge = Arc::new(OnceLock::<(Forwarder, RouteTable)>::new());
    let (seen, at) = (Arc::clone(&judged), Arc::clone(&judge));
    let url = serve(move |_| {
        // What is thought of it by then is of all earlier answers.
        let (forwarder, routes) = at.get().unwrap();
        let mut seen = seen.lock().unwrap();
        seen.push(state(forwarder, routes));
        let status = *ANSWERS.get(seen.len() - 1).unwrap_or(&200);
        Box::pin(async move { Response::builder().status(status).body(Body::empty()).unwrap() })
    })
    .await;
    let mut wiki = watched(&url);
    let health = wiki.spec.connection.health.as_mut().unwrap();
    (health.fall, health.rise) = (2, 2);
    let (forwarder, routes) = judge.get_or_init(|| (forwarder(Settings::default()), routes(vec![wiki])));
    forwarder.watch(&routes.routes());
    until(|| judged.lock().unwrap().len() > ANSWERS.len() + 1).await;
    let mut judged = judged.lock().unwrap().clone();
    judged.truncate(ANSWERS.len() + 2);
    let down = || Down("it answered its check with 503 Service Unavailable".into());
    assert_eq!(judged, [Up, Up, Up, Up, down(), down(), down(), down(), Up]);
}

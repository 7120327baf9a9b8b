//! Several upstreams of one application: each in turn, and another one when one cannot be reached.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use tokio::net::TcpListener;

use super::kit::*;
use crate::decision::{Decision, Permit, RouteTable, sample};
use crate::identity::Upstreams;
use crate::telemetry::Metrics;
use crate::upstream::{ForwardError, Forwarder, Settings};

/// The wiki in front of these.
struct Wiki {
    forwarder: Forwarder,
    routes: RouteTable,
}

impl Wiki {
    fn before(urls: &[&str]) -> Self {
        let mut wiki = sample::wiki("http://a", Vec::new());
        wiki.spec.upstream = Upstreams::new(urls.iter().map(|url| url.parse().unwrap()).collect()).unwrap();
        wiki.spec.pass_host = false;
        let routes = RouteTable::compile(&sample::catalogue(vec![wiki]), &Metrics::default());
        Self { forwarder: forwarder(Settings::default()), routes }
    }

    fn permit(&self) -> Permit {
        let host = sample::host("wiki.example.com");
        match sample::decide(&self.routes, &host, "/page", Some(&member())) {
            Decision::Permit(permit) => permit,
            other => panic!("{other:?}"),
        }
    }

    async fn send(&self, method: &str, body: Body) -> Result<(), ForwardError> {
        let mut request = Request::builder().method(method).body(body).unwrap();
        let answer = self.forwarder.forward(self.permit(), &mut request, chain(), always()).await?;
        assert_eq!(answer.status(), StatusCode::OK);
        answer.into_body().collect().await.unwrap();
        Ok(())
    }

    async fn get(&self) -> Result<(), ForwardError> {
        self.send("GET", Body::empty()).await
    }
}

/// Where nothing listens.
async fn nobody() -> String {
    format!("http://{}", TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap())
}

/// An upstream that counts its requests, each of which has to name it in `Host`.
async fn counting() -> (String, Arc<AtomicUsize>) {
    let hits = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&hits);
    let own = Arc::new(std::sync::OnceLock::<String>::new());
    let known = Arc::clone(&own);
    let url = serve(move |request| {
        assert_eq!(request.headers()["host"], **known.get().unwrap());
        count.fetch_add(1, Ordering::SeqCst);
        Box::pin(async { http::Response::new(Body::from("ok")) })
    })
    .await;
    own.set(url.trim_start_matches("http://").to_owned()).unwrap();
    (url, hits)
}

fn read(hits: &AtomicUsize) -> usize {
    hits.load(Ordering::SeqCst)
}

#[tokio::test]
async fn each_has_its_turn() {
    let ((a, hits_a), (b, hits_b), (c, hits_c)) = (counting().await, counting().await, counting().await);
    let wiki = Wiki::before(&[&a, &b, &c]);
    for _ in 0..6 {
        wiki.get().await.unwrap();
    }
    assert_eq!([read(&hits_a), read(&hits_b), read(&hits_c)], [2, 2, 2]);
}

#[tokio::test]
async fn what_could_not_be_sent_to_one_goes_to_another_whatever_it_is() {
    let (up, hits) = counting().await;
    let (down, other) = (nobody().await, nobody().await);
    let wiki = Wiki::before(&[&down, &other, &up]);
    // Nothing of it has been sent when the connection fails, so this is no repetition.
    wiki.send("POST", Body::from("pay")).await.unwrap();
    assert_eq!(read(&hits), 1);
    for _ in 0..5 {
        wiki.get().await.unwrap();
    }
    assert_eq!(read(&hits), 6);
}

#[tokio::test]
async fn one_that_is_down_is_left_alone_and_its_turns_are_shared() {
    let ((a, hits_a), (b, hits_b)) = (counting().await, counting().await);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let down = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let wiki = Wiki::before(&[&down, &a, &b]);
    wiki.get().await.unwrap();
    // It would take part again at once.
    let tried = TcpListener::bind(down.trim_start_matches("http://")).await.unwrap();
    for _ in 0..12 {
        wiki.get().await.unwrap();
    }
    assert_eq!(read(&hits_a) + read(&hits_b), 13);
    assert!(read(&hits_a).abs_diff(read(&hits_b)) <= 1, "{} {}", read(&hits_a), read(&hits_b));
    let connected = std::future::poll_fn(|cx| std::task::Poll::Ready(tried.poll_accept(cx).is_ready())).await;
    assert!(!connected, "it was not left alone");
}

#[tokio::test]
async fn if_all_are_down_one_is_tried_anyway_and_no_more_than_one() {
    let (a, b) = (nobody().await, nobody().await);
    let wiki = Wiki::before(&[&a, &b]);
    for _ in 0..3 {
        let error = wiki.get().await.unwrap_err();
        assert!(matches!(error, ForwardError::Unreachable(_)), "{error:?}");
    }
    let (address, count) = (a.trim_start_matches("http://").to_owned(), Arc::new(AtomicUsize::new(0)));
    let listener = TcpListener::bind(&address).await.unwrap();
    let seen = Arc::clone(&count);
    tokio::spawn(async move {
        loop {
            drop(listener.accept().await.unwrap());
            seen.fetch_add(1, Ordering::SeqCst);
        }
    });
    // Both are thought to be down: their turns come nevertheless, and one of them finds out that `a` is there.
    for _ in 0..2 {
        wiki.get().await.unwrap_err();
    }
    assert!(read(&count) > 0);
}

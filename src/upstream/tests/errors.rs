use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::Body;
use http::Request;
use http_body_util::BodyExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::kit::*;
use crate::decision::{RouteTable, sample};
use crate::identity::{Application, UpstreamProtocol};
use crate::telemetry::Metrics;
use crate::upstream::{ForwardError, Settings, UpstreamState};

/// An upstream that reads a head and then writes these bytes and closes; without bytes it never answers.
async fn raw(answer: Option<&'static str>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let mut head = [0; 4096];
                let _ = stream.read(&mut head).await;
                match answer {
                    Some(answer) => drop(stream.write_all(answer.as_bytes()).await),
                    None => std::future::pending().await,
                }
            });
        }
    });
    url
}

async fn fails(url: &str, mut request: Request<Body>) -> ForwardError {
    let settings = Settings { head_timeout: Duration::from_millis(100), ..Settings::default() };
    forwarder(settings).forward(permit(url), &mut request, chain(), always()).await.unwrap_err()
}

fn get() -> Request<Body> {
    Request::new(Body::empty())
}

#[tokio::test]
async fn an_upstream_that_is_not_there_is_502() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let error = fails(&format!("http://{taken}"), get()).await;
    assert!(matches!(error, ForwardError::Unreachable(_)), "{error:?}");
    assert_eq!(error.status(), 502);
    let error = fails("http://no-such-name.invalid:80", get()).await;
    assert_eq!(error.status(), 502);
}

#[tokio::test]
async fn localhost_names_are_this_machine() {
    let (url, mut seen) = observing().await;
    forward(permit(&url.replace("127.0.0.1", "app.localhost")), get()).await.unwrap();
    assert_eq!(seen.recv().await.unwrap().parts.uri, "/page");
}

#[tokio::test]
async fn an_upstream_that_does_not_answer_is_504() {
    let error = fails(&raw(None).await, get()).await;
    assert!(matches!(error, ForwardError::HeadTimeout), "{error:?}");
    assert_eq!(error.status(), 504);
}

#[tokio::test]
async fn an_upstream_that_answers_nonsense_is_502() {
    let flood: &'static str = Box::leak(format!("HTTP/1.1 200 OK\r\na: {}\r\n\r\n", "x".repeat(1_000_000)).into());
    for answer in ["", "HTTP/1.1 2", "SSH-2.0-x\r\n", flood] {
        let error = fails(&raw(Some(answer)).await, get()).await;
        assert!(matches!(error, ForwardError::Broken(_)), "{error:?}");
        assert_eq!(error.status(), 502);
    }
}

#[tokio::test]
async fn a_change_of_protocol_that_nobody_asked_for_is_502() {
    let answer = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";
    let error = fails(&raw(Some(answer)).await, get()).await;
    assert!(matches!(error, ForwardError::Protocol | ForwardError::Broken(_)), "{error:?}");
    assert_eq!(error.status(), 502);
}

#[tokio::test]
async fn a_request_body_that_breaks_off_is_400() {
    let (url, _seen) = observing().await;
    let (send, body) = gated();
    send.send(data("a")).unwrap();
    send.send(Err(io::Error::other("gone"))).unwrap();
    let error = fails(&url, Request::builder().method("POST").body(body).unwrap()).await;
    assert!(matches!(error, ForwardError::RequestBody), "{error:?}");
    assert_eq!(error.status(), 400);
}

#[tokio::test]
async fn methods_for_other_proxies_and_circles_are_refused() {
    let (url, _seen) = observing().await;
    for method in ["TRACE", "CONNECT"] {
        let error = fails(&url, Request::builder().method(method).body(Body::empty()).unwrap()).await;
        assert_eq!(error.status(), 405);
    }
    let round = Request::builder().header("Via", "1.1 vestibule, 1.1 vestibule, 1.1 vestibule");
    assert_eq!(fails(&url, round.body(Body::empty()).unwrap()).await.status(), 508);
}

/// An upstream whose connections each serve so many requests, then read one more and break off. Says how many it saw.
async fn breaking_after(served: usize) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let seen = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&seen);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut bytes = [0; 4096];
            for request in 0..=served {
                if stream.read(&mut bytes).await.unwrap() == 0 {
                    break;
                }
                count.fetch_add(1, Ordering::SeqCst);
                if request < served {
                    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.unwrap();
                }
            }
        }
    });
    (url, seen)
}

#[tokio::test]
async fn what_an_upstream_has_seen_is_not_sent_again() {
    let (url, seen) = breaking_after(1).await;
    let forwarder = forwarder(Settings::default());
    let post = || Request::builder().method("POST").body(Body::from("pay")).unwrap();
    forwarder.forward(permit(&url), &mut post(), chain(), always()).await.unwrap();
    let error = forwarder.forward(permit(&url), &mut post(), chain(), always()).await.unwrap_err();
    assert!(matches!(error, ForwardError::Broken(_)), "{error:?}");
    assert_eq!(seen.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn an_answer_comes_back_clean() {
    let answer = "HTTP/1.1 404 Nope\r\nConnection: x-once, close\r\nX-Once: 1\r\nKeep-Alive: timeout=5\r\n\
                  Set-Cookie: sid=1\r\nSet-Cookie: __Host-vestibule-session=evil\r\nContent-Length: 2\r\n\r\nno";
    let url = raw(Some(answer)).await;
    let answer = forward(permit(&url), get()).await.unwrap();
    assert_eq!(answer.status(), 404);
    let mut names: Vec<_> = answer.headers().keys().map(http::HeaderName::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["content-length", "set-cookie", "via"]);
    assert_eq!(answer.headers()["set-cookie"], "sid=1");
    assert_eq!(axum::body::to_bytes(answer.into_body(), 10).await.unwrap(), "no");
}

#[tokio::test]
async fn an_upstream_that_nobody_vouches_for_is_502() {
    use rustls::pki_types::pem::PemObject as _;
    let pem = |name| std::fs::read(format!("{}/src/listener/tests/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let certificate = rustls::pki_types::CertificateDer::from_pem_slice(&pem("wiki.crt")).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::from_pem_slice(&pem("wiki.key")).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        drop(tokio_rustls::TlsAcceptor::from(Arc::new(config)).accept(stream).await);
    });
    let error = fails(&format!("https://app.localhost:{port}"), get()).await;
    assert!(matches!(&error, ForwardError::Unreachable(why) if why.contains("certificate")), "{error:?}");
}

/// An HTTP/2 upstream that takes requests and answers none. Says how many it took.
async fn taking() -> (Application, Arc<AtomicUsize>) {
    let taken = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&taken);
    let url = serve(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        Box::pin(std::future::pending())
    })
    .await;
    let mut wiki = sample::wiki(&url, Vec::new());
    wiki.spec.connection.protocol = UpstreamProtocol::Http2;
    (wiki, taken)
}

#[tokio::test]
async fn an_upstream_that_has_as_much_to_do_as_it_may_is_busy_and_not_away() {
    const MOST: usize = 800;
    let (mut wiki, taken) = taking().await;
    wiki.spec.connection.connect_timeout = Some("1s".parse().unwrap());
    let table = RouteTable::compile(&sample::catalogue(vec![wiki.clone()]), &Metrics::default());
    let forwarder = Arc::new(forwarder(Settings::default()));
    let mut waiting = tokio::task::JoinSet::new();
    for _ in 0..MOST {
        let (forwarder, permit) = (Arc::clone(&forwarder), sample::permitted(wiki.clone(), "/page", Some(&member())));
        waiting.spawn(async move { forwarder.forward(permit, &mut get(), chain(), always()).await.map(drop) });
    }
    while taken.load(Ordering::SeqCst) < MOST {
        tokio::task::yield_now().await;
    }
    let permit = sample::permitted(wiki, "/page", Some(&member()));
    let error = forwarder.forward(permit, &mut get(), chain(), always()).await.unwrap_err();
    assert!(matches!(error, ForwardError::Full), "{error:?}");
    assert_eq!(error.status(), 503);
    assert_eq!(forwarder.health(table.routes()[0].destinations())[0].state, UpstreamState::Up);
    assert_eq!((taken.load(Ordering::SeqCst), waiting.len()), (MOST, MOST));
}

#[tokio::test]
async fn an_application_says_how_long_connecting_and_a_pause_may_take() {
    let patient = Duration::from_secs(3600);
    let settings = Settings { connect_timeout: patient, pause_timeout: patient, ..Settings::default() };
    let second = Some("1s".parse().unwrap());

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://app.localhost:{}", listener.local_addr().unwrap().port());
    let mut silent = sample::wiki(&url, Vec::new());
    silent.spec.connection.connect_timeout = second;
    let permit = sample::permitted(silent, "/page", Some(&member()));
    let error = forwarder(settings.clone()).forward(permit, &mut get(), chain(), always()).await.unwrap_err();
    assert!(matches!(error, ForwardError::ConnectTimeout), "{error:?}");

    let stops = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhalf";
    let mut pausing = sample::wiki(&raw_held(stops).await, Vec::new());
    pausing.spec.connection.idle_timeout = second;
    let permit = sample::permitted(pausing, "/page", Some(&member()));
    let answer = forwarder(settings).forward(permit, &mut get(), chain(), always()).await.unwrap();
    let error = answer.into_body().collect().await.unwrap_err();
    assert!(format!("{error:?}").contains("Stalled"), "{error:?}");
}

/// An upstream that answers so, and no more.
async fn raw_held(answer: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.read_exact(&mut [0; 16]).await.unwrap();
        stream.write_all(answer).await.unwrap();
        std::future::pending::<()>().await;
    });
    url
}

#[tokio::test]
async fn an_upstream_that_does_not_shake_hands_is_504() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let settings = Settings { connect_timeout: Duration::from_millis(100), ..Settings::default() };
    let permit = permit(&format!("https://app.localhost:{port}"));
    let error = forwarder(settings).forward(permit, &mut get(), chain(), always()).await.unwrap_err();
    assert!(matches!(error, ForwardError::ConnectTimeout), "{error:?}");
    assert_eq!(error.status(), 504);
}

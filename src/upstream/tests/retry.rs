//! What is sent twice: only what nobody began to answer, and only where that does no harm.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::kit::*;
use crate::upstream::{ForwardError, Forwarder, Settings};

/// An upstream whose connections each answer one request, and then read another and say `last` before they close.
/// Counts the requests it read.
async fn fickle(last: &'static str) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let seen = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&seen);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let count = Arc::clone(&count);
            tokio::spawn(async move {
                for answer in ["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", last] {
                    if stream.read(&mut [0; 4096]).await.unwrap() == 0 {
                        return;
                    }
                    count.fetch_add(1, Ordering::SeqCst);
                    stream.write_all(answer.as_bytes()).await.unwrap();
                }
            });
        }
    });
    (url, seen)
}

async fn send(forwarder: &Forwarder, url: &str, method: &str, body: Body) -> Result<(), ForwardError> {
    let mut request = Request::builder().method(method).body(body).unwrap();
    let answer = forwarder.forward(permit(url), &mut request, chain(), always()).await?;
    assert_eq!(answer.status(), StatusCode::OK);
    answer.into_body().collect().await.unwrap();
    Ok(())
}

#[tokio::test]
async fn a_kept_connection_that_closed_without_a_word_is_no_answer() {
    for method in ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"] {
        let (url, seen) = fickle("").await;
        let forwarder = forwarder(Settings::default());
        send(&forwarder, &url, "GET", Body::empty()).await.unwrap();
        send(&forwarder, &url, method, Body::empty()).await.unwrap();
        assert_eq!(seen.load(Ordering::SeqCst), 3, "{method}: once on the kept connection, once on a new one");
    }
}

#[tokio::test]
async fn nothing_is_sent_twice_that_may_do_harm() {
    for (method, body, last) in [
        ("POST", "", ""),
        ("PATCH", "", ""),
        ("LOCK", "", ""),
        // What has a body has begun to send it.
        ("PUT", "text", ""),
        ("DELETE", "text", ""),
        // Somebody began to answer.
        ("GET", "", "H"),
        ("GET", "", "HTTP/1.1 200 OK\r\n"),
    ] {
        let (url, seen) = fickle(last).await;
        let forwarder = forwarder(Settings::default());
        send(&forwarder, &url, "GET", Body::empty()).await.unwrap();
        let body = if body.is_empty() { Body::empty() } else { Body::from(body) };
        let Err(error) = send(&forwarder, &url, method, body).await else { panic!("{method} {last:?}") };
        assert!(matches!(error, ForwardError::Broken(_)), "{method}: {error:?}");
        assert_eq!(seen.load(Ordering::SeqCst), 2, "{method} {last:?}");
    }
}

#[tokio::test]
async fn a_new_connection_that_breaks_off_is_not_tried_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let seen = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&seen);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 4096]).await;
            count.fetch_add(1, Ordering::SeqCst);
        }
    });
    send(&forwarder(Settings::default()), &url, "GET", Body::empty()).await.unwrap_err();
    assert_eq!(seen.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_upstream_in_trouble_is_not_sent_twice_as_much() {
    let (url, seen) = fickle("").await;
    let forwarder = forwarder(Settings::default());
    let mut failed = 0;
    for _ in 0..1_000 {
        failed += usize::from(send(&forwarder, &url, "GET", Body::empty()).await.is_err());
    }
    let retries = seen.load(Ordering::SeqCst) - 1_000;
    // A hundred that were saved up, and then one for five.
    assert!((250..=320).contains(&retries), "{retries}");
    assert!(failed > 0);
}

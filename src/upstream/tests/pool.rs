use std::time::Duration;

use axum::body::Body;
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::kit::*;
use crate::upstream::{Forwarder, Settings};

/// What an upstream has seen.
#[derive(Debug, PartialEq, Eq)]
enum Event {
    Connected,
    Closed,
}

/// An upstream that answers every head it reads with these bytes, and tells of its connections.
async fn telling(answer: &'static str) -> (String, mpsc::UnboundedReceiver<Event>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (tell, seen) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let tell = tell.clone();
            tokio::spawn(async move {
                drop(tell.send(Event::Connected));
                let mut head = [0; 4096];
                while stream.read(&mut head).await.is_ok_and(|read| read > 0) {
                    stream.write_all(answer.as_bytes()).await.unwrap();
                }
                drop(tell.send(Event::Closed));
            });
        }
    });
    (url, seen)
}

async fn get(forwarder: &Forwarder, url: &str) -> axum::response::Response {
    let answer = forwarder.forward(permit(url), &mut Request::new(Body::empty()), chain(), always()).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    answer
}

const WHOLE: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

#[tokio::test]
async fn a_connection_is_used_again_once_its_answer_is_over() {
    for answer in [
        WHOLE,
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    ] {
        let (url, mut seen) = telling(answer).await;
        let forwarder = forwarder(Settings::default());
        for _ in 0..3 {
            get(&forwarder, &url).await.into_body().collect().await.unwrap();
        }
        assert_eq!(seen.recv().await, Some(Event::Connected));
        assert!(seen.try_recv().is_err(), "{answer:?}");
    }
}

#[tokio::test]
async fn two_answers_at_once_come_over_two_connections() {
    let (url, mut seen) = telling(WHOLE).await;
    let forwarder = forwarder(Settings::default());
    let (_one, _other) = (get(&forwarder, &url).await, get(&forwarder, &url).await);
    assert_eq!([seen.recv().await, seen.recv().await], [Some(Event::Connected), Some(Event::Connected)]);
}

#[tokio::test]
async fn an_answer_that_nobody_wants_to_the_end_takes_its_connection_along() {
    let (url, mut seen) = telling("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok").await;
    drop(get(&forwarder(Settings::default()), &url).await);
    assert_eq!([seen.recv().await, seen.recv().await], [Some(Event::Connected), Some(Event::Closed)]);
}

#[tokio::test]
async fn a_connection_that_is_to_be_closed_is_not_used_again() {
    let (url, mut seen) = telling("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok").await;
    let forwarder = forwarder(Settings::default());
    for _ in 0..2 {
        get(&forwarder, &url).await.into_body().collect().await.unwrap();
        assert_eq!([seen.recv().await, seen.recv().await], [Some(Event::Connected), Some(Event::Closed)]);
    }
}

#[tokio::test]
async fn an_unused_connection_is_closed() {
    let (url, mut seen) = telling(WHOLE).await;
    let forwarder = forwarder(Settings { idle_timeout: Duration::from_millis(50), ..Settings::default() });
    get(&forwarder, &url).await.into_body().collect().await.unwrap();
    assert_eq!([seen.recv().await, seen.recv().await], [Some(Event::Connected), Some(Event::Closed)]);
    get(&forwarder, &url).await;
    assert_eq!(seen.recv().await, Some(Event::Connected), "the next request has another");
}

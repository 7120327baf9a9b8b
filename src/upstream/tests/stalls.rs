//! Answers that pause, and paths without their prefix.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http::{Request, Response};
use http_body::Frame;
use http_body_util::BodyExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::kit::*;
use crate::decision::sample;
use crate::upstream::Settings;

#[tokio::test]
async fn an_answer_that_stops_in_the_middle_is_given_up() {
    let (send, body) = gated();
    let body = std::sync::Mutex::new(Some(body));
    let body = std::sync::Arc::new(body);
    let url = serve(move |_| {
        let body = body.lock().unwrap().take().unwrap();
        Box::pin(async move { Response::new(body) })
    })
    .await;
    let limit = Duration::from_millis(300);
    let forwarder = forwarder(Settings { pause_timeout: limit, ..Settings::default() });
    let answer = forwarder.forward(permit(&url), &mut Request::new(Body::empty()), chain(), always()).await.unwrap();
    let mut body = answer.into_body();
    // As long as something comes now and then, it may take longer than the limit.
    for _ in 0..4 {
        tokio::time::sleep(limit / 3).await;
        send.send(data("a")).unwrap();
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "a");
    }
    let error = body.frame().await.unwrap().unwrap_err();
    assert!(format!("{error:?}").contains("Stalled"), "{error:?}");
}

#[tokio::test]
async fn an_upload_of_which_nothing_is_taken_after_its_answer_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let upstream = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.read_exact(&mut [0; 16]).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await.unwrap();
        std::future::pending::<()>().await;
    });
    let (send, body) = gated();
    let forwarder = forwarder(Settings { taking_timeout: Duration::from_millis(300), ..Settings::default() });
    let mut request = Request::builder().method("POST").body(body).unwrap();
    let answer = forwarder.forward(permit(&url), &mut request, chain(), always()).await.unwrap();
    assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "ok");
    let piece = Bytes::from_static(&[b'x'; 1024 * 1024]);
    let sending = async {
        let mut ticks = tokio::time::interval(Duration::from_millis(20));
        while send.send(Ok(Frame::data(piece.clone()))).is_ok() {
            ticks.tick().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), sending).await.expect("it is not held for ever");
    upstream.abort();
}

#[tokio::test]
async fn the_upstream_is_told_what_was_taken_away() {
    let (url, mut seen) = observing().await;
    let mut wiki = sample::wiki(&url, Vec::new());
    wiki.spec.connection.strip_prefix = Some("/team/wiki".parse().unwrap());
    let permit = sample::permitted(wiki, "/team/wiki//page%20one?q=/team/wiki", Some(&member()));
    let request = Request::builder().header("X-Forwarded-Prefix", "/admin").body(Body::empty()).unwrap();
    forward(permit, request).await.unwrap();
    let seen = seen.recv().await.unwrap();
    assert_eq!(seen.parts.uri, "//page%20one?q=/team/wiki");
    assert_eq!(seen.all("x-forwarded-prefix"), ["/team/wiki"]);
}

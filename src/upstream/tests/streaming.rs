use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body::Frame;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::time::Instant;

use super::kit::*;
use crate::upstream::Settings;

#[tokio::test]
async fn a_request_body_is_passed_on_as_it_comes() {
    let (tell, mut heard) = mpsc::unbounded_channel();
    let url = serve(move |request: Request<Incoming>| {
        let tell = tell.clone();
        Box::pin(async move {
            let mut body = request.into_body();
            while let Some(frame) = body.frame().await {
                drop(tell.send(frame.unwrap().into_data().unwrap()));
            }
            Response::new(Body::empty())
        })
    })
    .await;
    let (send, body) = gated();
    let request = Request::builder().method("POST").body(body).unwrap();
    let answer = tokio::spawn(forward(permit(&url), request));
    for part in ["one", "two"] {
        send.send(data(part)).unwrap();
        // It arrives while the rest is still to be sent.
        assert_eq!(heard.recv().await.unwrap(), part);
    }
    drop(send);
    assert_eq!(answer.await.unwrap().unwrap().status(), 200);
}

#[tokio::test]
async fn an_answer_is_passed_on_as_it_comes() {
    let (send, body) = gated();
    let body = Arc::new(Mutex::new(Some(body)));
    let url = serve(move |_| {
        let body = Arc::clone(&body);
        Box::pin(async move { Response::new(body.lock().await.take().unwrap()) })
    })
    .await;
    let answer = forward(permit(&url), Request::new(Body::empty())).await.unwrap();
    let mut body = answer.into_body();
    for part in ["one", "two"] {
        send.send(data(part)).unwrap();
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), part);
    }
    drop(send);
    assert!(body.frame().await.is_none());
}

#[tokio::test]
async fn trailers_pass_both_ways_without_identity() {
    let (tell, heard) = oneshot::channel();
    let tell = Arc::new(Mutex::new(Some(tell)));
    let url = serve(move |request: Request<Incoming>| {
        let tell = Arc::clone(&tell);
        Box::pin(async move {
            let body = request.into_body().collect().await.unwrap();
            drop(tell.lock().await.take().unwrap().send(body.trailers().cloned()));
            let (send, body) = gated();
            send.send(data("x")).unwrap();
            let mut trailers = HeaderMap::new();
            trailers.insert("x-sum", "9".parse().unwrap());
            send.send(Ok(Frame::trailers(trailers))).unwrap();
            Response::builder().header("Trailer", "x-sum").body(body).unwrap()
        })
    })
    .await;
    let (send, body) = gated();
    let mut trailers = HeaderMap::new();
    trailers.insert("x-count", "3".parse().unwrap());
    trailers.insert("remote-user", "root".parse().unwrap());
    trailers.insert("x_vestibule_assertion", "forged".parse().unwrap());
    send.send(data("abc")).unwrap();
    send.send(Ok(Frame::trailers(trailers))).unwrap();
    drop(send);
    let request = Request::builder()
        .method("POST")
        .header("TE", "trailers")
        .header("Trailer", "x-count, remote-user, x_vestibule_assertion")
        .body(body)
        .unwrap();
    let answer = forward(permit(&url), request).await.unwrap();
    let trailers = heard.await.unwrap().unwrap();
    assert_eq!(trailers.len(), 1);
    assert_eq!(trailers["x-count"], "3");
    let answer = answer.into_body().collect().await.unwrap();
    assert_eq!(answer.trailers().unwrap()["x-sum"], "9");
}

#[tokio::test]
async fn framing_follows_the_body_and_not_the_headers() {
    let (url, mut seen) = observing().await;
    let request = |method: &str, body: Body| {
        Request::builder()
            .method(method)
            .header("Connection", "content-length")
            .header("Content-Length", "3")
            .body(body)
    };
    forward(permit(&url), request("POST", Body::from("abc")).unwrap()).await.unwrap();
    let known = seen.recv().await.unwrap();
    assert_eq!((known.body.as_ref(), known.all("content-length")), (&b"abc"[..], vec!["3"]));

    let (send, body) = gated();
    send.send(data("get with a body")).unwrap();
    drop(send);
    forward(permit(&url), request("GET", body).unwrap()).await.unwrap();
    let unknown = seen.recv().await.unwrap();
    assert_eq!((unknown.body.as_ref(), unknown.all("content-length")), (&b"get with a body"[..], vec![]));
    assert!(unknown.trailers.is_none());

    forward(permit(&url), request("GET", Body::empty()).unwrap()).await.unwrap();
    let none = seen.recv().await.unwrap();
    assert_eq!((none.body, none.parts.headers.get("content-length")), (Bytes::new(), None));
}

#[tokio::test]
async fn an_upload_may_take_longer_than_an_answer() {
    let limit = Duration::from_millis(300);
    let (tell, mut heard) = mpsc::unbounded_channel();
    let url = serve(move |request: Request<Incoming>| {
        let tell = tell.clone();
        Box::pin(async move {
            let mut body = request.into_body();
            while let Some(Ok(_)) = body.frame().await {
                let _ = tell.send(());
            }
            Response::new(Body::empty())
        })
    })
    .await;
    let (send, body) = gated();
    let answer = tokio::spawn(async move {
        let settings = Settings { head_timeout: limit, ..Settings::default() };
        let mut request = Request::builder().method("POST").body(body).unwrap();
        forwarder(settings).forward(permit(&url), &mut request, chain(), always()).await
    });
    let start = Instant::now();
    while start.elapsed() < limit * 3 {
        send.send(data("more")).unwrap();
        heard.recv().await.unwrap();
    }
    drop(send);
    assert_eq!(answer.await.unwrap().unwrap().status(), 200);
}

//! The same holds over HTTP/2, where there are no lines to forge but other ways to say things twice.

use bytes::Bytes;
use http::{Request, Version};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::Value;
use tokio::net::TcpStream;

use super::{address, alice};
use crate::kit::upstream::received;
use crate::kit::world::World;

/// Status and body of one request over HTTP/2 with prior knowledge.
async fn ask(world: &World, uri: &str, headers: &[(&str, &str)]) -> (u16, Bytes) {
    let stream = TcpStream::connect(address(world)).await.unwrap();
    let handshake = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
    let (mut sender, connection) = handshake.await.unwrap();
    tokio::spawn(connection);
    let request = Request::get(uri).version(Version::HTTP_2);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    let response = sender.send_request(request.body(Full::new(Bytes::new())).unwrap()).await.unwrap();
    let status = response.status().as_u16();
    (status, response.into_body().collect().await.unwrap().to_bytes())
}

#[tokio::test]
async fn over_http_2_cookies_come_in_crumbs_and_ours_stay_with_us() {
    let (world, session) = alice().await;
    let crumbs = [("cookie", "a=1"), ("cookie", session.as_str()), ("cookie", "b=2"), ("remote-user", "root")];
    let (status, body) = ask(&world, "http://wiki.localhost/x?y", &crumbs).await;
    assert_eq!(status, 200);
    let seen: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(received(&seen, "cookie"), ["a=1; b=2"]);
    assert_eq!(received(&seen, "remote-user"), ["alice"]);
    assert_eq!(received(&seen, "via"), ["2 vestibule"]);
    assert_eq!(seen["target"], "/x?y");
}

#[tokio::test]
async fn over_http_2_authority_and_host_must_agree() {
    let (world, session) = alice().await;
    let hits = world.upstream.hits();
    let cookie = ("cookie", session.as_str());
    for (uri, host, status) in [
        ("http://wiki.localhost/", Some("docs.localhost"), 400),
        ("http://docs.localhost/", Some("wiki.localhost"), 400),
        ("http://docs.localhost/", None, 421),
        ("http://wiki.localhost/a/%2e%2e/b", None, 400),
    ] {
        let host = host.map(|host| ("host", host));
        let headers: Vec<_> = [cookie].into_iter().chain(host).collect();
        assert_eq!(ask(&world, uri, &headers).await.0, status, "{uri} {host:?}");
    }
    assert_eq!(world.upstream.hits(), hits);
    assert_eq!(ask(&world, "http://wiki.localhost/", &[cookie, ("host", "wiki.localhost")]).await.0, 200);
}

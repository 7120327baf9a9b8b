//! Bodies stream both ways: what has come is passed on before the rest is there.

use std::time::Duration;

use tokio::net::TcpListener;
use tokio::time::timeout;

use super::{address, session};
use crate::kit::provider::Variant;
use crate::kit::raw::Raw;
use crate::kit::world::World;

/// A world whose upstream is the test itself, and a session there.
pub(super) async fn scripted() -> (World, TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let here = listener.local_addr().unwrap();
    // The way in leads over the usual upstream, which then gives its place up.
    let mut world = World::start(Variant::default(), |places| places.usual()).await;
    let (browser, _) = world.signed_in("alice").await;
    let session = session(&world, &browser);
    world.restart(|places| places.usual().replace(&places.upstream.to_string(), &here.to_string())).await;
    (world, listener, session)
}

/// The next connection to it.
pub(super) async fn accept(listener: &TcpListener) -> Raw {
    Raw::over(listener.accept().await.unwrap().0)
}

#[tokio::test]
async fn an_upload_reaches_the_upstream_while_it_is_sent() {
    let (world, listener, session) = scripted().await;
    for chunked in [true, false] {
        let mut client = Raw::connect(address(&world)).await;
        let framing = if chunked { "Transfer-Encoding: chunked" } else { "Content-Length: 10" };
        let frame = |text: &str| if chunked { format!("{:x}\r\n{text}\r\n", text.len()) } else { text.to_owned() };
        let head = format!(
            "POST /up HTTP/1.1\r\nHost: wiki.localhost\r\nCookie: {session}\r\n{framing}\r\nConnection: close\r\n\r\n"
        );
        client.send(head).await;
        client.send(frame("first")).await;
        let mut upstream = accept(&listener).await;
        upstream.read_until("first").await;
        client.send(frame("after")).await;
        if chunked {
            client.send("0\r\n\r\n").await;
        }
        upstream.read_until("after").await;
        upstream.send("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n").await;
        client.read_until("HTTP/1.1 204").await;
    }
}

#[tokio::test]
async fn what_is_decided_on_does_not_come_behind_the_body() {
    let (world, listener, session) = scripted().await;
    let mut client = Raw::connect(address(&world)).await;
    client
        .send(format!(
            "POST /up HTTP/1.1\r\nHost: wiki.localhost\r\nCookie: {session}\r\nTransfer-Encoding: chunked\r\n\
             Trailer: X-HTTP-Method-Override, X_HTTP_Method, Destination, Depth, X-Sum\r\n\r\n1\r\nx\r\n0\r\n\
             X-HTTP-Method-Override: DELETE\r\nX_HTTP_Method: DELETE\r\nDestination: /admin/x\r\nDepth: infinity\r\n\
             X-Sum: 42\r\n\r\n"
        ))
        .await;
    let mut upstream = accept(&listener).await;
    let seen = upstream.read_until(": 42\r\n").await;
    assert!(!seen.contains("DELETE") && !seen.contains("/admin/x") && !seen.contains("infinity"), "{seen}");
    upstream.send("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n").await;
    client.read_until("HTTP/1.1 204").await;
}

#[tokio::test]
async fn an_answer_reaches_the_client_while_it_is_sent() {
    let (world, listener, session) = scripted().await;
    let mut client = Raw::connect(address(&world)).await;
    client.send(format!("GET /events HTTP/1.1\r\nHost: wiki.localhost\r\nCookie: {session}\r\n\r\n")).await;
    let mut upstream = accept(&listener).await;
    upstream.read_until("\r\n\r\n").await;
    upstream.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n").await;
    client.read_until("text/event-stream").await;
    for event in ["data: one\n\n", "data: two\n\n"] {
        upstream.send(format!("{:x}\r\n{event}\r\n", event.len())).await;
        client.read_until(event.trim()).await;
    }
}

#[tokio::test]
async fn a_large_upload_waits_for_its_reader_instead_of_filling_our_memory() {
    let (world, listener, session) = scripted().await;
    let mut client = Raw::connect(address(&world)).await;
    let size = 512 * 1024 * 1024;
    client
        .send(format!(
            "POST /up HTTP/1.1\r\nHost: wiki.localhost\r\nCookie: {session}\r\nContent-Length: {size}\r\n\r\n"
        ))
        .await;
    let mut upstream = accept(&listener).await;
    upstream.read_until("\r\n\r\n").await;
    // The upstream reads no further.
    assert_gets_stuck(&mut client).await;
}

#[tokio::test]
async fn a_large_answer_waits_for_its_reader_too() {
    let (world, listener, session) = scripted().await;
    let mut client = Raw::connect(address(&world)).await;
    client.send(format!("GET /down HTTP/1.1\r\nHost: wiki.localhost\r\nCookie: {session}\r\n\r\n")).await;
    let mut upstream = accept(&listener).await;
    upstream.read_until("\r\n\r\n").await;
    upstream.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", 512 * 1024 * 1024)).await;
    client.read_until("\r\n\r\n").await;
    assert_gets_stuck(&mut upstream).await;
}

/// Sends as much as is taken, which must be far less than there is: what is not wanted yet stays with the sender.
async fn assert_gets_stuck(sender: &mut Raw) {
    let piece = vec![b'x'; 64 * 1024];
    let mut sent = 0;
    let all = async {
        while sent < 64 * 1024 * 1024 {
            sender.send(&piece).await;
            sent += piece.len();
        }
    };
    // Loopback carries this much in a fraction of the time.
    assert!(timeout(Duration::from_secs(3), all).await.is_err(), "64 MiB went in and none came out");
    assert!(sent > 0);
}

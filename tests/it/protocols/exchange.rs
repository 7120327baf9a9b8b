//! What passes one exchange untouched, and bodies that wait to be asked for.

use tokio::net::TcpListener;

use super::{address, session, with_upstream};
use crate::kit::raw::Raw;
use crate::kit::world::World;

/// A world whose upstream is the test itself, and a session there.
async fn scripted(extra: &str) -> (World, TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (world, browser) = with_upstream(&format!("http://{}", listener.local_addr().unwrap()), extra).await;
    let session = session(&world, &browser);
    (world, listener, session)
}

async fn accept(listener: &TcpListener) -> Raw {
    Raw::over(listener.accept().await.unwrap().0)
}

#[tokio::test]
async fn ranges_and_conditions_pass_untouched_both_ways() {
    let (world, listener, session) = scripted("").await;
    let asked = [
        "range: bytes=0-3, 8-",
        "if-range: \"a\"",
        "if-none-match: W/\"a\", \"b\"",
        "if-match: *",
        "if-modified-since: Thu, 01 Jan 1970 00:00:00 GMT",
        "if-unmodified-since: Thu, 01 Jan 1970 00:00:00 GMT",
        "accept-encoding: gzip",
    ];
    for (status, told, body) in [
        ("206 Partial Content", vec!["content-range: bytes 0-3/10", "etag: \"a\"", "accept-ranges: bytes"], "abcd"),
        ("304 Not Modified", vec!["etag: W/\"a\"", "content-location: /x", "cache-control: no-cache"], ""),
        ("412 Precondition Failed", vec!["etag: \"b\""], "no"),
        ("416 Range Not Satisfiable", vec!["content-range: bytes */10"], "none"),
        ("200 OK", vec!["content-encoding: gzip", "vary: accept-encoding", "last-modified: x"], "zipped"),
    ] {
        let mut client = Raw::connect(address(&world)).await;
        let lines = asked.join("\r\n");
        client
            .send(format!("GET /file HTTP/1.1\r\nHost: wiki.localhost\r\nCookie: {session}\r\n{lines}\r\n\r\n"))
            .await;
        let mut upstream = accept(&listener).await;
        let head = upstream.read_until("\r\n\r\n").await;
        assert!(asked.iter().all(|line| head.contains(&format!("{line}\r\n"))), "{head}");
        let length =
            if status.starts_with("304") { String::new() } else { format!("content-length: {}\r\n", body.len()) };
        let lines = told.join("\r\n");
        upstream.send(format!("HTTP/1.1 {status}\r\n{lines}\r\n{length}connection: close\r\n\r\n{body}")).await;
        let head = client.read_until(&format!("\r\n\r\n{body}")).await;
        assert!(head.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{head}");
        assert!(told.iter().all(|line| head.contains(&format!("{line}\r\n"))), "{head}");
    }
}

#[tokio::test]
async fn what_is_told_of_a_body_to_head_is_what_get_would_give() {
    let (world, listener, session) = scripted("").await;
    let mut client = Raw::connect(address(&world)).await;
    client.send(format!("HEAD /file HTTP/1.1\r\nHost: wiki.localhost\r\nCookie: {session}\r\n\r\n")).await;
    let mut upstream = accept(&listener).await;
    upstream.read_until("\r\n\r\n").await;
    upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 4711\r\nETag: \"a\"\r\n\r\n").await;
    let head = client.read_until("\r\n\r\n").await.to_ascii_lowercase();
    assert!(head.contains("content-length: 4711\r\n") && head.contains("etag: \"a\"\r\n"), "{head}");
}

fn upload(session: &str) -> String {
    format!(
        "POST /up HTTP/1.1\r\nHost: wiki.localhost\r\nCookie: {session}\r\nExpect: 100-continue\r\n\
         Content-Length: 5\r\n\r\n"
    )
}

#[tokio::test]
async fn a_body_is_asked_for_once_the_upstream_asks_for_it() {
    let (world, listener, session) = scripted("").await;
    let mut client = Raw::connect(address(&world)).await;
    client.send(upload(&session)).await;
    let mut upstream = accept(&listener).await;
    let head = upstream.read_until("\r\n\r\n").await;
    assert!(head.contains("expect: 100-continue\r\n"), "{head}");
    upstream.send("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n").await;
    assert_eq!(client.read_until("\r\n\r\n").await, "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("hello").await;
    upstream.read_until("hello").await;
    upstream.send("HTTP/1.1 204 No Content\r\n\r\n").await;
    client.read_until("HTTP/1.1 204").await;
}

#[tokio::test]
async fn a_body_that_is_refused_is_never_asked_for() {
    let (world, listener, session) = scripted("").await;
    let mut client = Raw::connect(address(&world)).await;
    client.send(upload(&session)).await;
    let mut upstream = accept(&listener).await;
    upstream.read_until("\r\n\r\n").await;
    upstream.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig").await;
    let answer = client.read_until("big").await;
    assert!(answer.starts_with("HTTP/1.1 413 ") && !answer.contains("100 Continue"), "{answer}");
    // Neither connection can be used again: a body that is not sent would be the next request.
    assert_eq!(upstream.read_to_end().await, b"");
    assert_eq!(client.read_to_end().await, b"");
}

#[tokio::test]
async fn our_own_refusal_asks_for_no_body_either() {
    let (world, _listener, _) = scripted("").await;
    let mut client = Raw::connect(address(&world)).await;
    client.send(upload("a=b")).await;
    let answer = client.read_until("\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
}

#[tokio::test]
async fn an_upstream_that_never_asks_gets_the_body_all_the_same() {
    let (world, listener, session) = scripted("").await;
    let mut client = Raw::connect(address(&world)).await;
    client.send(upload(&session)).await;
    let mut upstream = accept(&listener).await;
    upstream.read_until("\r\n\r\n").await;
    client.read_until("HTTP/1.1 100 Continue\r\n\r\n").await;
    client.send("hello").await;
    upstream.read_until("hello").await;
    upstream.send("HTTP/1.1 204 No Content\r\n\r\n").await;
    client.read_until("HTTP/1.1 204").await;
}

#[tokio::test]
async fn an_upstream_that_only_ever_promises_an_answer_is_given_up() {
    let (world, listener, session) = scripted("[application.connection]\nfirst_byte_timeout = \"1s\"").await;
    let mut client = Raw::connect(address(&world)).await;
    client.send(format!("GET / HTTP/1.1\r\nHost: wiki.localhost\r\nCookie: {session}\r\n\r\n")).await;
    let mut upstream = accept(&listener).await;
    upstream.read_until("\r\n\r\n").await;
    let flood = async {
        loop {
            upstream.send("HTTP/1.1 102 Processing\r\nX-Filler: some\r\n\r\n").await;
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        answer = client.read_until("\r\n\r\n") => assert!(answer.starts_with("HTTP/1.1 504 "), "{answer}"),
        () = flood => {}
    }
}

#[tokio::test]
async fn the_head_of_an_answer_has_a_limit() {
    let (world, listener, session) = scripted("").await;
    let mut client = Raw::connect(address(&world)).await;
    client.send(format!("GET / HTTP/1.1\r\nHost: wiki.localhost\r\nCookie: {session}\r\n\r\n")).await;
    let mut upstream = accept(&listener).await;
    upstream.read_until("\r\n\r\n").await;
    upstream.send(format!("HTTP/1.1 200 OK\r\nX-Filler: {}\r\n\r\n", "x".repeat(512 * 1024))).await;
    let answer = client.read_until("\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 502 "), "{answer}");
}

#[tokio::test]
async fn an_answer_that_lasts_ends_when_its_session_does_however_it_was_asked_for() {
    let handshake = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: http://OWN\r\n";
    for (lines, kind) in [
        ("Accept: text/event-stream\r\n", "text/event-stream"),
        ("Accept: */*\r\n", "Text/Event-Stream;charset=utf-8"),
        ("", "application/x-ndjson"),
        ("", "multipart/x-mixed-replace; boundary=x"),
        // A server need not agree to a handshake.
        (handshake, "text/event-stream"),
    ] {
        let (world, listener, session) = scripted("").await;
        let mut client = Raw::connect(address(&world)).await;
        let lines = lines.replace("http://OWN", &world.url("wiki", ""));
        let ask = format!("GET /events HTTP/1.1\r\nHost: wiki.localhost\r\nCookie: {session}\r\n{lines}\r\n");
        client.send(ask).await;
        let mut upstream = accept(&listener).await;
        upstream.read_until("\r\n\r\n").await;
        let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nTransfer-Encoding: chunked\r\n\r\n");
        upstream.send(head).await;
        upstream.send("b\r\ndata: one\n\n\r\n").await;
        client.read_until("data: one\n\n").await;
        world.clock.advance(std::time::Duration::from_secs(9 * 3600));
        let rest = client.read_to_end().await;
        assert!(!rest.ends_with(b"0\r\n\r\n"), "{lines}{kind}: it does not look as if it were whole");
        upstream.read_to_end().await;
    }
}

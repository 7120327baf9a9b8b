//! Other protocols than WebSocket: those that an application allows, and no other.

use tokio::net::TcpListener;

use super::{address, session, with_upstream};
use crate::kit::browser::Browser;
use crate::kit::raw::Raw;
use crate::kit::world::World;

async fn scripted() -> (World, TcpListener, Browser) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (world, browser) = with_upstream(&url, "[application.connection]\nupgrades = [\"tcp\"]").await;
    (world, listener, browser)
}

#[tokio::test]
async fn an_allowed_protocol_becomes_a_tunnel() {
    let (world, listener, browser) = scripted().await;
    let cookie = session(&world, &browser);
    let mut client = Raw::connect(address(&world)).await;
    client
        .send(format!(
            "POST /attach HTTP/1.1\r\nHost: wiki.localhost\r\nCookie: {cookie}\r\nConnection: Upgrade\r\n\
             Upgrade: TCP\r\nContent-Length: 0\r\n\r\n"
        ))
        .await;
    let mut upstream = Raw::over(listener.accept().await.unwrap().0);
    let head = upstream.read_until("\r\n\r\n").await;
    assert!(head.contains("upgrade: tcp\r\n") && head.contains("connection: upgrade\r\n"), "{head}");
    upstream.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n").await;
    client.read_until("\r\n\r\n").await;
    client.send("GET /not-a-request HTTP/1.1\r\n\r\n").await;
    upstream.read_until("GET /not-a-request HTTP/1.1\r\n\r\n").await;
    upstream.send("down").await;
    client.read_until("down").await;
    browser.submit(&world.url("wiki", "/").parse().unwrap(), &world.url("wiki", "/.vestibule/sign-out"), &[]).await;
    assert_eq!(client.read_to_end().await, b"", "it has no frames to say a word in");
    upstream.read_to_end().await;
}

#[tokio::test]
async fn every_other_is_a_request_without_a_word_of_it() {
    let (world, listener, browser) = scripted().await;
    let cookie = session(&world, &browser);
    for lines in [
        "Connection: Upgrade\r\nUpgrade: spdy\r\n",
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n",
        "Connection: Upgrade\r\nUpgrade: tcp, h2c\r\n",
        "Connection: Upgrade\r\nUpgrade: tcp\r\nUpgrade: h2c\r\n",
        "Connection: Upgrade\r\nUpgrade: tcp/2\r\n",
        "Upgrade: tcp\r\n",
        "Connection: Upgrade\r\nUpgrade: TLS/1.0\r\n",
        "Connection: Upgrade\r\nUpgrade: tcp\r\nTransfer-Encoding: chunked\r\n",
    ] {
        let mut client = Raw::connect(address(&world)).await;
        let end = if lines.contains("chunked") { "0\r\n\r\n" } else { "" };
        client.send(format!("POST /x HTTP/1.1\r\nHost: wiki.localhost\r\nCookie: {cookie}\r\n{lines}\r\n{end}")).await;
        let mut upstream = Raw::over(listener.accept().await.unwrap().0);
        let head = upstream.read_until("\r\n\r\n").await;
        assert!(!head.contains("upgrade") && !head.contains("http2-settings"), "{lines:?}: {head}");
        // Nor can the upstream make it one.
        upstream.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nHTTP/1.1 200 OK\r\n\r\n").await;
        let answer = client.read_until("\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 502 "), "{lines:?}: {answer}");
    }
}

#[tokio::test]
async fn a_preflight_that_asks_for_another_protocol_is_none() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let lines = "preflight = true\n[application.connection]\nupgrades = [\"tcp\"]";
    let (world, _) = with_upstream(&url, lines).await;
    let preflight = "OPTIONS /x HTTP/1.1\r\nHost: wiki.localhost\r\nOrigin: https://evil.example\r\n\
                     Access-Control-Request-Method: POST\r\n";
    for asking in ["Connection: Upgrade\r\nUpgrade: tcp\r\n", "Upgrade: tcp\r\n", "Sec-WebSocket-Version: 13\r\n"] {
        let mut client = Raw::connect(address(&world)).await;
        client.send(format!("{preflight}{asking}\r\n")).await;
        assert!(client.read_until("\r\n\r\n").await.starts_with("HTTP/1.1 401 "), "{asking}");
    }
    let nobody = std::future::poll_fn(|cx| std::task::Poll::Ready(listener.poll_accept(cx).is_pending())).await;
    assert!(nobody, "the upstream was asked");
    // The same without it passes.
    let mut client = Raw::connect(address(&world)).await;
    client.send(format!("{preflight}\r\n")).await;
    Raw::over(listener.accept().await.unwrap().0).read_until("OPTIONS /x HTTP/1.1\r\n").await;
}

#[tokio::test]
async fn what_follows_a_handshake_that_was_refused_is_the_next_request() {
    let (world, listener, browser) = scripted().await;
    let cookie = session(&world, &browser);
    let mut client = Raw::connect(address(&world)).await;
    let hidden = format!("GET /.vestibule/nothing HTTP/1.1\r\nHost: wiki.localhost\r\nCookie: {cookie}\r\n\r\n");
    client
        .send(format!(
            "GET /socket HTTP/1.1\r\nHost: wiki.localhost\r\nCookie: {cookie}\r\nOrigin: {}\r\nConnection: Upgrade\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Version: 777\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n{hidden}",
            world.url("wiki", "")
        ))
        .await;
    let mut upstream = Raw::over(listener.accept().await.unwrap().0);
    let head = upstream.read_until("\r\n\r\n").await;
    assert!(!head.contains("/.vestibule"), "{head}");
    upstream.send("HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 13\r\nContent-Length: 0\r\n\r\n").await;
    let answers = client.read_until("HTTP/1.1 404").await;
    assert!(answers.starts_with("HTTP/1.1 426 "), "{answers}");
}

#[tokio::test]
async fn who_shows_a_foreign_origin_gets_no_tunnel() {
    let (world, _listener, browser) = scripted().await;
    let cookie = session(&world, &browser);
    let mut client = Raw::connect(address(&world)).await;
    client
        .send(format!(
            "GET /attach HTTP/1.1\r\nHost: wiki.localhost\r\nCookie: {cookie}\r\nOrigin: http://evil.example\r\n\
             Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n"
        ))
        .await;
    assert!(client.read_until("\r\n\r\n").await.starts_with("HTTP/1.1 403 "));
}

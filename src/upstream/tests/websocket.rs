use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::Body;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::kit::*;
use crate::upstream::{Settings, Standing, StillAllowed, Upgrade};

const HANDSHAKE: &str = "GET /page HTTP/1.1\r\nHost: wiki.example.com\r\nConnection: keep-alive, Upgrade\r\n\
                         Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
                         Sec-WebSocket-Version: 13\r\nTE: trailers\r\nRemote-User: root\r\n\r\n";

/// An upstream that agrees to a WebSocket and then sends back what it gets.
async fn echoing() -> String {
    serve(|mut request: Request<Incoming>| {
        Box::pin(async move {
            if Upgrade::of(&request, &[]) != Some(Upgrade::WebSocket) || request.headers()["remote-user"] != "alice" {
                return Response::builder().status(426).body(Body::empty()).unwrap();
            }
            tokio::spawn(async move {
                let upgraded = hyper::upgrade::on(&mut request).await.unwrap();
                let (mut read, mut write) = tokio::io::split(TokioIo::new(upgraded));
                let _ = tokio::io::copy(&mut read, &mut write).await;
            });
            Response::builder()
                .status(101)
                .header("Connection", "Upgrade")
                .header("Upgrade", "websocket")
                .header("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
                .body(Body::empty())
                .unwrap()
        })
    })
    .await
}

/// A proxy of one application, and the switch that ends its sessions.
async fn proxy(url: String) -> (SocketAddr, Arc<AtomicBool>) {
    proxy_with(url, Settings::default()).await
}

async fn proxy_with(url: String, settings: Settings) -> (SocketAddr, Arc<AtomicBool>) {
    let allowed = Arc::new(AtomicBool::new(true));
    let switch = Arc::clone(&allowed);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let forwarder = Arc::new(forwarder(settings));
        let service = service_fn(move |request: Request<Incoming>| {
            let (forwarder, permit, allowed) = (Arc::clone(&forwarder), permit(&url), Arc::clone(&allowed));
            async move {
                let still_allowed = move |_| -> futures_util::future::BoxFuture<'static, Standing> {
                    let allowed = allowed.load(Ordering::Relaxed);
                    Box::pin(async move { if allowed { Standing::Allowed } else { Standing::Forbidden } })
                };
                let answer = forwarder
                    .forward(permit, &mut request.map(Body::new), chain(), |_| -> StillAllowed {
                        Arc::new(still_allowed)
                    })
                    .await;
                let failed = |error: crate::upstream::ForwardError| {
                    Response::builder().status(error.status()).body(Body::empty()).unwrap()
                };
                Ok::<_, Infallible>(answer.unwrap_or_else(failed))
            }
        });
        let connection = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        connection.with_upgrades().await.unwrap();
    });
    (address, switch)
}

/// Sends a head and reads the one of the answer.
async fn ask(address: SocketAddr, head: &str) -> (BufReader<TcpStream>, Vec<String>) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut stream = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.unwrap();
        if line.trim().is_empty() {
            return (stream, lines);
        }
        lines.push(line.trim().to_ascii_lowercase());
    }
}

#[tokio::test]
async fn a_websocket_becomes_a_tunnel_that_ends_with_its_session() {
    let (address, switch) = proxy(echoing().await).await;
    let (mut stream, head) = ask(address, HANDSHAKE).await;
    assert_eq!(head[0], "http/1.1 101 switching protocols");
    for line in ["upgrade: websocket", "connection: upgrade", "sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="] {
        assert!(head.iter().any(|other| other == line), "{line} in {head:?}");
    }
    for message in [&b"hello"[..], b"again"] {
        stream.write_all(message).await.unwrap();
        let mut echo = [0; 5];
        stream.read_exact(&mut echo).await.unwrap();
        assert_eq!(echo, message);
    }
    switch.store(false, Ordering::Relaxed);
    let mut rest = Vec::new();
    let closed = timeout(Duration::from_secs(1), stream.read_to_end(&mut rest)).await;
    assert!(closed.is_ok(), "the tunnel outlived its session");
    assert!(rest.is_empty());
}

/// How long a tunnel waits in these tests for who does not take what it is told.
const PATIENCE: Duration = Duration::from_millis(500);

/// What an upstream does once it has agreed.
#[derive(Clone, Copy)]
enum Then {
    /// It says what has no end.
    Talks,
    /// It neither says nor reads anything.
    Sleeps,
    /// It has said all, and reads on.
    Listens,
}

/// A client of such an upstream, and what that tells once it cannot talk any more.
async fn one_sided(then: Then) -> (BufReader<TcpStream>, mpsc::UnboundedReceiver<()>) {
    let (tell, over) = mpsc::unbounded_channel();
    let url = serve(move |mut request: Request<Incoming>| {
        let tell = tell.clone();
        Box::pin(async move {
            tokio::spawn(async move {
                let mut upgraded = TokioIo::new(hyper::upgrade::on(&mut request).await.unwrap());
                match then {
                    Then::Talks => while upgraded.write_all(&[0x82; 64 * 1024]).await.is_ok() {},
                    Then::Sleeps => std::future::pending().await,
                    Then::Listens => {
                        upgraded.shutdown().await.unwrap();
                        while upgraded.read(&mut [0; 1024]).await.is_ok_and(|read| read > 0) {}
                    }
                }
                let _ = tell.send(());
            });
            let accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
            let agreed = Response::builder().status(101).header("Connection", "Upgrade").header("Upgrade", "websocket");
            agreed.header("Sec-WebSocket-Accept", accept).body(Body::empty()).unwrap()
        })
    })
    .await;
    let settings = Settings { taking_timeout: PATIENCE, ..Settings::default() };
    let (address, _switch) = proxy_with(url, settings).await;
    (ask(address, HANDSHAKE).await.0, over)
}

#[tokio::test]
async fn a_tunnel_whose_client_takes_nothing_is_given_up() {
    let (client, mut over) = one_sided(Then::Talks).await;
    timeout(Duration::from_secs(10), over.recv()).await.expect("it is not held for ever").unwrap();
    drop(client);
}

#[tokio::test]
async fn a_tunnel_whose_upstream_takes_nothing_is_given_up() {
    let (mut client, _over) = one_sided(Then::Sleeps).await;
    let writing = async { while client.write_all(&[0x82; 64 * 1024]).await.is_ok() {} };
    timeout(Duration::from_secs(10), writing).await.expect("it is not held for ever");
}

#[tokio::test]
async fn a_websocket_of_which_one_side_has_hung_up_is_over_soon() {
    let (mut client, mut over) = one_sided(Then::Listens).await;
    let talking = async {
        let mut ticks = tokio::time::interval(Duration::from_millis(20));
        while client.write_all(&[0x82; 8]).await.is_ok() {
            ticks.tick().await;
        }
    };
    timeout(Duration::from_secs(10), talking).await.expect("it is not held for ever");
    over.recv().await.unwrap();
}

#[tokio::test]
async fn who_takes_what_a_tunnel_brings_piece_by_piece_may_take_long() {
    let (mut client, mut over) = one_sided(Then::Talks).await;
    let mut ticks = tokio::time::interval(Duration::from_millis(20));
    let begun = tokio::time::Instant::now();
    while begun.elapsed() < 4 * PATIENCE {
        ticks.tick().await;
        client.read_exact(&mut vec![0; 256 * 1024]).await.unwrap();
    }
    assert!(over.try_recv().is_err());
}

#[tokio::test]
async fn other_upgrades_are_not_passed_on() {
    for upgrade in ["h2c", "websocket, h2c", "websocket\r\nUpgrade: h2c"] {
        let (url, mut seen) = observing().await;
        let (address, _switch) = proxy(url).await;
        let (_stream, head) = ask(address, &HANDSHAKE.replace("websocket\r\n", &format!("{upgrade}\r\n"))).await;
        assert_eq!(head[0], "http/1.1 200 ok");
        let seen = seen.recv().await.unwrap();
        assert_eq!((seen.all("upgrade"), seen.all("connection")), (vec![], vec!["te"]), "{upgrade}");
    }
}

#[tokio::test]
async fn a_refused_handshake_is_an_ordinary_answer() {
    let (url, mut seen) = observing().await;
    let (address, _switch) = proxy(url).await;
    let (_stream, head) = ask(address, HANDSHAKE).await;
    assert_eq!(head[0], "http/1.1 200 ok");
    let seen = seen.recv().await.unwrap();
    let hop = ["upgrade", "connection", "te"].map(|name| seen.all(name).join(","));
    assert_eq!(hop, ["websocket", "upgrade", ""]);
}

#[tokio::test]
async fn a_body_is_asked_for_when_it_is_wanted() {
    let (url, mut seen) = observing().await;
    let (address, _switch) = proxy(url).await;
    let head = "POST /page HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n";
    let (mut stream, interim) = ask(address, head).await;
    assert_eq!(interim, ["http/1.1 100 continue"]);
    stream.write_all(b"abc").await.unwrap();
    assert_eq!(seen.recv().await.unwrap().body, "abc");
}

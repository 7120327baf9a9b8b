//! Upstreams that speak HTTP/2, with prior knowledge: gRPC as it is (its messages, its trailers, its refusals), one
//! connection for all, and another when that goes away.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use h2::RecvStream;
use h2::server::{Connection, SendResponse};
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, mpsc};

use super::{address, session, with_upstream};
use crate::kit::frames;
use crate::kit::h2::H2;
use crate::kit::world::World;

const HTTP2: &str = "[application.connection]\nprotocol = \"http2\"";

/// What came to the upstream.
struct Seen {
    head: http::request::Parts,
    trailers: Option<HeaderMap>,
}

/// An upstream of gRPC that sends each message back; it knows no method called `/unknown`, and goes away after every
/// `/last`. Tells what came, and counts connections.
async fn grpc() -> (SocketAddr, mpsc::UnboundedReceiver<Seen>, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let here = listener.local_addr().unwrap();
    let (tell, seen) = mpsc::unbounded_channel();
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(speak(stream, tell.clone()));
        }
    });
    (here, seen, connections)
}

async fn speak(stream: TcpStream, tell: mpsc::UnboundedSender<Seen>) {
    let mut connection: Connection<_, Bytes> = h2::server::handshake(stream).await.unwrap();
    while let Some(Ok((request, respond))) = connection.accept().await {
        if request.uri().path() == "/last" {
            connection.graceful_shutdown();
        }
        tokio::spawn(answer(request, respond, tell.clone()));
    }
}

async fn answer(request: Request<RecvStream>, mut respond: SendResponse<Bytes>, tell: mpsc::UnboundedSender<Seen>) {
    let (head, mut body) = request.into_parts();
    let response = Response::builder().header("content-type", "application/grpc");
    if head.uri.path() == "/unknown" {
        let refusal = response.header("grpc-status", "12").header("grpc-message", "no such method");
        respond.send_response(refusal.body(()).unwrap(), true).unwrap();
        return;
    }
    let mut send = respond.send_response(response.body(()).unwrap(), false).unwrap();
    while let Some(Ok(message)) = body.data().await {
        body.flow_control().release_capacity(message.len()).unwrap();
        send.send_data(message, false).unwrap();
    }
    let trailers = body.trailers().await.unwrap();
    let _ = tell.send(Seen { head, trailers });
    let trailers = [
        ("grpc-status", "0"),
        ("set-cookie", "a=b"),
        ("strict-transport-security", "max-age=0"),
        ("clear-site-data", "\"*\""),
        ("location", "/elsewhere"),
        ("x-accel-redirect", "/internal"),
        ("alt-svc", "h3=\":8443\""),
        ("x-kept", "1"),
    ];
    let trailers = trailers.map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)));
    send.send_trailers(trailers.into_iter().collect()).unwrap();
}

/// A message as gRPC sends it: not compressed, its length, and it.
fn message(text: &str) -> Bytes {
    let length = u32::try_from(text.len()).unwrap().to_be_bytes();
    [&[0], &length[..], text.as_bytes()].concat().into()
}

/// A call of alice's, with this body.
fn call(world: &World, cookie: &str, path: &str, body: Body) -> Request<Body> {
    let request = Request::post(world.url("wiki", path)).header("cookie", cookie);
    request.header("content-type", "application/grpc").header("te", "trailers").body(body).unwrap()
}

/// A body that the test writes.
fn written() -> (mpsc::UnboundedSender<Frame<Bytes>>, Body) {
    let (write, frames) = mpsc::unbounded_channel();
    let frames = stream::unfold(frames, |mut frames: mpsc::UnboundedReceiver<Frame<Bytes>>| async move {
        let frame = frames.recv().await?;
        Some((Ok::<_, std::io::Error>(frame), frames))
    });
    (write, Body::new(StreamBody::new(frames)))
}

#[tokio::test]
async fn a_call_of_grpc_streams_both_ways_and_ends_with_its_trailers() {
    let (upstream, mut seen, _) = grpc().await;
    let (world, browser) = with_upstream(&format!("http://{upstream}"), HTTP2).await;
    let cookie = session(&world, &browser);
    let mut h2 = H2::connect(address(&world)).await;
    let (write, body) = written();
    write.send(Frame::data(message("one"))).unwrap();
    let answer = h2.send(call(&world, &cookie, "/echo.Echo/Say?x", body)).await;
    assert_eq!(answer.headers()["content-type"], "application/grpc");
    let mut body = answer.into_body();
    // The second is said after the first was heard.
    for text in ["one", "two"] {
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), message(text));
        if text == "one" {
            write.send(Frame::data(message("two"))).unwrap();
        }
    }
    let forged = [("remote-user", "root"), ("x-forwarded-for", "::1"), ("x-kept", "1")];
    let forged = forged.map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)));
    write.send(Frame::trailers(forged.into_iter().collect())).unwrap();
    drop(write);
    let trailers = body.frame().await.unwrap().unwrap().into_trailers().unwrap();
    let names: Vec<_> = trailers.keys().map(|name| name.as_str()).collect();
    assert_eq!((trailers["grpc-status"].as_bytes(), names), (&b"0"[..], vec!["grpc-status", "x-kept"]));
    let Seen { head, trailers } = seen.recv().await.unwrap();
    assert_eq!(head.uri.path_and_query().unwrap(), "/echo.Echo/Say?x");
    assert_eq!(head.uri.authority().unwrap().as_str(), format!("wiki.localhost:{}", world.places.port));
    let told: Vec<_> = ["te", "remote-user", "via"].map(|name| head.headers[name].to_str().unwrap()).into();
    assert_eq!(told, ["trailers", "alice", "2 vestibule"]);
    for name in ["connection", "transfer-encoding", "host", "cookie", "content-length"] {
        assert!(!head.headers.contains_key(name), "{name}");
    }
    assert_eq!(trailers.unwrap().keys().map(|name| name.as_str()).collect::<Vec<_>>(), ["x-kept"]);
}

#[tokio::test]
async fn a_refusal_of_grpc_that_is_trailers_alone_comes_as_it_is() {
    let (upstream, ..) = grpc().await;
    let (world, browser) = with_upstream(&format!("http://{upstream}"), HTTP2).await;
    let mut h2 = H2::connect(address(&world)).await;
    let answer = h2.ask(call(&world, &session(&world, &browser), "/unknown", Body::from(message("x")))).await;
    assert_eq!((answer.status.as_u16(), answer.body.len()), (200, 0));
    assert_eq!(answer.headers["grpc-status"], "12");
    assert_eq!(answer.headers["grpc-message"], "no such method");
    // Ours is what every client of gRPC makes the right status of: 401 is UNAUTHENTICATED.
    assert_eq!(h2.ask(call(&world, "a=b", "/unknown", Body::empty())).await.status, 401);
}

#[tokio::test]
async fn a_call_ends_when_its_session_does() {
    let (upstream, ..) = grpc().await;
    let (world, browser) = with_upstream(&format!("http://{upstream}"), HTTP2).await;
    let mut h2 = H2::connect(address(&world)).await;
    let (write, body) = written();
    write.send(Frame::data(message("one"))).unwrap();
    let mut answer = h2.send(call(&world, &session(&world, &browser), "/watch", body)).await.into_body();
    answer.frame().await.unwrap().unwrap();
    browser.submit(&world.url("wiki", "/").parse().unwrap(), &world.url("wiki", "/.vestibule/sign-out"), &[]).await;
    assert!(answer.frame().await.unwrap().is_err(), "it does not look as if it were whole");
}

#[tokio::test]
async fn many_requests_share_one_connection_until_it_goes_away() {
    let (upstream, _seen, connections) = grpc().await;
    let (world, browser) = with_upstream(&format!("http://{upstream}"), HTTP2).await;
    let cookie = session(&world, &browser);
    let ask = async |path: &'static str| {
        let mut h2 = H2::connect(address(&world)).await;
        let answer = h2.ask(call(&world, &cookie, path, Body::from(message("x")))).await;
        assert_eq!((answer.status.as_u16(), answer.trailers["grpc-status"].as_bytes()), (200, &b"0"[..]), "{path}");
    };
    futures_util::future::join_all((0..20).map(|_| ask("/call"))).await;
    assert_eq!(connections.load(Ordering::SeqCst), 1);
    for before in 1..4 {
        ask("/last").await;
        ask("/call").await;
        assert_eq!(connections.load(Ordering::SeqCst), before + 1, "there is one at a time");
    }
}

/// The fields of an answer in HPACK. `:status: 200` is the eighth of its table (RFC 7541 A); the rest is written out.
fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    [vec![0x88], frames::block(fields)].concat()
}

/// An upstream that answers each request with the next of these blocks, frame by frame.
async fn by_hand(listener: TcpListener, blocks: mpsc::UnboundedReceiver<Vec<u8>>) {
    let blocks = Arc::new(Mutex::new(blocks));
    while let Ok((mut stream, _)) = listener.accept().await {
        let blocks = Arc::clone(&blocks);
        tokio::spawn(async move {
            let mut preface = [0; 24];
            stream.read_exact(&mut preface).await.unwrap();
            stream.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).await.unwrap();
            let mut head = [0; 9];
            while stream.read_exact(&mut head).await.is_ok() {
                let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
                let mut payload = vec![0; usize::try_from(length).unwrap()];
                stream.read_exact(&mut payload).await.unwrap();
                if head[3] == 1 {
                    let block = blocks.lock().await.recv().await.unwrap();
                    let length = u8::try_from(block.len()).unwrap();
                    let answer = [&[0, 0, length, 1, 5][..], &head[5..], &block].concat();
                    let _ = stream.write_all(&answer).await;
                }
            }
        });
    }
}

#[tokio::test]
async fn what_belongs_to_one_connection_is_no_answer_of_http_2() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (world, browser) = with_upstream(&format!("http://{}", listener.local_addr().unwrap()), HTTP2).await;
    let (next, blocks) = mpsc::unbounded_channel();
    tokio::spawn(by_hand(listener, blocks));
    let cookie = session(&world, &browser);
    let mut h2 = H2::connect(address(&world)).await;
    for (fields, status) in [
        (&[("x-kept", "1")][..], 200),
        (&[("transfer-encoding", "chunked")], 502),
        (&[("connection", "x-kept")], 502),
        (&[("upgrade", "websocket")], 502),
        (&[("X-Upper", "1")], 502),
        (&[("x-kept", "1")], 200),
    ] {
        next.send(block(fields)).unwrap();
        let request = Request::get(world.url("wiki", "/")).header("cookie", &cookie);
        let answer = h2.ask(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status.as_u16(), status, "{fields:?}");
        assert_eq!(answer.headers.contains_key("x-kept"), status == 200);
    }
}

#[tokio::test]
async fn an_upstream_of_http_2_that_is_away_is_a_bad_gateway() {
    let (world, browser) = with_upstream("http://127.0.0.1:9", HTTP2).await;
    let cookie = session(&world, &browser);
    let mut h2 = H2::connect(address(&world)).await;
    let request = Request::get(world.url("wiki", "/")).header("cookie", &cookie);
    assert_eq!(h2.ask(request.body(Body::empty()).unwrap()).await.status, 502);
}

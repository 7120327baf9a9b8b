//! WebSockets to upstreams that speak HTTP/2: on a stream where they announce it (RFC 8441), else over HTTP/1.1.

use std::net::SocketAddr;

use bytes::Bytes;
use h2::ext::Protocol;
use h2::server::SendResponse;
use http::{Request, Response, StatusCode};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use super::sockets::{self, Came, read, say};
use super::{address, session, with_upstream};
use crate::kit::browser::Browser;
use crate::kit::h2::H2;
use crate::kit::raw::Raw;
use crate::kit::world::World;

const HTTP2: &str = "[application.connection]\nprotocol = \"http2\"";

/// What came to the upstream.
enum Heard {
    /// A request on a stream.
    Stream(http::request::Parts),
    /// A handshake over HTTP/1.1, or what came of it.
    Plain(Came),
}

/// An upstream that speaks both versions. On a stream it sends everything back, if it announces that it takes WebSockets;
/// to `/refused` it says no, and to `/other` another yes.
async fn upstream(announces: bool) -> (SocketAddr, mpsc::UnboundedReceiver<Heard>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let here = listener.local_addr().unwrap();
    let (tell, heard) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(speak(stream, announces, tell.clone()));
        }
    });
    (here, heard)
}

async fn speak(stream: TcpStream, announces: bool, tell: mpsc::UnboundedSender<Heard>) {
    let mut first = [0];
    let _ = stream.peek(&mut first).await;
    if &first != b"P" {
        let (say, mut came) = mpsc::unbounded_channel();
        tokio::spawn(sockets::serve(stream, say));
        while let Some(came) = came.recv().await {
            let _ = tell.send(Heard::Plain(came));
        }
        return;
    }
    let mut builder = h2::server::Builder::new();
    if announces {
        builder.enable_connect_protocol();
    }
    let mut connection = builder.handshake::<_, Bytes>(stream).await.unwrap();
    while let Some(Ok((request, respond))) = connection.accept().await {
        tokio::spawn(answer(request, respond, tell.clone()));
    }
}

async fn answer(
    request: Request<h2::RecvStream>,
    mut respond: SendResponse<Bytes>,
    tell: mpsc::UnboundedSender<Heard>,
) {
    let (head, mut body) = request.into_parts();
    let status = match head.uri.path() {
        "/refused" => StatusCode::FORBIDDEN,
        "/other" => StatusCode::ACCEPTED,
        _ => StatusCode::OK,
    };
    let is_tunnel = head.extensions.get::<Protocol>().is_some() && status == StatusCode::OK;
    let _ = tell.send(Heard::Stream(head));
    let response = Response::builder().status(status).header("sec-websocket-protocol", "chat").body(()).unwrap();
    let mut send = respond.send_response(response, !is_tunnel).unwrap();
    while let (true, Some(Ok(bytes))) = (is_tunnel, body.data().await) {
        body.flow_control().release_capacity(bytes.len()).unwrap();
        if send.send_data(bytes, false).is_err() {
            break;
        }
    }
    let _ = send.send_data(Bytes::new(), true);
}

async fn stage(announces: bool) -> (World, Browser, mpsc::UnboundedReceiver<Heard>) {
    let (upstream, heard) = upstream(announces).await;
    let (world, browser) = with_upstream(&format!("http://{upstream}"), HTTP2).await;
    (world, browser, heard)
}

fn lines(world: &World, browser: &Browser) -> String {
    format!("Cookie: {}; a=1\r\nOrigin: {}\r\nRemote-User: root\r\n", session(world, browser), world.url("wiki", ""))
}

#[tokio::test]
async fn a_websocket_goes_on_as_a_stream_whichever_way_it_came() {
    let (world, browser, mut heard) = stage(true).await;
    let mut plain = sockets::open(address(&world), &lines(&world, &browser)).await;
    let (cookie, origin) = (session(&world, &browser), world.url("wiki", ""));
    let known = [("cookie", cookie.as_str()), ("origin", origin.as_str()), ("sec-websocket-version", "13")];
    let mut h2 = H2::connect(address(&world)).await;
    let (answer, stream) = h2.websocket(&world.url("wiki", "/socket?x"), &known).await;
    assert_eq!(
        (answer.status(), &answer.headers()["sec-websocket-protocol"]),
        (StatusCode::OK, &"chat".parse().unwrap())
    );
    assert!(!answer.headers().contains_key("sec-websocket-accept"));
    for target in ["/socket", "/socket?x"] {
        let Some(Heard::Stream(head)) = heard.recv().await else { panic!("no stream") };
        assert_eq!((head.method.as_str(), head.uri.path_and_query().unwrap().as_str()), ("CONNECT", target));
        assert_eq!(head.extensions.get::<Protocol>().map(Protocol::as_str), Some("websocket"));
        assert_eq!(
            (&head.headers["remote-user"], &head.headers["sec-websocket-version"]),
            (&"alice".parse().unwrap(), &"13".parse().unwrap())
        );
        for name in ["connection", "upgrade", "sec-websocket-key", "host", "transfer-encoding", "content-length"] {
            assert!(!head.headers.contains_key(name), "{name}");
        }
        assert!(!format!("{:?}", head.headers).contains(cookie.split_once('=').unwrap().1));
    }
    let mut stream = stream.unwrap();
    for text in ["hello", "again"] {
        say(&mut plain, text).await;
        say(&mut stream, text).await;
        assert_eq!(read(&mut plain).await, Some((1, text.into())));
        assert_eq!(read(&mut stream).await, Some((1, text.into())));
    }
    browser.submit(&world.url("wiki", "/").parse().unwrap(), &world.url("wiki", "/.vestibule/sign-out"), &[]).await;
    assert_eq!(read(&mut plain).await, Some((8, vec![0x03, 0xf0])), "1008");
    assert_eq!(read(&mut stream).await, Some((8, vec![0x03, 0xf0])), "1008");
    assert_eq!((read(&mut plain).await, read(&mut stream).await), (None, None));
}

#[tokio::test]
async fn an_upstream_that_does_not_announce_it_is_asked_over_http_1() {
    let (world, browser, mut heard) = stage(false).await;
    for _ in 0..2 {
        let mut socket = sockets::open(address(&world), &lines(&world, &browser)).await;
        say(&mut socket, "hello").await;
        assert_eq!(read(&mut socket).await, Some((1, b"hello".to_vec())));
        let Some(Heard::Plain(Came::Head(head))) = heard.recv().await else { panic!("no handshake") };
        assert!(head.starts_with("GET /socket HTTP/1.1\r\n") && head.contains("upgrade: websocket\r\n"), "{head}");
        while !matches!(heard.recv().await, Some(Heard::Plain(Came::Frame(..)))) {}
        drop(socket);
        while !matches!(heard.recv().await, Some(Heard::Plain(Came::End))) {}
    }
}

#[tokio::test]
async fn a_no_on_a_stream_is_a_no_and_another_yes_is_none() {
    let (world, browser, _heard) = stage(true).await;
    for (path, answered) in [("/refused", "403"), ("/other", "502")] {
        let mut client = Raw::connect(address(&world)).await;
        client
            .send(format!(
                "GET {path} HTTP/1.1\r\nHost: wiki.localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                 Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{}\r\n",
                lines(&world, &browser)
            ))
            .await;
        let head = client.read_until("\r\n\r\n").await;
        assert!(head.starts_with(&format!("HTTP/1.1 {answered} ")), "{path}: {head}");
    }
}

//! A client that speaks HTTP/2 with prior knowledge.

use std::net::SocketAddr;

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::client::conn::http2::SendRequest;
use hyper::ext::Protocol;
use hyper::upgrade::Upgraded;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;

/// One connection.
pub struct H2(SendRequest<Body>);

/// One answer, whole.
pub struct Answered {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub trailers: HeaderMap,
}

impl H2 {
    /// Connects.
    pub async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("a connection");
        let handshake = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
        let (sender, connection) = handshake.await.expect("HTTP/2");
        tokio::spawn(connection);
        Self(sender)
    }

    /// Sends a request and gives the head of its answer.
    pub async fn send(&mut self, request: Request<Body>) -> Response<Incoming> {
        self.0.send_request(request).await.expect("an answer")
    }

    /// Sends a request and gives all of its answer.
    pub async fn ask(&mut self, request: Request<Body>) -> Answered {
        let (head, body) = self.send(request).await.into_parts();
        let body = body.collect().await.expect("a whole answer");
        let trailers = body.trailers().cloned().unwrap_or_default();
        Answered { status: head.status, headers: head.headers, body: body.to_bytes(), trailers }
    }

    /// Asks for a WebSocket by an extended CONNECT (RFC 8441); gives the head of the answer, and the stream if there is
    /// one.
    pub async fn websocket(
        &mut self,
        uri: &str,
        headers: &[(&str, &str)],
    ) -> (Response<()>, Option<TokioIo<Upgraded>>) {
        self.tunnel("websocket", uri, headers).await
    }

    /// As [`H2::websocket`], for whatever protocol.
    pub async fn tunnel(
        &mut self,
        protocol: &'static str,
        uri: &str,
        headers: &[(&str, &str)],
    ) -> (Response<()>, Option<TokioIo<Upgraded>>) {
        let request = Request::builder().method(Method::CONNECT).uri(uri).extension(Protocol::from_static(protocol));
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let mut answer = self.send(request.body(Body::empty()).expect("a request")).await;
        let stream = match answer.status() {
            StatusCode::OK => Some(TokioIo::new(hyper::upgrade::on(&mut answer).await.expect("a stream"))),
            _ => None,
        };
        (answer.map(drop), stream)
    }
}

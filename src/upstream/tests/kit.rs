//! An upstream that does what a test says, and a forwarder towards it.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::assertion::{Assertions, SigningKey};
use crate::base::{Ambient, ClientTls};
use crate::decision::{Permit, sample};
use crate::session::Principal;
use crate::upstream::{ForwardError, Forwarder, Lasting, Settings, Standing, StillAllowed};

/// Serves `handler` over HTTP/1.1, or HTTP/2 (h2c) to whoever begins with it, and says where.
pub(super) async fn serve<F>(handler: F) -> String
where
    F: Fn(Request<Incoming>) -> BoxFuture<'static, Response<Body>> + Clone + Send + Sync + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let handler = handler.clone();
            let service = service_fn(move |request| {
                let answer = handler(request);
                async move { Ok::<_, Infallible>(answer.await) }
            });
            let builder = Builder::new(TokioExecutor::new());
            tokio::spawn(async move { builder.serve_connection_with_upgrades(TokioIo::new(stream), service).await });
        }
    });
    url
}

/// A request as an upstream saw it.
pub(super) struct Seen {
    pub parts: Parts,
    pub body: Bytes,
    pub trailers: Option<HeaderMap>,
}

impl Seen {
    /// All values of a header, in order.
    pub(super) fn all(&self, name: &str) -> Vec<&str> {
        self.parts.headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
    }
}

/// An upstream that answers 200 and tells the test what it saw.
pub(super) async fn observing() -> (String, mpsc::UnboundedReceiver<Seen>) {
    let (tell, seen) = mpsc::unbounded_channel();
    let url = serve(move |request: Request<Incoming>| {
        let tell = tell.clone();
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let body = body.collect().await.unwrap();
            let trailers = body.trailers().cloned();
            drop(tell.send(Seen { parts, body: body.to_bytes(), trailers }));
            Response::new(Body::from("ok"))
        })
    })
    .await;
    (url, seen)
}

pub(super) fn forwarder(settings: Settings) -> Forwarder {
    forwarder_beside(settings, &[])
}

/// A forwarder of a process that listens there.
pub(super) fn forwarder_beside(settings: Settings, own: &[SocketAddr]) -> Forwarder {
    let ambient = Ambient::system();
    let public_url = "https://login.example.com".parse().unwrap();
    let key = SigningKey::generate(&ambient).unwrap();
    let assertions = Arc::new(Assertions::new(key, "https://login.example.com".parse().unwrap(), ambient.clone()));
    Forwarder::new(settings, &ClientTls::of_machine(), assertions, &public_url, own, ambient)
}

pub(super) fn always() -> impl FnOnce(Lasting) -> StillAllowed {
    |_| -> StillAllowed { Arc::new(|_| Box::pin(async { Standing::Allowed })) }
}

/// Where every request comes from.
pub(super) const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));

pub(super) fn chain() -> Option<HeaderValue> {
    Some(HeaderValue::from_static("192.0.2.7"))
}

/// A member of the application.
pub(super) fn member() -> Arc<Principal> {
    sample::alice(&[(sample::HOME, sample::MEMBER), (sample::OTHER, sample::OTHER_ADMIN)])
}

/// A permit for the member at `/page`.
pub(super) fn permit(url: &str) -> Permit {
    sample::permitted(sample::wiki(url, Vec::new()), "/page", Some(&member()))
}

pub(super) async fn forward(permit: Permit, mut request: Request<Body>) -> Result<Response<Body>, ForwardError> {
    forwarder(Settings::default()).forward(permit, &mut request, chain(), always()).await
}

/// A body that yields what the test sends, when it sends it.
pub(super) fn gated() -> (mpsc::UnboundedSender<Result<http_body::Frame<Bytes>, std::io::Error>>, Body) {
    let (send, receive) = mpsc::unbounded_channel();
    let frames = futures_util::stream::unfold(receive, |mut receive| async move {
        let frame = receive.recv().await?;
        Some((frame, receive))
    });
    (send, Body::new(http_body_util::StreamBody::new(frames)))
}

pub(super) fn data(text: &'static str) -> Result<http_body::Frame<Bytes>, std::io::Error> {
    Ok(http_body::Frame::data(Bytes::from_static(text.as_bytes())))
}

//! An application to stand behind Vestibule: it answers with what it received.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, UPGRADE};
use http::{HeaderName, HeaderValue, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// What agrees to the key `dGhlIHNhbXBsZSBub25jZQ==`, of RFC 6455 1.3, which is all that is offered here.
const ACCEPT_OF_THE_SAMPLE: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// A running application. It ends with the test's runtime.
#[derive(Clone)]
pub struct Upstream {
    /// Where it listens.
    pub address: SocketAddr,
    hits: Arc<AtomicUsize>,
}

impl Upstream {
    /// Starts one on a free port.
    ///
    /// It answers every request with 200 and a JSON object: `method`, `target` (path and query), `headers` (an array of
    /// name and value, in order) and `body` (as text). A request header `x-answer-NAME: VALUE` makes it answer with the
    /// header `NAME: VALUE`. A path that ends in `/page` is answered with HTML for a real browser: the same JSON in
    /// `#received`, and a form that signs out. A WebSocket is agreed to at `/socket`; what comes over it goes back.
    pub async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let hits = Arc::new(AtomicUsize::new(0));
        let upstream = Self { address, hits };
        tokio::spawn(upstream.clone().accept(listener));
        upstream
    }

    /// How many requests have come through.
    pub fn hits(&self) -> usize {
        self.hits.load(Ordering::SeqCst)
    }

    async fn accept(self, listener: TcpListener) {
        while let Ok((stream, _)) = listener.accept().await {
            let hits = Arc::clone(&self.hits);
            let service = service_fn(move |request| {
                hits.fetch_add(1, Ordering::SeqCst);
                answer(request)
            });
            tokio::spawn(async move {
                let server = Builder::new(TokioExecutor::new());
                let _ = server.serve_connection_with_upgrades(TokioIo::new(stream), service).await;
            });
        }
    }
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    if request.uri().path() == "/socket" && request.headers().contains_key(UPGRADE) {
        return Ok(agree(request));
    }
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let headers: Vec<Value> = parts
        .headers
        .iter()
        .map(|(name, value)| json!([name.as_str(), String::from_utf8_lossy(value.as_bytes())]))
        .collect();
    let seen = json!({
        "method": parts.method.as_str(),
        "target": parts.uri.path_and_query().map(ToString::to_string),
        "headers": headers,
        "body": String::from_utf8_lossy(&body),
    });
    let html = parts.uri.path().ends_with("/page");
    let (kind, body) = if html { ("text/html", page(&seen)) } else { ("application/json", seen.to_string()) };
    let mut response = Response::new(Full::new(Bytes::from(body)));
    response.headers_mut().insert("content-type", HeaderValue::from_static(kind));
    for (name, value) in &parts.headers {
        if let Some(name) = name.as_str().strip_prefix("x-answer-") {
            response.headers_mut().append(HeaderName::from_bytes(name.as_bytes()).expect("a name"), value.clone());
        }
    }
    Ok(response)
}

fn agree(request: Request<Incoming>) -> Response<Full<Bytes>> {
    tokio::spawn(async move {
        let socket = hyper::upgrade::on(request).await.expect("the upgrade that was agreed to");
        let (mut read, mut write) = tokio::io::split(TokioIo::new(socket));
        let _ = tokio::io::copy(&mut read, &mut write).await;
    });
    let response = Response::builder().status(101).header(CONNECTION, "Upgrade").header(UPGRADE, "websocket");
    let response = response.header(SEC_WEBSOCKET_ACCEPT, ACCEPT_OF_THE_SAMPLE);
    response.body(Full::default()).expect("a response")
}

/// What a browser can show. It sends no referrer, as the pages of many applications: their forms have `Origin: null`.
fn page(seen: &Value) -> String {
    let seen = seen.to_string().replace('&', "&amp;").replace('<', "&lt;");
    format!(
        "<!doctype html><meta name=\"referrer\" content=\"no-referrer\"><link rel=\"icon\" href=\"data:,\">\
         <title>An application</title><pre id=\"received\">{seen}</pre>\
         <form method=\"post\" action=\"/.vestibule/sign-out\"><button>Sign out</button></form>"
    )
}

/// The values of one header in an answer of the upstream.
pub fn received<'a>(seen: &'a Value, name: &str) -> Vec<&'a str> {
    let headers = seen["headers"].as_array().map(Vec::as_slice).unwrap_or_default();
    headers.iter().filter(|header| header[0] == name).filter_map(|header| header[1].as_str()).collect()
}

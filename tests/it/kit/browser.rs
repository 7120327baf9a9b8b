//! A small browser: a cookie jar and the headers that real ones send. It runs no script and keeps no cache.

mod form;
mod jar;

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, COOKIE, HOST, HeaderMap, LOCATION, ORIGIN, SET_COOKIE, USER_AGENT};
use http::{HeaderName, HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::Url;
use vestibule::base::{Ambient, Timestamp};

pub use jar::Cookie;
use jar::Jar;

/// What a browser accepts when it navigates.
const ACCEPT_HTML: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
/// Redirects followed before a loop is assumed, as browsers do.
const MAX_HOPS: usize = 20;
/// Nothing on loopback takes longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// One person's browser. `*.localhost` and loopback addresses are reached as they are; other hosts only if routed.
pub struct Browser {
    jar: Mutex<Jar>,
    routes: HashMap<String, SocketAddr>,
    tls: Option<TlsConnector>,
    end: Option<String>,
    ambient: Ambient,
    later: Mutex<Duration>,
}

/// A response, read to its end.
#[derive(Clone, Debug)]
pub struct Response {
    /// What was asked for.
    pub url: Url,
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Browser {
    /// A browser with an empty jar.
    pub fn new() -> Self {
        Self {
            jar: Mutex::default(),
            routes: HashMap::new(),
            tls: None,
            end: None,
            ambient: Ambient::system(),
            later: Mutex::default(),
        }
    }

    /// Sends whatever is for `host`, be it http or https, to `address` in plain http: as if a proxy that terminates TLS
    /// stood in between.
    pub fn route(mut self, host: &str, address: SocketAddr) -> Self {
        self.routes.insert(host.to_owned(), address);
        self
    }

    /// Speaks TLS to https hosts, which show certificates of [`super::tls`].
    pub fn over_tls(mut self) -> Self {
        self.tls = Some(super::tls::connector());
        self
    }

    /// Never goes to addresses that begin with `prefix`: following ends at the redirect to one.
    pub fn ending_at(mut self, prefix: &str) -> Self {
        self.end = Some(prefix.to_owned());
        self
    }

    /// Types `url` into the address bar; follows nothing.
    pub async fn navigate(&self, url: &str) -> Response {
        self.navigation(parse(url), "none").await
    }

    /// Types `url` into the address bar and follows redirects to the end: every response on the way, the page last.
    pub async fn follow(&self, url: &str) -> Vec<Response> {
        let first = self.navigate(url).await;
        self.follow_from(first).await
    }

    /// Follows redirects from `first`, which is the first of the responses given back.
    pub async fn follow_from(&self, first: Response) -> Vec<Response> {
        let mut hops = vec![first];
        while let Some(next) = self.step(&hops[hops.len() - 1]).await {
            assert!(hops.len() < MAX_HOPS, "redirects without end, last to {}", next.url);
            hops.push(next);
        }
        hops
    }

    /// Goes where `response` sends a browser by itself: a redirect, or a form that a script submits at once.
    pub async fn step(&self, response: &Response) -> Option<Response> {
        if let Some(next) = response.location() {
            if self.end.as_ref().is_some_and(|end| next.as_str().starts_with(end)) {
                return None;
            }
            return Some(self.navigation(next, "cross-site").await);
        }
        let (url, fields) = form::submitted_at_once(response)?;
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        Some(self.submit(&response.url, url.as_str(), &fields).await)
    }

    /// Submits a form of the page at `from` to `url`; follows nothing.
    pub async fn submit(&self, from: &Url, url: &str, fields: &[(&str, &str)]) -> Response {
        let url = parse(url);
        let origin = from.origin().ascii_serialization();
        let site = if from.origin() == url.origin() { "same-origin" } else { "cross-site" };
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let mut request = navigation_request(Method::POST, &url, site, body);
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        request.headers_mut().insert(ORIGIN, header(&origin));
        self.send(request).await
    }

    /// Fetches `url` as a script of the same origin does.
    pub async fn fetch(&self, url: &str) -> Response {
        let mut request = Request::get(url).body(Bytes::new()).expect("a request");
        set(request.headers_mut(), "sec-fetch-site", "same-origin");
        set(request.headers_mut(), "sec-fetch-mode", "cors");
        set(request.headers_mut(), "sec-fetch-dest", "empty");
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static("*/*"));
        self.send(request).await
    }

    /// Signs in at the test provider, whose form `page` shows, and follows where it leads.
    pub async fn sign_in_as(&self, page: &Response, username: &str) -> Vec<Response> {
        assert!(page.text().contains("name=\"username\""), "no sign-in form at {}: {}", page.url, page.text());
        let first = self.submit(&page.url, page.url.as_str(), &[("username", username)]).await;
        self.follow_from(first).await
    }

    /// Sends any request to an absolute URI, with the cookies the jar has for it, and keeps those that come back.
    pub async fn send(&self, mut request: Request<Bytes>) -> Response {
        let url = parse(&request.uri().to_string());
        if let Some(cookies) = self.jar().header_for(&url, self.now())
            && !request.headers().contains_key(COOKIE)
        {
            request.headers_mut().insert(COOKIE, header(&cookies));
        }
        let response = tokio::time::timeout(PATIENCE, self.exchange(&url, request)).await;
        let response = response.unwrap_or_else(|_| panic!("no answer from {url} within {PATIENCE:?}"));
        let now = self.now();
        let mut jar = self.jar();
        for cookie in response.headers.get_all(SET_COOKIE) {
            jar.set(&url, cookie.to_str().expect("a cookie is text"), now);
        }
        drop(jar);
        response
    }

    /// The cookies that would be sent to `url`.
    pub fn cookies(&self, url: &str) -> Vec<Cookie> {
        self.jar().matching(&parse(url), self.now())
    }

    /// Puts a cookie into the jar as if `url` had set it.
    pub fn set_cookie(&self, url: &str, set_cookie: &str) {
        self.jar().set(&parse(url), set_cookie, self.now());
    }

    /// Forgets every cookie.
    pub fn clear_cookies(&self) {
        *self.jar() = Jar::default();
    }

    /// Forgets the cookies of one host.
    pub fn clear_cookies_of(&self, url: &str) {
        self.jar().forget(parse(url).host_str().expect("a host"));
    }

    /// Lets time pass for the jar.
    pub fn pass(&self, time: Duration) {
        *self.later.lock().expect("no test thread panicked here") += time;
    }

    fn jar(&self) -> std::sync::MutexGuard<'_, Jar> {
        self.jar.lock().expect("no test thread panicked here")
    }

    fn now(&self) -> Timestamp {
        self.ambient.now().plus(*self.later.lock().expect("no test thread panicked here"))
    }

    async fn navigation(&self, url: Url, site: &str) -> Response {
        self.send(navigation_request(Method::GET, &url, site, String::new())).await
    }

    async fn exchange(&self, url: &Url, mut request: Request<Bytes>) -> Response {
        let address = self.address_of(url);
        request.headers_mut().insert(HOST, header(&authority(url)));
        request.headers_mut().entry(USER_AGENT).or_insert(HeaderValue::from_static("Mozilla/5.0 (tests)"));
        let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
        *request.uri_mut() = target.parse().expect("a request target");
        let stream = TcpStream::connect(address).await.unwrap_or_else(|error| panic!("{url} at {address}: {error}"));
        match self.tls.as_ref().filter(|_| url.scheme() == "https") {
            Some(tls) => {
                ask_over(super::tls::connect(tls, stream, url.host_str().expect("a host")).await, url, request).await
            }
            None => ask_over(stream, url, request).await,
        }
    }

    fn address_of(&self, url: &Url) -> SocketAddr {
        let host = url.host_str().expect("an absolute URL");
        if let Some(address) = self.routes.get(host) {
            return *address;
        }
        assert_eq!(url.scheme(), "http", "this browser speaks no TLS: route {host}");
        let port = url.port_or_known_default().expect("http has a port");
        if host == "localhost" || host.ends_with(".localhost") {
            return (Ipv4Addr::LOCALHOST, port).into();
        }
        let address = host.parse().unwrap_or_else(|_| panic!("{host} is neither routed nor on this machine"));
        assert!(Ipv4Addr::is_loopback(&address), "{host} is not on this machine");
        (address, port).into()
    }
}

impl Response {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{}: {error}: {}", self.url, self.text()))
    }

    /// A header, if it is there.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("a header is text"))
    }

    /// Where a redirect leads.
    pub fn location(&self) -> Option<Url> {
        let to = self.headers.get(LOCATION).filter(|_| self.status.is_redirection())?;
        Some(self.url.join(to.to_str().expect("a location is text")).expect("a location is a URL"))
    }
}

/// Sends one request over a connection of its own.
async fn ask_over<I>(stream: I, url: &Url, request: Request<Bytes>) -> Response
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let handshake = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = handshake.expect("a connection");
    let driver = tokio::spawn(connection);
    let response = sender.send_request(request.map(Full::new)).await;
    let (head, body) = response.unwrap_or_else(|error| panic!("{url}: {error}")).into_parts();
    let body = body.collect().await.unwrap_or_else(|error| panic!("{url}: {error}")).to_bytes();
    driver.abort();
    Response { url: url.clone(), status: head.status, headers: head.headers, body }
}

fn navigation_request(method: Method, url: &Url, site: &str, body: String) -> Request<Bytes> {
    let mut request = Request::new(Bytes::from(body));
    *request.method_mut() = method;
    *request.uri_mut() = url[..url::Position::AfterQuery].parse().expect("a URI");
    let headers = request.headers_mut();
    headers.insert(ACCEPT, HeaderValue::from_static(ACCEPT_HTML));
    set(headers, "sec-fetch-site", site);
    set(headers, "sec-fetch-mode", "navigate");
    set(headers, "sec-fetch-dest", "document");
    set(headers, "sec-fetch-user", "?1");
    set(headers, "upgrade-insecure-requests", "1");
    request
}

fn authority(url: &Url) -> String {
    let host = url.host_str().expect("an absolute URL");
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn set(headers: &mut HeaderMap, name: &'static str, value: &str) {
    headers.insert(HeaderName::from_static(name), header(value));
}

fn header(value: &str) -> HeaderValue {
    HeaderValue::from_str(value).expect("a header value")
}

fn parse(url: &str) -> Url {
    Url::parse(url).unwrap_or_else(|error| panic!("{url}: {error}"))
}

#[cfg(test)]
mod tests;

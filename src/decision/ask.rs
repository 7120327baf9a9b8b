//! What is asked for, in the words that rules are written in.

use std::net::IpAddr;

use http::{HeaderMap, Method, Request};
use http_body::Body;

use super::{RequestPath, preflight};
use crate::identity::Host;

/// One request as far as it is decided on. Borrowed, and made for every request without an allocation.
#[derive(Clone, Debug)]
pub struct Ask<'a> {
    /// The host it is for.
    pub host: &'a Host,
    /// The path, as it will be sent.
    pub path: &'a RequestPath,
    /// The method in the request line; `GET` for a WebSocket, in whichever way it is asked for.
    pub method: &'a Method,
    /// The method that a CORS preflight asks about, if this is one; see [`preflight::asked`].
    pub preflight: Option<Method>,
    /// All headers: where rules name methods, one that names another method is found there.
    pub headers: &'a HeaderMap,
    /// The client's address, as the listener resolved it. An unknown one is in no network.
    pub client: Option<IpAddr>,
}

impl<'a> Ask<'a> {
    /// What a request asks for. A WebSocket over HTTP/2 has been made a `GET` before, see
    /// [`target::unfold_websocket`](super::target::unfold_websocket).
    pub fn of<B: Body>(host: &'a Host, path: &'a RequestPath, request: &'a Request<B>, client: Option<IpAddr>) -> Self {
        let method = request.method();
        let preflight = preflight::asked(method, request.headers(), !request.body().is_end_stream());
        Self { host, path, method, preflight, headers: request.headers(), client }
    }
}

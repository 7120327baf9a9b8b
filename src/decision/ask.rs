//! What is asked for, in the words that rules are written in.

use std::net::IpAddr;

use http::{HeaderMap, HeaderName, Method, Request, Uri};
use http_body::Body;

use super::{Ambiguous, RequestPath, preflight};
use crate::identity::Host;

/// Where WebDAV copies or moves something to (RFC 4918 10.3).
const DESTINATION: HeaderName = HeaderName::from_static("destination");

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

    /// The second path that it names, if it names one: an upstream that speaks WebDAV writes there.
    ///
    /// # Errors
    /// When there is more than one, or it is ambiguous.
    pub(super) fn destination(&self) -> Result<Option<RequestPath>, Ambiguous> {
        let mut values = self.headers.get_all(DESTINATION).iter();
        let Some(value) = values.next() else { return Ok(None) };
        let uri = Uri::try_from(value.as_bytes()).ok().filter(|_| values.next().is_none());
        let path = RequestPath::parse(&uri.ok_or(Ambiguous::Destination)?)?;
        if path.is_ours() { Err(Ambiguous::Destination) } else { Ok(Some(path)) }
    }
}

//! What is asked for, in the words that rules are written in.

use std::net::IpAddr;

use http::{HeaderMap, Method, Request};
use http_body::Body;

use super::{RequestPath, method, preflight, webdav};
use crate::identity::Host;

/// What the names of the other headers begin with that tell what is asked for and by whom: what browsers say of pages, and
/// what they ask before they send something.
const SAID_BY_BROWSERS: [&str; 2] = ["sec-", "access-control-request-"];

/// The other headers themselves: who it is, and from which page.
const ASKED_WITH: [&str; 4] = ["cookie", "authorization", "accept", "origin"];

/// Whether a request is decided on by a header of that name, here or at one of the doors that ask for it. A proxy that asks
/// for somebody has to send it along, and what comes behind the body comes too late.
pub fn is_decided_on(name: &str) -> bool {
    let is = |other: &&str| name.eq_ignore_ascii_case(other);
    let begins = |prefix: &&str| name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    ASKED_WITH.iter().chain(&webdav::HEADERS).any(is)
        || SAID_BY_BROWSERS.iter().any(begins)
        || method::is_override(name)
}

/// The names of all these, for documents: as they are written, and `sec-*` for what begins so.
pub fn decided_on() -> impl Iterator<Item = String> {
    let whole = ASKED_WITH.iter().chain(&webdav::HEADERS).chain(&method::OVERRIDES).map(|name| (*name).to_owned());
    whole.chain(SAID_BY_BROWSERS.iter().map(|prefix| format!("{prefix}*")))
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_decided_on_is_known_by_its_name() {
        for name in decided_on() {
            let name = name.replace('*', "x");
            assert!(is_decided_on(&name) && is_decided_on(&name.to_ascii_uppercase()), "{name}");
        }
        for name in ["x_http.method-override", "X_Method_Override"] {
            assert!(is_decided_on(name), "{name}");
        }
        for name in ["x-method", "content-type", "secret", "des", "", "\u{e4}\u{e4}\u{e4}"] {
            assert!(!is_decided_on(name), "{name}");
        }
    }
}

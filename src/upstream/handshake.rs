//! How a request becomes a tunnel: over HTTP/1.1 by `Upgrade` (RFC 9110 7.8), over HTTP/2 by an extended CONNECT (RFC
//! 8441). The two sides may speak different versions; then the part of the handshake that one of them does not know is
//! played by us.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{self, HeaderMap, HeaderValue};
use http::response::Parts;
use http::{Method, Request, StatusCode, Version};
use hyper::ext::Protocol;

use super::headers::value;
use crate::identity::UpgradeProtocol;

/// How `Upgrade` and `:protocol` name it.
pub(super) const WEBSOCKET: &str = "websocket";
/// What a server's answer to a key is made with (RFC 6455 1.3).
const ACCEPT_SUFFIX: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// What a request asks its connection to become, and may. Nothing that is none of these becomes a tunnel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Upgrade {
    /// A WebSocket, over HTTP/1.1.
    WebSocket,
    /// A WebSocket on a stream of HTTP/2.
    WebSocketStream,
    /// Another protocol, one that the application allows.
    Other(UpgradeProtocol),
}

impl Upgrade {
    /// What a request asks for. Over HTTP/1.1: a GET, or with another protocol any method, without a body, with
    /// `Upgrade` naming exactly one protocol, named in `Connection`. Over HTTP/2 what `decision` has taken for a
    /// WebSocket's handshake. A request for anything else is one like any other: who asks must take no for an answer
    /// (RFC 9110 7.8).
    pub fn of<B>(request: &Request<B>, allowed: &[UpgradeProtocol]) -> Option<Self> {
        let headers = request.headers();
        match request.version() {
            Version::HTTP_2 => {
                let protocol = request.extensions().get::<Protocol>()?;
                (protocol.as_str() == WEBSOCKET && request.method() == Method::GET).then_some(Self::WebSocketStream)
            }
            Version::HTTP_11 => {
                let protocol = named(headers)?;
                if has_body(headers) {
                    return None;
                }
                if protocol.eq_ignore_ascii_case(WEBSOCKET.as_bytes()) {
                    return (request.method() == Method::GET).then_some(Self::WebSocket);
                }
                allowed.iter().find(|allowed| allowed.is(protocol)).cloned().map(Self::Other)
            }
            _ => None,
        }
    }

    /// Whether it is a WebSocket, which any page can ask for.
    pub const fn is_websocket(&self) -> bool {
        matches!(self, Self::WebSocket | Self::WebSocketStream)
    }
}

/// The one protocol that `Upgrade` names, if `Connection` says that it is meant.
fn named(headers: &HeaderMap) -> Option<&[u8]> {
    let mut protocols = headers.get_all(header::UPGRADE).iter();
    let (Some(protocol), None) = (protocols.next(), protocols.next()) else {
        return None;
    };
    let names_upgrade = |value: &HeaderValue| {
        value.as_bytes().split(|&byte| byte == b',').any(|token| token.trim_ascii().eq_ignore_ascii_case(b"upgrade"))
    };
    headers.get_all(header::CONNECTION).iter().any(names_upgrade).then_some(protocol.as_bytes())
}

fn has_body(headers: &HeaderMap) -> bool {
    let length = headers.get(header::CONTENT_LENGTH);
    length.is_some_and(|length| length != "0") || headers.contains_key(header::TRANSFER_ENCODING)
}

/// A handshake under way.
pub(super) struct Handshake {
    upgrade: Upgrade,
    /// What the upstream has to answer to a key of ours.
    accept: Option<String>,
}

impl Handshake {
    /// Asks the upstream for it, in the headers of a request over HTTP/1.1. `key` is chance for a key of ours.
    pub(super) fn ask(upgrade: Upgrade, headers: &mut HeaderMap, key: impl FnOnce() -> [u8; 16]) -> Self {
        let accept = (upgrade == Upgrade::WebSocketStream).then(|| {
            let key = STANDARD.encode(key());
            headers.insert(header::SEC_WEBSOCKET_KEY, value(&key));
            accept_of(key.as_bytes())
        });
        let handshake = Self { upgrade, accept };
        handshake.add_upgrade(headers);
        handshake
    }

    /// Whether what passes are frames.
    pub(super) const fn is_framed(&self) -> bool {
        self.upgrade.is_websocket()
    }

    /// Whether an upstream that switches protocols switches to the one that was asked for, and has read our key.
    pub(super) fn is_agreed(&self, answer: &HeaderMap) -> bool {
        let Some(protocol) = named(answer) else {
            return false;
        };
        let as_asked = match &self.upgrade {
            Upgrade::WebSocket | Upgrade::WebSocketStream => protocol.eq_ignore_ascii_case(WEBSOCKET.as_bytes()),
            Upgrade::Other(other) => other.is(protocol),
        };
        let mut accepts = answer.get_all(header::SEC_WEBSOCKET_ACCEPT).iter();
        let has_read_key =
            |accept: &String| accepts.next().is_some_and(|value| value == accept) && accepts.next().is_none();
        as_asked && self.accept.as_ref().is_none_or(has_read_key)
    }

    /// Tells the client that the upstream has agreed.
    pub(super) fn agree(&self, answer: &mut Parts) {
        if self.upgrade == Upgrade::WebSocketStream {
            answer.status = StatusCode::OK;
            answer.headers.remove(header::SEC_WEBSOCKET_ACCEPT);
        } else {
            self.add_upgrade(&mut answer.headers);
        }
    }

    /// Whether an answer that did not agree can be passed on: over HTTP/2 a success would be agreement.
    pub(super) fn may_be_told(&self, status: StatusCode) -> bool {
        self.upgrade != Upgrade::WebSocketStream || !status.is_success()
    }

    /// Asks for, or agrees to, the protocol.
    fn add_upgrade(&self, headers: &mut HeaderMap) {
        let protocol = match &self.upgrade {
            Upgrade::WebSocket | Upgrade::WebSocketStream => HeaderValue::from_static(WEBSOCKET),
            Upgrade::Other(protocol) => value(protocol.as_str()),
        };
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(header::UPGRADE, protocol);
        headers.remove(header::TE);
    }
}

/// What proves that a key was read (RFC 6455 4.2.2).
pub(super) fn accept_of(key: &[u8]) -> String {
    STANDARD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, &[key, ACCEPT_SUFFIX.as_bytes()].concat()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_proved_to_be_read_as_the_standard_shows() {
        assert_eq!(accept_of(b"dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }
}

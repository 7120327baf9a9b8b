//! Protocols that a connection may become.

use std::sync::Arc;

use crate::identity::{Invalid, text_noun};

/// Longest that is taken: real ones are words.
const MAX_LENGTH: usize = 64;
/// What needs no leave, and what never gets it: HTTP and TLS would hide requests from the decision (RFC 9110 7.8).
const REFUSED: [&str; 5] = ["websocket", "h2c", "h2", "http", "tls"];

/// A protocol that an application's connections may become beside WebSockets, as `Upgrade` names it (RFC 9110 7.8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpgradeProtocol(Arc<str>);

impl UpgradeProtocol {
    /// Parses a name, with a version or without, such as `tcp` or `SPDY/3.1`.
    ///
    /// # Errors
    /// When it is none, is WebSocket, or would carry further requests that nobody decides on.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let (name, version) = text.split_once('/').map_or((text, None), |(name, version)| (name, Some(version)));
        if text.len() > MAX_LENGTH || !is_token(name) || !version.is_none_or(is_token) {
            return Err(Invalid::new("a protocol is a word such as tcp, or one with its version such as SPDY/3.1"));
        }
        if REFUSED.iter().any(|refused| refused.eq_ignore_ascii_case(name)) {
            return Err(Invalid::new(
                "WebSockets need not be allowed; HTTP and TLS never are, for what they carry would not be decided on",
            ));
        }
        Ok(Self(text.into()))
    }

    /// The protocol as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a header names it. Case does not count.
    pub fn is(&self, named: &[u8]) -> bool {
        self.0.as_bytes().eq_ignore_ascii_case(named)
    }
}

text_noun!(UpgradeProtocol);

/// RFC 9110 5.6.2.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_protocol_is_a_token_that_hides_no_requests() {
        for good in ["tcp", "SPDY/3.1", "rdp"] {
            assert!(UpgradeProtocol::parse(good).unwrap().is(good.to_ascii_uppercase().as_bytes()), "{good}");
        }
        for bad in [
            "",
            "/",
            "a/",
            "/1",
            "a b",
            "a,b",
            "tcp\r\nX: 1",
            "ü",
            "a/b/c",
            "WebSocket",
            "h2c",
            "H2C",
            "HTTP/2.0",
            "TLS/1.0",
        ] {
            assert!(UpgradeProtocol::parse(bad).is_err(), "{bad:?}");
        }
    }
}

//! Origins of WebSocket handshakes. Browsers send cookies along with a handshake from any page, and applications share
//! a site, so `SameSite` does not stop one application's page from opening another's socket as its user.

use http::{HeaderMap, header};

/// A handshake came from a page that may not make it: 403.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a WebSocket handshake with a session needs the Origin of this host or one that is allowed")]
pub struct ForeignOrigin;

/// Checks the `Origin` of a WebSocket handshake (RFC 6455 10.2). `own` is the origin of the host it is for, `allowed`
/// the application's further ones. Call it whenever a browser lends what lets the handshake in, whichever page asks: our
/// session cookie, on open paths too, or the address it is at.
///
/// # Errors
/// When there is not exactly one `Origin`, or it is neither.
pub fn check_handshake(headers: &HeaderMap, own: &str, allowed: &[String]) -> Result<(), ForeignOrigin> {
    let mut values = headers.get_all(header::ORIGIN).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(ForeignOrigin);
    };
    let origin = value.to_str().map_err(|_| ForeignOrigin)?;
    // Scheme and host are lower case in what browsers send; an admin may have written them otherwise.
    let known = |known: &str| known.trim_end_matches('/').eq_ignore_ascii_case(origin);
    if known(own) || allowed.iter().any(|other| known(other)) { Ok(()) } else { Err(ForeignOrigin) }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn only_this_host_and_the_allowed_may_open_a_socket() {
        let allowed = ["https://App.example.com".to_owned()];
        let check = |origins: &[&'static str]| {
            let headers = origins.iter().map(|origin| (header::ORIGIN, HeaderValue::from_static(origin))).collect();
            check_handshake(&headers, "https://wiki.example.com", &allowed).is_ok()
        };
        for good in ["https://wiki.example.com", "https://app.example.com"] {
            assert!(check(&[good]), "{good}");
        }
        for bad in [
            "null",
            "",
            "http://wiki.example.com",
            "https://wiki.example.com:8443",
            "https://wiki.example.com.evil.example",
            "https://evil.example",
            "https://wiki.example.com/",
            "https://example.com",
        ] {
            assert!(!check(&[bad]), "{bad}");
        }
        assert!(!check(&[]));
        assert!(!check(&["https://wiki.example.com", "https://evil.example"]));
    }
}

//! Request targets: which host a request is for. Two answers are none (RFC 9112 3.2, RFC 9113 8.3.1).

use http::uri::Authority;
use http::{HeaderMap, Method, Request, header};
use hyper::ext::Protocol;
use memchr::memrchr;

use crate::identity::Host;

/// Why a request is for no host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadTarget {
    /// `CONNECT` and `TRACE`, in whatever case, are not for proxies of this kind: 405.
    #[error("the method is not supported")]
    Method,
    /// Neither `Host` nor an authority: 400.
    #[error("the request names no host")]
    Missing,
    /// More than one `Host`, or one that is not the target's authority: 400.
    #[error("the request names more than one host")]
    Conflicting,
    /// What stands there is no host: 400.
    #[error("the request names a host that is none")]
    Malformed,
    /// The target is `*`, an authority, or of a scheme not ours: 400.
    #[error("the request target is not a path")]
    Form,
    /// The body is coded for its transfer in another way than chunks, once: 400. Whoever is sent it would take what is
    /// still coded for the content.
    #[error("the body has a transfer coding other than chunked")]
    Coding,
}

/// Makes an extended `CONNECT` to a WebSocket (RFC 8441) the `GET` that the same handshake is over HTTP/1.1, so that it is
/// decided on as one. Says whether it was one, which its extensions still tell.
pub fn unfold_websocket<B>(request: &mut Request<B>) -> bool {
    let extended = request.extensions().get::<Protocol>().is_some_and(|protocol| protocol.as_str() == "websocket");
    let is_websocket = extended && request.method() == Method::CONNECT;
    if is_websocket {
        *request.method_mut() = Method::GET;
    }
    is_websocket
}

/// Whether requests of that method are never passed on: `CONNECT` and `TRACE`, also as who ignores case reads them.
pub fn goes_nowhere(method: &Method) -> bool {
    ["CONNECT", "TRACE"].iter().any(|other| method.as_str().eq_ignore_ascii_case(other))
}

/// Reads which host a request is for: exactly one `Host`, or the authority of the target, or both if they agree. It comes
/// in its one comparable form. A port is ignored: where we listen is not what we are called.
///
/// # Errors
/// When there is no such host, or more than one, or the message cannot be passed on as what it is.
pub fn host_of<B>(request: &Request<B>) -> Result<Host, BadTarget> {
    if goes_nowhere(request.method()) {
        return Err(BadTarget::Method);
    }
    if !request.uri().path().starts_with('/') || request.uri().path_and_query().is_none() {
        return Err(BadTarget::Form);
    }
    if !matches!(request.uri().scheme_str(), None | Some("http" | "https")) {
        return Err(BadTarget::Form);
    }
    let codings = request.headers().get_all(header::TRANSFER_ENCODING);
    if codings.iter().count() > 1 || codings.iter().any(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"chunked")) {
        return Err(BadTarget::Coding);
    }
    let named = from_header(request.headers())?;
    match (request.uri().authority(), named) {
        (None, None) => Err(BadTarget::Missing),
        (None, Some((host, _))) => Ok(host),
        (Some(authority), None) => Ok(from_authority(authority)?.0),
        (Some(authority), Some(named)) => {
            let addressed = from_authority(authority)?;
            // One may leave the scheme's own port out, so a port counts only where both have one.
            let ports_agree = addressed.1.is_none() || named.1.is_none() || addressed.1 == named.1;
            if addressed.0 == named.0 && ports_agree { Ok(named.0) } else { Err(BadTarget::Conflicting) }
        }
    }
}

fn from_header(headers: &HeaderMap) -> Result<Option<(Host, Option<u16>)>, BadTarget> {
    let mut values = headers.get_all(header::HOST).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(BadTarget::Conflicting);
    }
    split(value.to_str().map_err(|_| BadTarget::Malformed)?).map(Some)
}

fn from_authority(authority: &Authority) -> Result<(Host, Option<u16>), BadTarget> {
    split(authority.as_str())
}

/// Host and port of an authority. What has a user in front of it is none: `@` is in no host.
///
/// # Errors
/// When it is no host, or none with a port behind it.
pub fn split(text: &str) -> Result<(Host, Option<u16>), BadTarget> {
    let colon = memrchr(b':', text.as_bytes()).and_then(|colon| text.split_at_checked(colon));
    let (host, port) = match colon {
        Some((host, port)) if !port.contains(']') => (host, port.get(1..)),
        _ => (text, None),
    };
    let port = match port {
        None | Some("") => None,
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(digits.parse().map_err(|_| BadTarget::Malformed)?)
        }
        Some(_) => return Err(BadTarget::Malformed),
    };
    if host.contains(':') && !host.starts_with('[') {
        return Err(BadTarget::Malformed);
    }
    Ok((Host::parse(host).map_err(|_| BadTarget::Malformed)?, port))
}

#[cfg(test)]
mod tests;

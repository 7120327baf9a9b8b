//! What a proxy asks about, read from the headers that it must have written itself. Each has exactly one value: two of
//! them, or a list in one, is how a client's own copy shows that a proxy passed it on.

use std::net::IpAddr;

use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method};

use super::Fields;
use crate::decision::{Ambiguous, RequestPath, target};
use crate::identity::Host;
use crate::listener::address_of;

const ORIGINAL_URL: &str = "x-original-url";
const ORIGINAL_URI: &str = "x-original-uri";
const ORIGINAL_METHOD: &str = "x-original-method";
const FORWARDED_FOR: &str = "x-forwarded-for";
const FORWARDED_HOST: &str = "x-forwarded-host";
const FORWARDED_METHOD: &str = "x-forwarded-method";
const FORWARDED_PROTO: &str = "x-forwarded-proto";
const FORWARDED_URI: &str = "x-forwarded-uri";

/// The original request: the one that a proxy asks about.
#[derive(Clone, Debug)]
pub struct Original {
    /// The host it is for.
    pub host: Host,
    /// The path, as the proxy sends it on.
    pub path: RequestPath,
    /// Its method.
    pub method: Method,
    /// Who sent it, as the proxy says.
    pub client: IpAddr,
}

/// Why it cannot be told what a proxy asks about: 400, which every proxy takes for a no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unclear {
    /// The proxy does not write it.
    #[error("{0} is missing: the proxy must set it")]
    Missing(&'static str),
    /// The proxy adds to what the client sent.
    #[error("{0} is there more than once: the proxy must replace what a client sends")]
    Twice(&'static str),
    /// It is no single value of its kind.
    #[error("{0} is not one {1}")]
    Malformed(&'static str, &'static str),
    /// A header of the other kind of proxy says something else.
    #[error("{0} contradicts what the proxy asks about")]
    Contradiction(&'static str),
    /// The question's own method or path says something else.
    #[error("the request to the endpoint contradicts what it asks about")]
    Question,
    /// The path can be read in several ways.
    #[error(transparent)]
    Path(#[from] Ambiguous),
}

impl Original {
    /// Reads the headers that are this endpoint's. Those of the other kind are not needed, but must not contradict.
    ///
    /// # Errors
    /// When one of them is not there exactly once, is no value of its kind, or is contradicted.
    pub fn read(fields: Fields, headers: &HeaderMap) -> Result<Self, Unclear> {
        let (host, target, method) = match fields {
            Fields::Original => {
                let (host, target) = url(one(headers, ORIGINAL_URL)?)?;
                (host, target, method(headers, ORIGINAL_METHOD)?)
            }
            Fields::Forwarded => {
                scheme(one(headers, FORWARDED_PROTO)?).ok_or(Unclear::Malformed(FORWARDED_PROTO, "scheme"))?;
                let host = host(one(headers, FORWARDED_HOST)?, FORWARDED_HOST)?;
                (host, one(headers, FORWARDED_URI)?, method(headers, FORWARDED_METHOD)?)
            }
        };
        let client = one(headers, FORWARDED_FOR)?;
        let client = address_of(client).ok_or(Unclear::Malformed(FORWARDED_FOR, "address"))?;
        let path = path(target, if fields == Fields::Original { ORIGINAL_URL } else { FORWARDED_URI })?;
        agrees(headers, FORWARDED_URI, |other| other == target)?;
        agrees(headers, ORIGINAL_URI, |other| other == target)?;
        agrees(headers, FORWARDED_HOST, |other| target::split(other).is_ok_and(|(other, _)| other == host))?;
        agrees(headers, FORWARDED_METHOD, |other| other == method.as_str())?;
        agrees(headers, ORIGINAL_METHOD, |other| other == method.as_str())?;
        agrees(headers, ORIGINAL_URL, |other| url(other).is_ok_and(|other| other == (host.clone(), target)))?;
        Ok(Self { host, path, method, client })
    }
}

/// The one value of a header, as text.
fn one<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<&'a str, Unclear> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().ok_or(Unclear::Missing(name))?;
    if values.next().is_some() {
        return Err(Unclear::Twice(name));
    }
    // No value of these holds a space, so what was a list with one after its comma ends here too.
    let text = value.to_str().ok().filter(|text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic()));
    text.ok_or(Unclear::Malformed(name, "value"))
}

/// Whether every value of a header that nobody needs says the same as the ones that count.
fn agrees(headers: &HeaderMap, name: &'static str, same: impl Fn(&str) -> bool) -> Result<(), Unclear> {
    let same = |value: &HeaderValue| value.to_str().is_ok_and(&same);
    if headers.get_all(name).iter().all(same) { Ok(()) } else { Err(Unclear::Contradiction(name)) }
}

/// What follows a scheme that browsers reach applications by. It counts for nothing more: where browsers are sent to
/// is what `public_url` says.
fn scheme(text: &str) -> Option<()> {
    matches!(text, "http" | "https" | "ws" | "wss").then_some(())
}

fn host(text: &str, name: &'static str) -> Result<Host, Unclear> {
    let named = target::split(text).map_err(|_| Unclear::Malformed(name, "host"));
    named.map(|(host, _)| host)
}

fn method(headers: &HeaderMap, name: &'static str) -> Result<Method, Unclear> {
    let method = Method::from_bytes(one(headers, name)?.as_bytes()).ok();
    // As at our own door.
    let method = method.filter(|method| !target::goes_nowhere(method));
    method.ok_or(Unclear::Malformed(name, "method that is passed on"))
}

/// `scheme://host/path?query`, as nginx writes it.
fn url(text: &str) -> Result<(Host, &str), Unclear> {
    let malformed = || Unclear::Malformed(ORIGINAL_URL, "URL");
    let (name, rest) = text.split_once("://").ok_or_else(malformed)?;
    scheme(name).ok_or_else(malformed)?;
    let (authority, target) = rest.split_at(rest.find('/').ok_or_else(malformed)?);
    Ok((host(authority, ORIGINAL_URL)?, target))
}

/// A path with its query, exactly as the proxy sends it on.
fn path(text: &str, name: &'static str) -> Result<RequestPath, Unclear> {
    let malformed = || Unclear::Malformed(name, "path");
    // What parses a URI would take the rest for a fragment and leave it out.
    if !text.starts_with('/') || text.contains('#') {
        return Err(malformed());
    }
    // How two values look that something joined. A comma alone may stand in any path.
    if [",/", ",http://", ",https://"].iter().any(|joint| text.contains(joint)) {
        return Err(malformed());
    }
    Ok(RequestPath::of(PathAndQuery::try_from(text).map_err(|_| malformed())?)?)
}

#[cfg(test)]
mod tests;

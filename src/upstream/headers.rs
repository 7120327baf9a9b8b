//! Headers on their way through a proxy (RFC 9110 7.6): what belongs to one connection stays there, what only we may
//! say is said by us alone.

mod answer;
mod names;

use http::Version;

use http::header::{self, HeaderMap, HeaderName, HeaderValue};

use crate::base::cookies;
use crate::decision::is_decided_on;
use crate::identity::{Host, PathPrefix, PublicUrl};

use super::{ForwardError, PSEUDONYM, name};

pub(super) use answer::{clean_response, ends_in_one_place};
pub(super) use names::is_ours;

const FORWARDED_FOR: HeaderName = name("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = name("x-forwarded-proto");
const FORWARDED_HOST: HeaderName = name("x-forwarded-host");
const FORWARDED_PORT: HeaderName = name("x-forwarded-port");
const FORWARDED_PREFIX: HeaderName = name("x-forwarded-prefix");

/// Most times a request may have come through us: one of us may stand behind another, three in a row are a circle.
const MAX_HOPS: usize = 3;

/// More fields than are ever added to a request.
const ADDED: usize = 16;

/// Refuses what has come through us too often.
pub(super) fn check_hops(headers: &HeaderMap) -> Result<(), ForwardError> {
    let ours = |value: &HeaderValue| {
        let hops = value.as_bytes().split(|&byte| byte == b',');
        hops.filter(|hop| hop.trim_ascii().ends_with(PSEUDONYM.as_bytes())).count()
    };
    let hops: usize = headers.get_all(header::VIA).iter().map(ours).sum();
    if hops >= MAX_HOPS { Err(ForwardError::Loop) } else { Ok(()) }
}

/// Takes out of a request what is of this connection, what only we may say, and our cookies. Ours is added afterwards,
/// so that naming it in `Connection` takes nothing away.
pub(super) fn clean_request(headers: &mut HeaderMap) {
    let trailers = accepts_trailers(headers);
    let mut named = named_in_connection(headers);
    // What was decided on arrives, though RFC 9110 7.6.1 would have it removed: a listing that lost its `Depth` would tell
    // of all that lies below.
    named.retain(|name| !is_decided_on(name.as_str()));
    remove_where(headers, |name| is_hop_by_hop(name) || named.contains(name) || is_ours(name.as_str()));
    cookies::strip_request(headers);
    if trailers {
        // RFC 9110 10.1.4: who sends TE names it in Connection.
        headers.insert(header::TE, HeaderValue::from_static("trailers"));
        headers.insert(header::CONNECTION, HeaderValue::from_static("te"));
    }
}

/// Takes out of a request whatever an upstream could take for somebody's: browsers send none of it with a preflight.
pub(super) fn forget_credentials(headers: &mut HeaderMap) {
    headers.remove(header::COOKIE);
    headers.remove(header::AUTHORIZATION);
}

/// Takes out of a request's trailers what has no place there or would have been taken out of its headers, and what the
/// decision would have looked at: there, it comes too late.
pub(super) fn clean_request_trailers(trailers: &mut HeaderMap) {
    remove_hop_by_hop(trailers);
    remove_where(trailers, |name| is_ours(name.as_str()) || not_in_trailers(name) || is_decided_on(name.as_str()));
}

/// Takes out of an answer's trailers what has no place there, and what would have been taken out of its headers or leads
/// a browser elsewhere: there, it comes too late.
pub(super) fn clean_response_trailers(trailers: &mut HeaderMap) {
    const LATE: [HeaderName; 4] =
        [header::LOCATION, header::REFRESH, header::STRICT_TRANSPORT_SECURITY, name("clear-site-data")];
    remove_hop_by_hop(trailers);
    remove_where(trailers, |name| not_in_trailers(name) || LATE.contains(name) || answer::is_for_proxies(name));
}

/// Framing, routing, authentication (RFC 9110 6.5.1).
fn not_in_trailers(name: &HeaderName) -> bool {
    matches!(
        *name,
        header::HOST
            | header::CONTENT_LENGTH
            | header::AUTHORIZATION
            | header::COOKIE
            | header::SET_COOKIE
            | header::TRAILER
            | header::EXPECT
    )
}

/// What browsers call us by, whoever stands between: the public URL, as far as upstreams are told of it.
pub(super) struct Public {
    scheme: HeaderValue,
    port: HeaderValue,
    /// What stands behind a host: the port, if it is not the scheme's own.
    behind_host: String,
}

impl Public {
    pub(super) fn new(url: &PublicUrl) -> Self {
        let (scheme, standard) = if url.is_https() { ("https", 443) } else { ("http", 80) };
        Self {
            scheme: HeaderValue::from_static(scheme),
            port: HeaderValue::from(url.port().unwrap_or(standard)),
            behind_host: url.port().map(|port| format!(":{port}")).unwrap_or_default(),
        }
    }

    /// A host as browsers name it. `named` is how the client named it: as a rule just so, and then it is not made anew.
    pub(super) fn authority(&self, host: &Host, named: Option<&HeaderValue>) -> HeaderValue {
        let is_it = |named: &&HeaderValue| {
            named.as_bytes().strip_prefix(host.as_str().as_bytes()) == Some(self.behind_host.as_bytes())
        };
        let made = || owned([host.as_str(), &self.behind_host].concat());
        named.filter(is_it).cloned().unwrap_or_else(made)
    }
}

/// Tells the upstream whence the request came, if that is known, and what the browser asked for: `authority` is the host
/// as browsers name it.
pub(super) fn add_client(
    headers: &mut HeaderMap,
    received: Version,
    forwarded_for: Option<HeaderValue>,
    public: &Public,
    authority: HeaderValue,
) {
    headers.reserve(ADDED);
    add_via(headers, received);
    if let Some(forwarded_for) = forwarded_for {
        headers.insert(FORWARDED_FOR, forwarded_for);
    }
    headers.insert(FORWARDED_PROTO, public.scheme.clone());
    headers.insert(FORWARDED_HOST, authority);
    headers.insert(FORWARDED_PORT, public.port.clone());
}

/// Tells the upstream what was taken away in front of the path, so that it can write links that lead back.
pub(super) fn add_prefix(headers: &mut HeaderMap, prefix: &PathPrefix) {
    headers.insert(FORWARDED_PREFIX, value(prefix.as_str()));
}

/// As [`value`], of a text that is not needed any more.
fn owned(text: String) -> HeaderValue {
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""))
}

/// A value made of hosts, ports and addresses, in which nothing is that a value cannot hold.
pub(super) fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""))
}

fn add_via(headers: &mut HeaderMap, version: Version) {
    let via = match version {
        Version::HTTP_2 => "2 vestibule",
        Version::HTTP_10 => "1.0 vestibule",
        _ => "1.1 vestibule",
    };
    headers.append(header::VIA, HeaderValue::from_static(via));
}

fn accepts_trailers(headers: &HeaderMap) -> bool {
    let names_it = |value: &HeaderValue| {
        value.as_bytes().split(|&byte| byte == b',').any(|token| token.trim_ascii().eq_ignore_ascii_case(b"trailers"))
    };
    headers.get_all(header::TE).iter().any(names_it)
}

fn remove_hop_by_hop(headers: &mut HeaderMap) {
    let named = named_in_connection(headers);
    remove_where(headers, |name| is_hop_by_hop(name) || named.contains(name));
}

/// The fields that `Connection` makes ones of this connection, of those that are there, each once: it may name thousands,
/// and every field is looked for among them.
fn named_in_connection(headers: &HeaderMap) -> Vec<HeaderName> {
    let values = headers.get_all(header::CONNECTION).iter();
    let tokens = values.flat_map(|value| value.as_bytes().split(|&byte| byte == b',')).map(<[u8]>::trim_ascii);
    // Nearly every one names only `keep-alive`, which is of one connection anyway.
    let named = tokens.filter(|token| !token.eq_ignore_ascii_case(b"keep-alive"));
    let mut names = Vec::new();
    for name in named.filter_map(|token| HeaderName::from_bytes(token).ok()) {
        if headers.contains_key(&name) && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Fields of one connection, beside those that `Connection` names.
fn is_hop_by_hop(name: &HeaderName) -> bool {
    let standard = matches!(
        *name,
        header::CONNECTION
            | header::TE
            | header::TRANSFER_ENCODING
            | header::UPGRADE
            | header::PROXY_AUTHENTICATE
            | header::PROXY_AUTHORIZATION
    );
    standard || matches!(name.as_str(), "keep-alive" | "proxy-connection" | "http2-settings")
}

fn remove_where(headers: &mut HeaderMap, unwanted: impl Fn(&HeaderName) -> bool) {
    let names: Vec<HeaderName> = headers.keys().filter(|name| unwanted(name)).cloned().collect();
    for name in names {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests;

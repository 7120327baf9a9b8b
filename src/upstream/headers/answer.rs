//! Headers of an upstream's answer. It speaks for one host, to one browser: not for the connection, the servers on the
//! way, or the other hosts of its site.

use http::Version;
use http::header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING};

use super::{add_via, is_hop_by_hop, named_in_connection, remove_where};
use crate::base::cookies;
use crate::upstream::name;

/// What asks something of the server in front of the upstream. That is us, and we do nothing of it; whoever stands in
/// front of us would, with its own files. `Alt-Svc` would lead browsers to another server for our origin.
const FOR_PROXIES: [&str; 9] = [
    "alt-svc",
    "x-accel-redirect",
    "x-sendfile",
    "x-sendfile2",
    "x-lighttpd-send-file",
    "x-lighttpd-send-tempfile",
    "x-litespeed-location",
    "x-reproxy-url",
    "x-reproxy-file",
];

const CLEAR_SITE_DATA: HeaderName = name("clear-site-data");

/// Whether an answer says once and plainly where it ends (RFC 9112 6.3): by chunks and nothing else, by one length, or by
/// the end of its connection. Our own side would say it otherwise than the upstream means it, or could not say it at all.
pub(in crate::upstream) fn ends_in_one_place(headers: &HeaderMap) -> bool {
    let mut lengths = headers.get_all(CONTENT_LENGTH).iter();
    let (length, is_one) = (lengths.next(), lengths.next().is_none());
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    match (codings.next(), length) {
        (None, None) => true,
        (None, Some(length)) => is_one && !length.is_empty() && length.as_bytes().iter().all(u8::is_ascii_digit),
        // What else it is coded with would be taken for the content.
        (Some(coding), None) => codings.next().is_none() && coding.as_bytes().eq_ignore_ascii_case(b"chunked"),
        (Some(_), Some(_)) => false,
    }
}

pub(super) fn is_for_proxies(name: &HeaderName) -> bool {
    FOR_PROXIES.contains(&name.as_str())
}

/// Takes out of an answer what is of the upstream's connection, what is meant for a server in front of it, and what would
/// set or end a cookie of ours.
pub(in crate::upstream) fn clean_response(headers: &mut HeaderMap, version: Version) {
    let named = named_in_connection(headers);
    remove_where(headers, |name| is_hop_by_hop(name) || named.contains(name) || is_for_proxies(name));
    cookies::strip_response(headers);
    keep_cookies(headers);
    add_via(headers, version);
}

/// Cookies are cleared for a whole site: the other applications' too, and our own on the sign-in host. What is left
/// concerns this host alone.
fn keep_cookies(headers: &mut HeaderMap) {
    if !headers.contains_key(CLEAR_SITE_DATA) {
        return;
    }
    let values = headers.get_all(CLEAR_SITE_DATA).iter();
    let kinds = values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).map(str::trim);
    let of_this_host = |kind| match kind {
        "\"*\"" => Some("\"cache\", \"storage\""),
        "\"cache\"" | "\"storage\"" | "\"executionContexts\"" => Some(kind),
        _ => None,
    };
    let kept = kinds.filter_map(of_this_host).collect::<Vec<_>>().join(", ");
    headers.remove(CLEAR_SITE_DATA);
    if let Some(kept) = HeaderValue::try_from(kept).ok().filter(|kept| !kept.is_empty()) {
        headers.insert(CLEAR_SITE_DATA, kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upstream_clears_what_is_of_its_own_host() {
        for (values, kept) in [
            (&["\"cache\", \"storage\""][..], "\"cache\", \"storage\""),
            (&["\"cookies\""], ""),
            (&["\"cache\",\"cookies\"", "\"executionContexts\""], "\"cache\", \"executionContexts\""),
            (&["\"*\""], "\"cache\", \"storage\""),
            (&["cookies", "\"Cookies\"", "\"what comes next\""], ""),
        ] {
            let values = values.iter().map(|value| (CLEAR_SITE_DATA, HeaderValue::from_static(value)));
            let mut headers: HeaderMap = values.collect();
            clean_response(&mut headers, Version::HTTP_11);
            assert_eq!(headers.get(CLEAR_SITE_DATA).map_or("", |value| value.to_str().unwrap()), kept);
        }
    }
}

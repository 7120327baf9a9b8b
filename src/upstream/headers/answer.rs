//! Headers of an upstream's answer. It speaks for one host, to one browser: not for the connection, the servers on the
//! way, or the other hosts of its site.

use http::Version;
use http::header::{HeaderMap, HeaderName, HeaderValue};

use super::{add_via, is_hop_by_hop, named_in_connection, remove_where};
use crate::base::cookies;
use crate::upstream::name;

/// What asks something of the server in front of the upstream. That is us, and we do nothing of it; whoever stands in
/// front of us would, with its own files. `Alt-Svc` would lead browsers to another server for our origin.
const FOR_PROXIES: [&str; 5] = ["alt-svc", "x-accel-redirect", "x-sendfile", "x-lighttpd-send-file", "x-reproxy-url"];

const CLEAR_SITE_DATA: HeaderName = name("clear-site-data");

/// Takes out of an answer what is of the upstream's connection, what is meant for a server in front of it, and what would
/// set or end a cookie of ours.
pub(in crate::upstream) fn clean_response(headers: &mut HeaderMap, version: Version) {
    let named = named_in_connection(headers);
    remove_where(headers, |name| is_hop_by_hop(name) || named.contains(name) || FOR_PROXIES.contains(&name.as_str()));
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

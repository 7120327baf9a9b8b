use http::HeaderName;
use proptest::prelude::*;

use super::*;

type Pairs<'a> = &'a [(&'static str, &'a str)];

const FORWARDED: Pairs<'static> = &[
    ("x-forwarded-proto", "https"),
    ("x-forwarded-host", "wiki.example.com"),
    ("x-forwarded-uri", "/page?q=1"),
    ("x-forwarded-method", "GET"),
    ("x-forwarded-for", "192.0.2.7"),
];
const ORIGINAL: Pairs<'static> = &[
    ("x-original-url", "https://wiki.example.com/page?q=1"),
    ("x-original-method", "GET"),
    ("x-forwarded-for", "192.0.2.7"),
];

fn headers(pairs: Pairs<'_>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(HeaderName::from_static(name), HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    headers
}

/// What is read of the usual headers of that kind, one of them replaced.
fn with(fields: Fields, name: &'static str, value: &str) -> Result<Original, Unclear> {
    let usual = if fields == Fields::Original { ORIGINAL } else { FORWARDED };
    let mut headers = headers(usual);
    headers.insert(HeaderName::from_static(name), HeaderValue::from_bytes(value.as_bytes()).unwrap());
    Original::read(fields, &headers)
}

#[test]
fn both_kinds_name_the_same_request() {
    for (fields, pairs) in [(Fields::Forwarded, FORWARDED), (Fields::Original, ORIGINAL)] {
        let original = Original::read(fields, &headers(pairs)).unwrap();
        assert_eq!((original.host.as_str(), original.path.target().as_str()), ("wiki.example.com", "/page?q=1"));
        assert_eq!((original.method, original.client), (Method::GET, "192.0.2.7".parse().unwrap()));
    }
}

#[test]
fn each_header_is_there_exactly_once() {
    for (fields, pairs) in [(Fields::Forwarded, FORWARDED), (Fields::Original, ORIGINAL)] {
        for (index, &(name, value)) in pairs.iter().enumerate() {
            let without = [&pairs[..index], &pairs[index + 1..]].concat();
            assert_eq!(Original::read(fields, &headers(&without)).unwrap_err(), Unclear::Missing(name));
            // Even if both say the same: which one counted would be chance.
            let twice = [pairs, &[(name, value)]].concat();
            assert_eq!(Original::read(fields, &headers(&twice)).unwrap_err(), Unclear::Twice(name));
            for list in [format!("{value}, {value}"), format!("{value},{value}"), format!(",{value}"), String::new()] {
                assert!(with(fields, name, &list).is_err(), "{name}: {list}");
            }
        }
    }
}

#[test]
fn what_is_no_value_of_its_kind_is_refused() {
    for (name, values) in [
        ("x-forwarded-proto", &["ftp", "HTTPS ", "javascript", "https://"][..]),
        (
            "x-forwarded-host",
            &["", "a b", "u@wiki.example.com", "wiki.example.com/", "wiki.example.com:x", "a,b", "*", "é"],
        ),
        (
            "x-forwarded-uri",
            &[
                "",
                "page",
                "*",
                "https://wiki.example.com/page",
                "wiki.example.com/",
                "/a#b",
                "/a b",
                "/a\tb",
                "/\u{e9}",
                "/public/a,/admin",
                "/a\\b",
            ],
        ),
        ("x-forwarded-method", &["", "GET,POST", "G ET", "CONNECT", "TRACE"]),
        ("x-forwarded-for", &["", "unknown", "_hidden", "192.0.2.7, 192.0.2.8", "192.0.2", "wiki.example.com"]),
    ] {
        for value in values {
            assert!(with(Fields::Forwarded, name, value).is_err(), "{name}: {value}");
        }
    }
    for url in [
        "/page",
        "wiki.example.com/page",
        "//wiki.example.com/page",
        "ftp://wiki.example.com/",
        "https:///page",
        "https://wiki.example.com",
        "https://wiki.example.com?q",
        "https://u@wiki.example.com/",
        "https://a/#b",
        "https://wiki.example.com/ ",
        "https://wiki.example.com/a, https://wiki.example.com/b",
    ] {
        assert!(with(Fields::Original, "x-original-url", url).is_err(), "{url}");
    }
}

#[test]
fn paths_that_can_be_read_in_two_ways_are_refused() {
    for path in ["/a/../b", "/a/%2e%2e/b", "/a%2fb", "/a%5cb", "/a/..;/b", "/%00", "/a%zz"] {
        assert!(matches!(with(Fields::Forwarded, "x-forwarded-uri", path), Err(Unclear::Path(_))), "{path}");
        let url = format!("https://wiki.example.com{path}");
        assert!(matches!(with(Fields::Original, "x-original-url", &url), Err(Unclear::Path(_))), "{path}");
    }
}

#[test]
fn hosts_are_known_by_case_dot_and_port_too() {
    for host in ["WIKI.example.com", "wiki.example.com.", "wiki.example.com:8443", "Wiki.Example.Com.:443"] {
        assert_eq!(with(Fields::Forwarded, "x-forwarded-host", host).unwrap().host.as_str(), "wiki.example.com");
        let url = format!("https://{host}/");
        assert_eq!(with(Fields::Original, "x-original-url", &url).unwrap().host.as_str(), "wiki.example.com");
    }
}

#[test]
fn the_other_kinds_headers_must_not_contradict() {
    for (name, same, other) in [
        ("x-original-url", "http://wiki.example.com:80/page?q=1", "https://wiki.example.com/other"),
        ("x-original-url", "https://wiki.example.com/page?q=1", "https://evil.example/page?q=1"),
        ("x-original-uri", "/page?q=1", "/page"),
        ("x-original-method", "GET", "POST"),
    ] {
        assert!(with(Fields::Forwarded, name, same).is_ok(), "{name}: {same}");
        assert_eq!(with(Fields::Forwarded, name, other).unwrap_err(), Unclear::Contradiction(name));
    }
    for (name, same, other) in [
        ("x-forwarded-host", "wiki.example.com", "evil.example"),
        ("x-forwarded-uri", "/page?q=1", "/public/a"),
        ("x-forwarded-method", "GET", "POST"),
    ] {
        assert!(with(Fields::Original, name, same).is_ok(), "{name}: {same}");
        assert_eq!(with(Fields::Original, name, other).unwrap_err(), Unclear::Contradiction(name));
    }
}

proptest! {
    /// Whatever is sent, what is decided on is exactly what the proxy says it sends on.
    #[test]
    fn nothing_is_read_that_does_not_stand_there(uri in "/[ -~]{0,40}", host in "[ -~]{1,30}") {
        if let Ok(original) = with(Fields::Forwarded, "x-forwarded-uri", &uri) {
            prop_assert_eq!(original.path.target().as_str(), uri.as_str());
        }
        let url = format!("https://{host}{uri}");
        if let Ok(original) = with(Fields::Original, "x-original-url", &url) {
            prop_assert!(url.ends_with(original.path.target().as_str()));
            let named = format!("https://{}", original.host);
            prop_assert!(url.to_ascii_lowercase().starts_with(&named));
        }
    }
}

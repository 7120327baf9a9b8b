use proptest::prelude::*;

use super::*;

fn map(fields: &[(&str, &str)]) -> HeaderMap {
    fields
        .iter()
        .map(|(name, value)| (HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap()))
        .collect()
}

fn shown(headers: &HeaderMap) -> Vec<String> {
    let mut lines: Vec<String> =
        headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
    lines.sort();
    lines
}

#[test]
fn what_is_of_one_connection_stays_there() {
    let mut headers = map(&[
        ("connection", "keep-alive, X-Once,, bad name"),
        ("connection", "close , content-language"),
        ("x-once", "1"),
        ("content-language", "en"),
        ("keep-alive", "timeout=5"),
        ("proxy-connection", "keep-alive"),
        ("proxy-authorization", "Basic x"),
        ("proxy-authenticate", "Basic"),
        ("te", "gzip"),
        ("transfer-encoding", "chunked"),
        ("upgrade", "h2c"),
        ("http2-settings", "AAMAAABkAAQAAP__"),
        ("accept", "*/*"),
        ("trailer", "x-sum"),
    ]);
    clean_request(&mut headers);
    assert_eq!(shown(&headers), ["accept: */*", "trailer: x-sum"]);
}

#[test]
fn who_names_thousands_of_fields_has_none_looked_for_that_is_not_there() {
    let many = (0..5_000).map(|number| format!("x-{number}, x-once")).collect::<Vec<_>>().join(",");
    let headers = map(&[("connection", &many), ("x-once", "1"), ("x-other", "1")]);
    assert_eq!(named_in_connection(&headers), ["x-once"]);
}

#[test]
fn trailers_are_asked_for_hop_by_hop() {
    let mut headers = map(&[("te", "gzip;q=0.5, Trailers"), ("connection", "te")]);
    clean_request(&mut headers);
    assert_eq!(shown(&headers), ["connection: te", "te: trailers"]);
}

#[test]
fn answers_lose_the_same_and_cookies_of_ours() {
    let mut headers = map(&[
        ("connection", "x-once"),
        ("x-once", "1"),
        ("keep-alive", "timeout=5"),
        ("proxy-authenticate", "Basic"),
        ("transfer-encoding", "chunked"),
        ("upgrade", "h2c"),
        ("set-cookie", "sid=1"),
        ("set-cookie", "__Host-vestibule-session=evil; Path=/"),
        ("set-cookie", "lang=en"),
        ("via", "1.0 cache"),
        ("www-authenticate", "Basic"),
    ]);
    clean_response(&mut headers, Version::HTTP_11);
    assert_eq!(
        shown(&headers),
        ["set-cookie: lang=en", "set-cookie: sid=1", "via: 1.0 cache", "via: 1.1 vestibule", "www-authenticate: Basic"]
    );
}

#[test]
fn trailers_carry_no_identity_and_no_framing() {
    let fields = [
        ("x-sum", "1"),
        ("remote-user", "root"),
        ("x_vestibule_assertion", "x"),
        ("authorization", "Basic x"),
        ("cookie", "a=1"),
        ("content-length", "1"),
        ("transfer-encoding", "chunked"),
        ("host", "x"),
        ("x-http-method-override", "DELETE"),
        ("x_http.method", "DELETE"),
        ("destination", "/admin/x"),
        ("depth", "infinity"),
        ("origin", "https://evil.example"),
        ("sec-fetch-mode", "navigate"),
        ("access-control-request-method", "PUT"),
    ];
    let mut trailers = map(&fields);
    clean_request_trailers(&mut trailers);
    assert_eq!(shown(&trailers), ["x-sum: 1"]);
    let mut trailers = map(&[("grpc-status", "0"), ("set-cookie", "vestibule-x=1"), ("connection", "close")]);
    clean_response_trailers(&mut trailers);
    assert_eq!(shown(&trailers), ["grpc-status: 0"]);
}

#[test]
fn a_circle_is_noticed() {
    assert!(check_hops(&map(&[("via", "1.1 vestibule, 1.1 other"), ("via", "2 vestibule")])).is_ok());
    assert!(check_hops(&map(&[("via", "1.1 vestibule, 1.1 vestibule"), ("via", "2 vestibule")])).is_err());
}

#[test]
fn upstreams_are_told_what_the_browser_asked_for() {
    let host: Host = "wiki.example.com".parse().unwrap();
    let public = |url: &str| Public::new(&url.parse().unwrap());
    let (ours, mut headers) = (public("https://login.example.com"), HeaderMap::new());
    let came = Some(HeaderValue::from_static("2001:db8::1, 10.0.0.1"));
    add_client(&mut headers, Version::HTTP_2, came, &ours, ours.authority(&host, None));
    assert_eq!(
        shown(&headers),
        [
            "via: 2 vestibule",
            "x-forwarded-for: 2001:db8::1, 10.0.0.1",
            "x-forwarded-host: wiki.example.com",
            "x-forwarded-port: 443",
            "x-forwarded-proto: https",
        ]
    );
    let (ours, mut headers) = (public("http://login.localhost:8080"), HeaderMap::new());
    add_client(&mut headers, Version::HTTP_11, None, &ours, ours.authority(&host, None));
    assert_eq!(headers["x-forwarded-host"], "wiki.example.com:8080");
    assert_eq!(headers["x-forwarded-port"], "8080");
    assert_eq!(headers["x-forwarded-proto"], "http");
    assert!(!headers.contains_key("x-forwarded-for"));
    // However a client writes the host, upstreams are told it in one way.
    for named in ["wiki.example.com:8080", "WIKI.example.com.:8080", "wiki.example.com", "wiki.example.com:08080"] {
        let told = ours.authority(&host, Some(&HeaderValue::from_static(named)));
        assert_eq!(told, "wiki.example.com:8080", "{named}");
    }
}

proptest! {
    /// However a name of ours is spelled and wherever else it is named, no field of it is left.
    #[test]
    fn no_spelling_passes(
        base in prop_oneof![
            Just("remote-user"), Just("x-auth-request-groups"), Just("x-vestibule-assertion"), Just("x-forwarded-user"),
            Just("x-forwarded-for"), Just("x-forwarded-preferred-username"),
        ],
        separators in proptest::collection::vec(prop_oneof![Just('-'), Just('_'), Just('.'), Just('~'), Just('|')], 4),
        upper in any::<u64>(),
        in_connection in any::<bool>(),
    ) {
        let mut separators = separators.into_iter().cycle();
        let spelled: String = base.chars().enumerate().map(|(at, c)| match c {
            '-' => separators.next().unwrap_or('-'),
            c if upper >> (at % 64) & 1 == 1 => c.to_ascii_uppercase(),
            c => c,
        }).collect();
        let mut headers = map(&[(&spelled, "root"), (&spelled, "again"), ("accept", "*/*")]);
        if in_connection {
            headers.insert(header::CONNECTION, HeaderValue::from_str(&spelled).unwrap());
        }
        clean_request(&mut headers);
        prop_assert_eq!(shown(&headers), ["accept: */*"]);
    }
}

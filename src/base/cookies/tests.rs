use proptest::prelude::*;

use super::*;

fn request(cookies: &[&str]) -> HeaderMap {
    cookies.iter().map(|value| (header::COOKIE, HeaderValue::from_str(value).unwrap())).collect()
}

fn stripped(cookies: &[&str]) -> Option<String> {
    let mut headers = request(cookies);
    strip_request(&mut headers);
    assert!(headers.get_all(header::COOKIE).iter().count() <= 1);
    headers.get(header::COOKIE).map(|value| value.to_str().unwrap().to_owned())
}

#[test]
fn names_follow_the_scheme() {
    let https = CookieNames::new(true, "login.example.com");
    assert_eq!(https.name("session"), "__Host-vestibule-session");
    let one = CookieNames::new(false, "localhost:8080").name("session");
    let other = CookieNames::new(false, "localhost:8081").name("session");
    assert!(one.starts_with("vestibule-session-") && one.len() == "vestibule-session-".len() + TAG_LENGTH);
    assert_ne!(one, other);
    for name in [https.name("session"), one, other] {
        assert!(is_ours(name.as_bytes()), "{name}");
    }
}

#[test]
fn cookies_are_set_and_removed_with_the_same_attributes() {
    let https = CookieNames::new(true, "login.example.com");
    assert_eq!(
        https.set("session", "abc", Some(Duration::from_secs(60))),
        "__Host-vestibule-session=abc; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=60"
    );
    assert_eq!(https.expire("session"), "__Host-vestibule-session=; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=0");
    let http = CookieNames::new(false, "localhost:8080").set("session", "abc", None);
    assert!(http.to_str().unwrap().ends_with("=abc; Path=/; HttpOnly; SameSite=Lax"));
}

#[test]
fn a_value_cannot_add_attributes_or_headers() {
    let set = CookieNames::new(true, "h").set("x", "a; Domain=example.com\r\nSet-Cookie: b=\u{fc}", None);
    assert_eq!(set, "__Host-vestibule-x=aDomain=example.comSet-Cookie:b=; Path=/; HttpOnly; SameSite=Lax; Secure");
}

#[test]
fn values_are_found_over_several_headers() {
    let names = CookieNames::new(true, "h");
    let headers = request(&["a=1; __Host-vestibule-session=one", " __Host-vestibule-session = two ;b=2"]);
    assert!(names.values(&headers, "session").eq(["one", "two"]));
    assert_eq!(names.values(&headers, "other").next(), None);
}

#[test]
fn ours_never_reach_an_upstream() {
    let cases: &[(&[&str], Option<&str>)] = &[
        (&["a=1"], Some("a=1")),
        (&["__Host-vestibule-session=t"], None),
        (&["a=1; __Host-vestibule-session=t; b=2"], Some("a=1; b=2")),
        (&["a=1;__HOST-VESTIBULE-session=t"], Some("a=1")),
        (&["__host-vestibule=t", "a=1"], Some("a=1")),
        (&["a=1", "b=2"], Some("a=1; b=2")),
        (&["vestibule-session-0a1b2c3d=t;b"], Some("b")),
        (&["a=\"x; Vestibule-Session=t; y\""], Some("a=\"x; y\"")),
        (&["a=1;;; vestibule-session =t"], Some("a=1")),
        (&["=vestibule-session=t; a=1"], Some("a=1")),
        (&["= =__Host-vestibule-session=t; a=1"], Some("a=1")),
        (&["vestibule-session"], None),
        (&["a=vestibule-session=t"], Some("a=vestibule-session=t")),
        (&["vestibule=t"], Some("vestibule=t")),
        (&["a=1;\tvestibule-x=t"], Some("a=1")),
    ];
    for (sent, expected) in cases {
        assert_eq!(stripped(sent).as_deref(), *expected, "{sent:?}");
    }
}

#[test]
fn upstreams_cannot_set_ours() {
    let ours = [
        "__Host-vestibule-session=x; Path=/",
        "__host-VESTIBULE-session=x",
        " vestibule-session-0a1b2c3d=x; Domain=example.com",
        "vestibule-session =; Max-Age=0",
        "=__Host-vestibule-session=x",
        " = vestibule-session=x",
        "vestibule-session",
    ];
    let theirs = ["sid=1; Path=/", "a=__Host-vestibule-session=x", "", "=x", "vestibule=1"];
    let mut headers: HeaderMap =
        ours.iter().chain(&theirs).map(|value| (header::SET_COOKIE, HeaderValue::from_static(value))).collect();
    strip_response(&mut headers);
    let left: Vec<&str> = headers.get_all(header::SET_COOKIE).iter().map(|v| v.to_str().unwrap()).collect();
    assert_eq!(left, theirs);
}

proptest! {
    /// Whatever surrounds it, a reader that splits at `;`, and in these pieces at commas and spaces too, finds none of our
    /// names afterwards, and loses no other piece.
    #[test]
    fn stripping_is_complete_and_takes_nothing_else(
        parts in proptest::collection::vec("[ =\"a,;]{0,4}(vestibule-|__hOsT-Vestibule|x)?[a=;, \"]{0,4}", 0..6)
    ) {
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let before = request(&parts);
        let words = |piece: &[u8]| piece.split(|byte| b", \t".contains(byte)).any(|word| is_ours(name_of(word)));
        let expected: Vec<Vec<u8>> = before.get_all(header::COOKIE).iter().flat_map(pieces)
            .filter(|piece| !is_ours(name_of(piece)) && !words(piece)).map(<[u8]>::to_vec).collect();
        let mut after = before.clone();
        strip_request(&mut after);
        let left: Vec<Vec<u8>> = after.get_all(header::COOKIE).iter().flat_map(pieces).map(<[u8]>::to_vec).collect();
        prop_assert_eq!(&left, &expected);
        prop_assert!(ours(&after).next().is_none());
    }
}

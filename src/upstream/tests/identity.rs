use axum::body::Body;
use http::Request;

use super::kit::*;
use crate::decision::sample;
use crate::identity::HeaderPreset;

fn forged() -> Request<Body> {
    Request::builder()
        .uri("/elsewhere")
        .header("Remote-User", "root")
        .header("Remote_Groups", "Admin")
        .header("remote.email", "root@example.com")
        .header("X-Forwarded-User", "root")
        .header("X_Auth_Request_User", "root")
        .header("X-Vestibule-Assertion", "forged")
        .header("x_vestibule_assertion", "forged")
        .header("X-Forwarded-For", "6.6.6.6")
        .header("X-Forwarded-Host", "evil.example")
        .header("X-Real-IP", "6.6.6.6")
        .header("Forwarded", "for=6.6.6.6")
        .header("X-Original-URL", "/admin")
        .header("Connection", "Remote-User, X-Vestibule-Assertion, X-Forwarded-For, Host, Cookie")
        .header("Cookie", "a=1; __Host-vestibule-session=secret")
        .header("Host", "evil.example")
        .header("Accept-Language", "en")
        .body(Body::empty())
        .unwrap()
}

#[tokio::test]
async fn an_upstream_hears_who_it_is_from_us_alone() {
    let (url, mut seen) = observing().await;
    forward(permit(&url), forged()).await.unwrap();
    let seen = seen.recv().await.unwrap();
    assert_eq!(seen.parts.uri, "/page", "the path is the permit's");
    for (name, expected) in [
        ("remote-user", &["alice"][..]),
        ("remote-groups", &["Member"]),
        ("remote-email", &["alice@example.com"]),
        ("remote-name", &["Alice %C3%84"]),
        ("x-forwarded-for", &["192.0.2.7"]),
        ("x-forwarded-host", &["wiki.example.com"]),
        ("x-forwarded-proto", &["https"]),
        ("x-forwarded-port", &["443"]),
        ("host", &["wiki.example.com"]),
        ("via", &["1.1 vestibule"]),
        ("accept-language", &["en"]),
        ("cookie", &["a=1"]),
        ("connection", &[]),
    ] {
        assert_eq!(seen.all(name), expected, "{name}");
    }
    let assertion = seen.all("x-vestibule-assertion");
    assert!(assertion.len() == 1 && assertion[0].split('.').count() == 3);
    let ours = ["remote-user", "remote-groups", "remote-email", "remote-name", "x-vestibule-assertion"];
    let forwarded = ["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-port"];
    let known = [&ours[..], &forwarded, &["host", "via", "accept-language", "cookie"]].concat();
    let unknown: Vec<_> = seen.parts.headers.keys().filter(|name| !known.contains(&name.as_str())).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[tokio::test]
async fn an_open_path_makes_strangers_anonymous() {
    let (url, mut seen) = observing().await;
    let guest = sample::alice(&[(sample::HOME, sample::GUEST)]);
    for who in [None, Some(&guest)] {
        let open = sample::wiki(&url, vec![sample::everyone("/public/*")]);
        forward(sample::permitted(open, "/public/a", who), forged()).await.unwrap();
        let seen = seen.recv().await.unwrap();
        for name in seen.parts.headers.keys().map(http::HeaderName::as_str) {
            assert!(!name.contains("user") && !name.contains("remote") && !name.contains("assertion"), "{name}");
        }
    }
}

#[tokio::test]
async fn each_preset_says_it_in_its_own_words() {
    let cases = [
        (HeaderPreset::XForwarded, &["x-forwarded-user", "x-forwarded-preferred-username"][..]),
        (HeaderPreset::XAuthRequest, &["x-auth-request-user", "x-auth-request-preferred-username"]),
        (HeaderPreset::None, &[]),
    ];
    for (preset, names) in cases {
        let (url, mut seen) = observing().await;
        let mut application = sample::wiki(&url, Vec::new());
        application.spec.headers = preset;
        application.spec.pass_host = false;
        forward(sample::permitted(application, "/", Some(&member())), forged()).await.unwrap();
        let seen = seen.recv().await.unwrap();
        for name in names {
            assert_eq!(seen.all(name), ["alice"], "{name}");
        }
        let telling = seen.parts.headers.values().filter(|value| *value == "alice").count();
        assert_eq!(telling, names.len());
        assert_eq!(seen.all("x-vestibule-assertion").len(), 1);
        assert_eq!(seen.all("host"), [url.strip_prefix("http://").unwrap()]);
        assert_eq!(seen.all("x-forwarded-host"), ["wiki.example.com"]);
    }
}

#[tokio::test]
async fn cookies_of_several_headers_become_one_without_ours() {
    let (url, mut seen) = observing().await;
    let request = Request::builder()
        .header("Cookie", "a=1")
        .header("Cookie", "vestibule-session-0a1b2c3d=secret")
        .header("Cookie", "b=\"2; __host-VESTIBULE-x=secret\"; c=3")
        .body(Body::empty())
        .unwrap();
    forward(permit(&url), request).await.unwrap();
    assert_eq!(seen.recv().await.unwrap().all("cookie"), ["a=1; b=\"2; c=3"]);
}

//! Only a person who opens a page starts a sign-in.

use bytes::Bytes;
use http::{Method, Request};

use crate::kit::attempt::Attempt;
use crate::kit::browser::Browser;
use crate::kit::faulty::{Fault, Faulty};
use crate::kit::logs;
use crate::kit::world::{Places, World};

const PAGE: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

/// What asks, its method and its headers.
type Asking = (&'static str, Method, &'static [(&'static str, &'static str)]);

/// What asks without a person, or not for a page.
const PROGRAMS: [Asking; 9] = [
    ("a frame", Method::GET, &[("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe"), ("accept", PAGE)]),
    ("fetch()", Method::GET, &[("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty"), ("accept", "*/*")]),
    (
        "fetch() that wants HTML",
        Method::GET,
        &[("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty"), ("accept", PAGE)],
    ),
    ("an image", Method::GET, &[("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "image"), ("accept", "image/*")]),
    ("a form", Method::POST, &[("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document"), ("accept", PAGE)]),
    ("HEAD", Method::HEAD, &[("accept", PAGE)]),
    ("curl", Method::GET, &[("accept", "*/*")]),
    ("a program that says nothing", Method::GET, &[]),
    (
        "a WebSocket",
        Method::GET,
        &[
            ("connection", "upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ("accept", PAGE),
        ],
    ),
];

fn request(method: &Method, url: &str, headers: &[(&str, &str)]) -> Request<Bytes> {
    let builder = Request::builder().method(method).uri(url);
    headers
        .iter()
        .fold(builder, |builder, (name, value)| builder.header(*name, *value))
        .body(Bytes::new())
        .expect("one")
}

#[tokio::test]
async fn whatever_is_no_navigation_is_told_401_in_json() {
    let provider = Faulty::start(Fault::Honest).await;
    let world = World::at(&provider.issuer, Places::usual).await;
    for (what, method, headers) in PROGRAMS {
        let browser = Browser::new();
        let answer = browser.send(request(&method, &world.url("wiki", "/api"), headers)).await;
        assert_eq!(answer.status, 401, "{what}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{what}");
        assert_eq!(answer.header("set-cookie"), None, "{what}");
        if method != Method::HEAD {
            assert_eq!(answer.json()["type"], "urn:vestibule:problem:sign-in-required", "{what}");
            assert!(!logs::holding(&answer.reference()).is_empty(), "{what}");
        }
    }
    assert_eq!((world.upstream.hits(), provider.hits("/authorize")), (0, 0));
}

#[tokio::test]
async fn the_sign_in_host_starts_nothing_for_them_either() {
    let provider = Faulty::start(Fault::Honest).await;
    let world = World::at(&provider.issuer, Places::usual).await;
    for (what, method, headers) in PROGRAMS {
        let paths = [world.login("/login"), world.login("/login/company"), world.url("wiki", "/.vestibule/sign-in")];
        for path in paths {
            let browser = Browser::new();
            let answer = browser.send(request(&method, &path, headers)).await;
            let expected = if method == Method::POST { 405 } else { 401 };
            assert_eq!(answer.status, expected, "{what} at {path}");
            assert_eq!(answer.header("set-cookie"), None, "{what} at {path}");
            assert_eq!(answer.header("location"), None, "{what} at {path}");
        }
    }
}

#[tokio::test]
async fn a_browser_that_sends_no_fetch_metadata_signs_in_all_the_same() {
    let provider = Faulty::start(Fault::Honest).await;
    let world = World::at(&provider.issuer, Places::usual).await;
    let browser = Browser::new();
    let answer = browser.send(request(&Method::GET, &world.url("wiki", "/"), &[("accept", PAGE)])).await;
    assert_eq!(answer.status, 303);
    let arrived = browser.follow_from(answer).await.pop().expect("a page");
    assert_eq!(arrived.status, 200, "{}", arrived.text());
}

#[tokio::test]
async fn nothing_that_strangers_do_is_written_down() {
    let provider = Faulty::start(Fault::Honest).await;
    let world = World::at(&provider.issuer, Places::usual).await;
    Attempt::unasked(&world).await;
    let before = world.census().await;
    let mut watch = world.watch().await;
    let version = watch.version().await;
    let browser = Browser::new();
    for number in 0..40 {
        browser.navigate(&world.url("wiki", &format!("/{number}"))).await;
        browser.navigate(&world.login("/login")).await;
        browser.navigate(&world.login(&format!("/login/company/callback?code=x{number}&state=y{number}"))).await;
        browser.navigate(&world.url("wiki", &format!("/.vestibule/session?code={}", "A".repeat(43)))).await;
    }
    assert_eq!(world.census().await, before);
    assert_eq!(watch.version().await, version, "somebody wrote");
    let pending = browser.cookies(&world.login("/")).len();
    assert!(pending <= 6, "{pending} cookies are kept");
}

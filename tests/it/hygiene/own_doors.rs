//! Our own doors: what they take from people nobody knows yet.

use bytes::Bytes;
use http::Request;

use super::address;
use crate::kit::browser::{Browser, Response};
use crate::kit::provider::Variant;
use crate::kit::raw::ask;
use crate::kit::world::{Places, World};

/// Follows a link to the sign-in host from a page of `site`, as `Sec-Fetch-Site` calls it.
async fn from_site(world: &World, browser: &Browser, site: &str, path: &str) -> Response {
    let request = Request::get(world.login(path))
        .header("accept", "text/html")
        .header("sec-fetch-site", site)
        .header("sec-fetch-mode", "navigate")
        .header("sec-fetch-dest", "document");
    browser.send(request.body(Bytes::new()).expect("a request")).await
}

#[tokio::test]
async fn another_site_does_not_choose_the_provider() {
    let world = World::start(Variant::default(), |places| {
        let second = places.head("").split_once("[[idp]]").unwrap().1.replace("\"company\"", "\"other\"");
        format!("{}[[idp]]{second}{}", places.head(Places::SEED_POLICY), places.home_lab(""))
    })
    .await;
    let browser = Browser::new();
    for site in ["cross-site", "same-site"] {
        let answer = from_site(&world, &browser, site, "/login/other?again=1").await;
        assert_eq!(answer.location().unwrap().as_str(), world.login("/login?again=1"), "{site}");
    }
    for site in ["same-origin", "none"] {
        let answer = from_site(&world, &browser, site, "/login/other").await;
        assert!(answer.location().unwrap().as_str().contains("/auth"), "{site}: {:?}", answer.location());
    }
}

#[tokio::test]
async fn a_form_is_small() {
    let world = World::usual().await;
    let port = world.places.port;
    let own = format!("login.localhost:{port}");
    let head = format!("POST /logout HTTP/1.1\r\nHost: {own}\r\nOrigin: http://{own}\r\nConnection: close\r\n");
    let small = format!("{head}Content-Length: 6\r\n\r\ncsrf=a");
    assert_eq!(ask(address(&world), small).await.status, 303);
    let large = ask(address(&world), format!("{head}Content-Length: 20000\r\n\r\n{}", "a".repeat(20_000))).await;
    assert!(large.head.is_empty() || large.status == 413, "{large:?}");
}

#[tokio::test]
async fn a_path_that_is_no_text_gets_our_words_and_headers() {
    let world = World::usual().await;
    let host = format!("Host: login.localhost:{}\r\nConnection: close\r\n\r\n", world.places.port);
    for path in ["/login/%ff", "/login/%ff/callback", "/login/..%2f", "/static/%ff"] {
        let answer = ask(address(&world), format!("GET {path} HTTP/1.1\r\n{host}")).await;
        assert_eq!((answer.status, answer.all("cache-control")), (400, vec!["no-store"]), "{path}");
        assert!(answer.json()["reference"].is_string(), "{path}");
    }
}

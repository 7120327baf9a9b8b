//! Our pages as they are really served: on whichever host one is shown, what it loads is there.

use crate::kit::browser::Browser;
use crate::kit::server::Server;
use crate::kit::world::{Places, TestClock, World, free_port};

/// Opens `url` and everything its page loads.
async fn is_whole(url: &str, status: u16) {
    let browser = Browser::new();
    let page = browser.navigate(url).await;
    assert_eq!(page.status, status, "{url}: {}", page.text());
    let text = page.text().replace("&#x2f;", "/");
    let loaded: Vec<&str> = text.split(['"', '\'']).filter(|part| part.contains("/static/")).collect();
    assert!(loaded.iter().any(|path| path.contains(".css?")), "no stylesheet: {text}");
    for path in loaded {
        let file = browser.fetch(page.url.join(path).expect("an address").as_str()).await;
        assert_eq!(file.status, 200, "{path} of {url}");
        let kind = if path.contains(".css?") { "text/css; charset=utf-8" } else { "image/svg+xml" };
        assert_eq!(file.header("content-type"), Some(kind), "{path} of {url}");
    }
}

#[tokio::test]
async fn every_page_finds_its_stylesheet_on_every_host() {
    let world = World::usual().await;
    for (url, status) in [
        (world.login("/"), 200),
        (world.login("/nothing"), 404),
        (world.login("/login/company/callback?state=x"), 400),
        (world.login("/%2f"), 400),
        (world.url("wiki", "/a%2fb"), 400),
        (world.url("wiki", "/.vestibule/signed-out"), 200),
        (world.url("wiki", "/.vestibule/nothing"), 404),
        (world.url("nowhere", "/"), 421),
    ] {
        is_whole(&url, status).await;
    }
}

#[tokio::test]
async fn the_page_that_tells_of_an_outage_has_its_stylesheet_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let places = Places {
        port: free_port(),
        issuer: "http://127.0.0.1:9".to_owned(),
        upstream: ([127, 0, 0, 1], 9).into(),
        database: format!("sqlite://{}", folder.path().join("missing/vestibule.db").display()),
    };
    let server = Server::start(&places.usual(), &TestClock::default()).await;
    for host in ["wiki", "login", "nowhere"] {
        is_whole(&format!("http://{host}.localhost:{}/", places.port), 503).await;
    }
    server.stop().await;
}

//! Who may pass the door of an application, and what the others are told.

use bytes::Bytes;
use http::Request;

use crate::kit::browser::Browser;
use crate::kit::scene::{is_let_in, two_applications, wiki_with};
use crate::kit::upstream::received;
use crate::kit::world::{World, eventually};

#[tokio::test]
async fn scripts_get_a_401_in_json_and_no_sign_in() {
    let world = World::usual().await;
    let url = world.url("wiki", "/api/notes");
    let request = |method: &str, lines: &[(&str, &str)]| {
        let request = Request::builder().method(method).uri(&url);
        lines.iter().fold(request, |request, (name, value)| request.header(*name, *value)).body(Bytes::new()).unwrap()
    };
    const HTML: (&str, &str) = ("accept", "text/html");
    for request in [
        request("GET", &[("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty"), ("accept", "*/*")]),
        request("GET", &[("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe"), HTML]),
        request("GET", &[("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "image"), HTML]),
        request("GET", &[("accept", "application/json")]),
        request("GET", &[]),
        request("HEAD", &[HTML]),
        request("POST", &[HTML, ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")]),
        request("DELETE", &[HTML]),
        request("GET", &[HTML, ("connection", "upgrade"), ("upgrade", "websocket")]),
    ] {
        let what = format!("{request:?}");
        let browser = Browser::new();
        let answer = browser.send(request).await;
        assert_eq!(answer.status, 401, "{what}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{what}");
        assert!(answer.headers.get("location").is_none() && browser.cookies(&url).is_empty(), "{what}");
        if !what.contains("HEAD") {
            let problem = answer.json();
            assert_eq!(problem["status"], 401);
            assert!(problem["title"].is_string() && problem["reference"].is_string(), "{problem}");
        }
    }
    assert_eq!(world.upstream.hits(), 0);
}

#[tokio::test]
async fn who_lacks_the_role_gets_a_page_with_a_reference_and_another_way_in() {
    let world = wiki_with("roles = [\"Admin\"]").await;
    let browser = Browser::new();
    let page = world.enter(&browser, &world.url("wiki", "/notes?x=1"), "bob").await;
    assert_eq!(page.status, 403);
    let text = page.text().replace("&#x2f;", "/");
    for part in
        ["Reference", "Bob Baker", "Sign in as someone else", "/.vestibule/sign-in?again=1&amp;return=%2Fnotes%3Fx%3D1"]
    {
        assert!(text.contains(part), "{part} in {text}");
    }
    let program = browser.fetch(&world.url("wiki", "/notes")).await;
    assert_eq!(program.status, 403);
    assert_eq!(program.header("content-type"), Some("application/problem+json"));
    assert_eq!(world.upstream.hits(), 0);

    let again = browser.follow(&world.url("wiki", "/.vestibule/sign-in?again=1&return=%2Fnotes%3Fx%3D1")).await;
    let to_provider = again.iter().find(|hop| hop.url.path() == "/auth").expect("the provider asks again");
    assert!(to_provider.url.query().unwrap().contains("prompt=login"), "{}", to_provider.url);
}

#[tokio::test]
async fn a_host_of_nobody_is_misdirected() {
    let world = World::usual().await;
    let (browser, _) = world.signed_in("alice").await;
    for application in ["docs", "evil", "x.wiki", "wiki.login"] {
        let page = browser.navigate(&world.url(application, "/")).await;
        assert_eq!(page.status, 421, "{application}");
    }
    let page = browser.navigate(&format!("http://127.0.0.1:{}/", world.places.port)).await;
    assert_eq!(page.status, 421);
}

const RULES: &str = r#"
roles = ["Admin", "Member"]
[[application.rule]]
path = "/open/*"
allow = "everyone"
[[application.rule]]
path = "/both/admin/*"
roles = ["Admin"]
[[application.rule]]
path = "/both/*"
allow = "everyone"
[[application.rule]]
path = "/exact"
roles = ["Admin"]
"#;

#[tokio::test]
async fn the_first_rule_that_matches_holds() {
    let world = wiki_with(RULES).await;
    let (bob, page) = world.signed_in("bob").await;
    assert_eq!(page.status, 200);
    let stranger = Browser::new();
    for (path, of_bob, of_stranger) in [
        ("/", 200, 303),
        ("/open/x", 200, 200),
        ("/open/", 200, 200),
        ("/open", 200, 303),
        ("/openx", 200, 303),
        ("/both/x", 200, 200),
        ("/both/admin/x", 403, 303),
        ("/exact", 403, 303),
        ("/exact/below", 200, 303),
        ("/exact?query", 403, 303),
    ] {
        let url = world.url("wiki", path);
        assert_eq!(bob.navigate(&url).await.status, of_bob, "bob at {path}");
        assert_eq!(stranger.navigate(&url).await.status, of_stranger, "a stranger at {path}");
    }
}

#[tokio::test]
async fn on_an_open_path_only_who_would_be_admitted_is_named() {
    let world = wiki_with(&RULES.replace("roles = [\"Admin\", \"Member\"]", "roles = [\"Admin\"]")).await;
    let (alice, _) = world.signed_in("alice").await;
    let (bob, page) = world.signed_in("bob").await;
    assert_eq!(page.status, 403);
    let open = world.url("wiki", "/open/x");
    let seen = alice.navigate(&open).await.json();
    assert_eq!(received(&seen, "remote-user"), ["alice"]);
    assert_eq!(received(&seen, "x-vestibule-assertion").len(), 1);
    for browser in [bob, Browser::new()] {
        let seen = browser.navigate(&open).await.json();
        let text = seen["headers"].to_string();
        assert!(!text.contains("remote-") && !text.contains("x-vestibule"), "{text}");
        assert_eq!(received(&seen, "cookie"), Vec::<&str>::new());
    }
}

#[tokio::test]
async fn taking_an_application_out_of_the_file_closes_its_door() {
    let mut world = two_applications().await;
    let (browser, _) = world.signed_in("alice").await;
    browser.follow(&world.url("docs", "/")).await;
    world.restart(|places| places.usual()).await;
    assert!(is_let_in(&browser, &world.url("wiki", "/")).await);
    let docs = world.url("docs", "/");
    eventually("docs is gone", async || browser.navigate(&docs).await.status == 421).await;
}

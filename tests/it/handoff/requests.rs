//! The sealed request, and the page it leads back to: always one of our own hosts.

use std::time::Duration;

use url::Url;

use super::assert_refused;
use crate::kit::browser::Browser;
use crate::kit::raw::ask;
use crate::kit::scene::cookie;
use crate::kit::world::World;

async fn sealed(world: &World, browser: &Browser) -> Url {
    browser.navigate(&world.url("wiki", "/notes")).await.location().expect("to the sign-in host")
}

#[tokio::test]
async fn a_request_that_was_touched_is_refused() {
    let world = World::usual().await;
    let browser = Browser::new();
    let url = sealed(&world, &browser).await;
    assert_eq!(browser.navigate(url.as_str()).await.status, 303);
    let request = url.query().unwrap().strip_prefix("request=").unwrap().to_owned();
    let middle = request.len() / 2;
    let flipped = if request.as_bytes()[middle] == b'A' { "B" } else { "A" };
    let form = browser.follow(url.as_str()).await.pop().unwrap();
    assert!(form.url.as_str().starts_with(&world.places.issuer));
    let pending = cookie(&browser, &world.login("/"), "pending").expect("a pending sign-in");
    for forged in [
        format!("{}{flipped}{}", &request[..middle], &request[middle + 1..]),
        request[..request.len() - 2].to_owned(),
        "AAAA".to_owned(),
        // Sealed by us, for another purpose.
        pending,
    ] {
        assert_refused(&browser.navigate(&world.login(&format!("/login?request={forged}"))).await);
        assert_refused(&browser.navigate(&world.login(&format!("/login/company?request={forged}"))).await);
    }
}

#[tokio::test]
async fn a_request_travels_ten_minutes() {
    let world = World::usual().await;
    let browser = Browser::new();
    let url = sealed(&world, &browser).await;
    world.clock.advance(Duration::from_secs(599));
    assert_eq!(browser.navigate(url.as_str()).await.status, 303);
    world.clock.advance(Duration::from_secs(2));
    assert_refused(&browser.navigate(url.as_str()).await);
}

#[tokio::test]
async fn a_request_of_another_server_is_refused() {
    let (world, other) = (World::usual().await, World::at("http://127.0.0.1:9", |places| places.usual()).await);
    let browser = Browser::new();
    let foreign = sealed(&other, &browser).await;
    assert_refused(&browser.navigate(&world.login(&format!("/login?{}", foreign.query().unwrap()))).await);
}

#[tokio::test]
async fn the_way_back_never_leaves_the_host() {
    let world = World::usual().await;
    let (browser, _) = world.signed_in("alice").await;
    for back in [
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example/",
        "http:evil.example",
        "javascript:alert(1)",
        "evil.example",
        "@evil.example",
        ":80@evil.example",
        ".evil.example",
        "/a\r\nLocation: https://evil.example",
        "/\tevil.example",
        " //evil.example",
        "/.vestibule/sign-out",
        "/.vestibule/session?code=abc",
        "",
    ] {
        let query: String = url::form_urlencoded::Serializer::new(String::new()).append_pair("return", back).finish();
        let hops = browser.follow(&world.url("wiki", &format!("/.vestibule/sign-in?{query}"))).await;
        let page = hops.last().unwrap();
        assert_eq!(page.url.as_str(), world.url("wiki", "/"), "{back:?}");
        assert_eq!(page.status, 200);
        let ours = |hop: &crate::kit::browser::Response| hop.url.host_str().unwrap().ends_with(".localhost");
        assert!(hops.iter().all(ours), "{back:?}");
        assert!(!hops.iter().any(|hop| hop.url.path().ends_with("sign-out")), "{back:?}");
    }
    let page = browser.follow(&world.url("wiki", "/.vestibule/sign-in?return=%2Fa%3Fb%3Dc")).await.pop().unwrap();
    assert_eq!(page.url.as_str(), world.url("wiki", "/a?b=c"), "while a path of its own is gone back to");
}

#[tokio::test]
async fn a_page_asked_for_by_an_odd_path_is_gone_back_to_on_its_own_host() {
    let world = World::usual().await;
    let (browser, _) = world.signed_in("alice").await;
    let wiki = world.url("wiki", "/");
    let name = browser.cookies(&wiki).into_iter().find(|one| one.name.contains("session")).unwrap().name;
    browser.set_cookie(&wiki, &format!("{name}=x; Path=/; Max-Age=0"));
    let address = ([127, 0, 0, 1], world.places.port).into();
    for path in ["//evil.example/x", "/@evil.example", "/%20"] {
        let start =
            format!("GET {path} HTTP/1.1\r\nHost: wiki.localhost\r\nAccept: text/html\r\nConnection: close\r\n\r\n");
        let answer = ask(address, start).await;
        assert_eq!(answer.status, 303, "{path}");
        let to = Url::parse(answer.all("location")[0]).unwrap();
        let verifier = answer.all("set-cookie")[0].split(';').next().unwrap().to_owned();
        let handed = browser.navigate(to.as_str()).await.location().unwrap();
        let redeem = format!(
            "GET {} HTTP/1.1\r\nHost: wiki.localhost\r\nCookie: {verifier}\r\nConnection: close\r\n\r\n",
            &handed[url::Position::BeforePath..]
        );
        let answer = ask(address, redeem).await;
        let back = Url::parse(answer.all("location")[0]).unwrap();
        assert_eq!((back.host_str(), back.path()), (Some("wiki.localhost"), path));
    }
}

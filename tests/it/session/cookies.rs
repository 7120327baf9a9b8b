//! What our cookies look like, over https and on loopback without.

use crate::kit::browser::{Browser, Response};
use crate::kit::scene::{behind_tls, browser_over_tls};
use crate::kit::world::World;

/// Every `Set-Cookie` that hosts of ours sent on the way, as (name, attributes in lower case).
fn set_cookies(hops: &[Response], issuer: &str) -> Vec<(String, Vec<String>)> {
    let ours = hops.iter().filter(|hop| !hop.url.as_str().starts_with(issuer));
    let cookies = ours.flat_map(|hop| hop.headers.get_all("set-cookie")).map(|value| value.to_str().unwrap());
    let split = |cookie: &str| {
        let mut parts = cookie.split(';').map(str::trim);
        let name = parts.next().unwrap().split('=').next().unwrap().to_owned();
        (name, parts.map(str::to_ascii_lowercase).collect())
    };
    cookies.map(split).collect()
}

async fn journey(world: &World, browser: &Browser, wiki: &str) -> Vec<(String, Vec<String>)> {
    let mut hops = browser.follow(wiki).await;
    let form = hops.pop().unwrap();
    hops.extend(browser.sign_in_as(&form, "alice").await);
    assert_eq!(hops.last().unwrap().status, 200, "{}", hops.last().unwrap().text());
    let cookies = set_cookies(&hops, &world.places.issuer);
    for what in ["handoff", "pending", "session"] {
        assert!(cookies.iter().any(|(name, _)| name.contains(what)), "{what} is among {cookies:?}");
    }
    for (name, attributes) in &cookies {
        for needed in ["path=/", "httponly", "samesite=lax"] {
            assert!(attributes.iter().any(|one| one == needed), "{name} lacks {needed}: {attributes:?}");
        }
        assert!(!attributes.iter().any(|one| one.starts_with("domain")), "{name}: {attributes:?}");
    }
    cookies
}

#[tokio::test]
async fn over_https_every_cookie_is_host_bound_and_secure() {
    let world = behind_tls().await;
    let browser = browser_over_tls(&world);
    for (name, attributes) in journey(&world, &browser, "https://wiki.example.com/").await {
        assert!(name.starts_with("__Host-vestibule-"), "{name}");
        assert!(attributes.iter().any(|one| one == "secure"), "{name}: {attributes:?}");
    }
}

#[tokio::test]
async fn on_plain_http_cookie_names_tell_servers_on_one_host_apart() {
    let (one, other) = (World::usual().await, World::at("http://127.0.0.1:9", |places| places.usual()).await);
    let browser = Browser::new();
    let mut tags = Vec::new();
    for (name, attributes) in journey(&one, &browser, &one.url("wiki", "/")).await {
        assert!(name.starts_with("vestibule-") && !attributes.iter().any(|one| one == "secure"), "{name}");
        tags.push(name.rsplit_once('-').unwrap().1.to_owned());
    }
    tags.dedup();
    assert_eq!(tags.len(), 1);
    // The same host names, another port: the jar sends the cookies along, and they mean nothing there.
    let page = browser.navigate(&other.url("wiki", "/")).await;
    assert_eq!(page.status, 303);
    let names = set_cookies(&[page], "-");
    assert!(names.iter().all(|(name, _)| !name.ends_with(&tags[0])), "{names:?}");
}

#[tokio::test]
async fn cookies_that_are_ended_are_ended_with_the_attributes_they_were_set_with() {
    let world = behind_tls().await;
    let browser = browser_over_tls(&world);
    journey(&world, &browser, "https://wiki.example.com/").await;
    let wiki = "https://wiki.example.com/".parse().unwrap();
    let page = browser.submit(&wiki, "https://wiki.example.com/.vestibule/sign-out", &[]).await;
    assert_eq!(page.status, 303);
    let left = browser.cookies("https://wiki.example.com/");
    assert!(!left.iter().any(|cookie| cookie.name.contains("session")), "{left:?}");
    for (name, attributes) in set_cookies(&[page], "-") {
        assert!(attributes.iter().any(|one| one == "secure"), "{name}: {attributes:?}");
    }
}

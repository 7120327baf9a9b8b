//! Signing out: on every host at once, and never by another site's doing.

use bytes::Bytes;
use http::Request;

use crate::kit::browser::Browser;
use crate::kit::database::Database;
use crate::kit::scene::{cookie, hidden, is_let_in, two_applications};
use crate::kit::world::World;

async fn signed_in_everywhere(world: &World) -> Browser {
    let (browser, _) = world.signed_in("alice").await;
    assert_eq!(browser.follow(&world.url("docs", "/")).await.last().unwrap().status, 200);
    browser
}

/// A copy of the browser: its cookies as they are now, for seeing what a thief of them could still do.
fn copy_of(browser: &Browser, world: &World) -> Browser {
    let copy = Browser::new();
    for application in ["wiki", "docs", "login"] {
        let url = world.url(application, "/");
        for cookie in browser.cookies(&url) {
            copy.set_cookie(&url, &format!("{}={}; Path=/", cookie.name, cookie.value));
        }
    }
    copy
}

async fn is_out_everywhere(world: &World, browser: &Browser) -> bool {
    let wiki = is_let_in(browser, &world.url("wiki", "/")).await;
    let docs = is_let_in(browser, &world.url("docs", "/")).await;
    let home = browser.navigate(&world.login("/")).await.text().contains("Alice");
    assert!(wiki == docs && docs == home, "either everywhere or nowhere: {wiki} {docs} {home}");
    !wiki
}

#[tokio::test]
async fn signing_out_at_an_application_ends_the_session_on_every_host() {
    let world = two_applications().await;
    let browser = signed_in_everywhere(&world).await;
    let copy = copy_of(&browser, &world);
    let wiki = world.url("wiki", "/").parse().unwrap();
    let page = browser.submit(&wiki, &world.url("wiki", "/.vestibule/sign-out"), &[]).await;
    let page = browser.follow_from(page).await.pop().unwrap();
    assert_eq!((page.status.as_u16(), page.url.path()), (200, "/.vestibule/signed-out"));
    assert!(cookie(&browser, &world.url("wiki", "/"), "session").is_none(), "its cookie is gone");
    assert!(is_out_everywhere(&world, &copy).await);
    let database = Database::open(&world.database_path()).await;
    assert_eq!(
        database.number("select (select count(*) from sessions) + (select count(*) from session_tokens)").await,
        0
    );
}

#[tokio::test]
async fn signing_out_at_the_sign_in_host_ends_the_session_on_every_host() {
    let world = two_applications().await;
    let browser = signed_in_everywhere(&world).await;
    let copy = copy_of(&browser, &world);
    let asked = browser.navigate(&world.login("/logout")).await;
    assert_eq!(asked.status, 200);
    assert!(!is_out_everywhere(&world, &copy).await, "a GET only asks");
    let page = browser.submit(&asked.url, &world.login("/logout"), &[("csrf", &hidden(&asked, "csrf"))]).await;
    let page = browser.follow_from(page).await.pop().unwrap();
    assert_eq!((page.status.as_u16(), page.url.path()), (200, "/signed-out"));
    assert!(is_out_everywhere(&world, &copy).await);
}

#[tokio::test]
async fn opening_the_sign_out_address_of_an_application_asks_first() {
    let world = two_applications().await;
    let browser = signed_in_everywhere(&world).await;
    let asked = browser.navigate(&world.url("wiki", "/.vestibule/sign-out")).await;
    assert!(asked.status == 200 && asked.text().contains("method=\"post\""), "{}", asked.text());
    assert!(!is_out_everywhere(&world, &browser).await);
    let page = browser.submit(&asked.url, &world.url("wiki", "/.vestibule/sign-out"), &[]).await;
    assert_eq!(page.status, 303);
    assert!(is_out_everywhere(&world, &browser).await);
}

#[tokio::test]
async fn another_application_cannot_sign_anybody_out() {
    let world = two_applications().await;
    let browser = signed_in_everywhere(&world).await;
    let token = hidden(&browser.navigate(&world.login("/logout")).await, "csrf");
    let docs = world.url("docs", "");
    for target in [world.url("wiki", "/.vestibule/sign-out"), world.login("/logout")] {
        for (name, value) in [
            ("origin", docs.as_str()),
            ("origin", "null"),
            ("origin", "http://wiki.localhost"),
            ("sec-fetch-site", "same-site"),
            ("sec-fetch-site", "cross-site"),
        ] {
            let request = Request::post(&target)
                .header(name, value)
                .header("content-type", "application/x-www-form-urlencoded")
                .body(Bytes::from(format!("csrf={token}")))
                .unwrap();
            let page = browser.send(request).await;
            assert_eq!(page.status, 403, "{target} with {name}: {value}");
            assert!(page.headers.get("set-cookie").is_none());
        }
    }
    assert!(!is_out_everywhere(&world, &browser).await);
}

#[tokio::test]
async fn the_sign_in_host_asks_for_the_token_of_its_own_form() {
    let world = two_applications().await;
    let browser = signed_in_everywhere(&world).await;
    let (stranger, _) = world.signed_in("bob").await;
    let of_another_session = hidden(&stranger.navigate(&world.login("/logout")).await, "csrf");
    let login = world.login("/").parse().unwrap();
    for fields in [&[][..], &[("csrf", "")], &[("csrf", "0123")], &[("csrf", of_another_session.as_str())]] {
        let page = browser.submit(&login, &world.login("/logout"), fields).await;
        assert_eq!(page.status, 403, "{fields:?}");
    }
    assert!(!is_out_everywhere(&world, &browser).await);
}

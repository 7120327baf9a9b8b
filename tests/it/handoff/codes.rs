//! The hand-off code: for one host, one browser, one use, thirty seconds.

use std::time::Duration;

use bytes::Bytes;
use http::Request;

use super::{CALLBACK, REDEEM, assert_refused, opens_a_session, sign_in_until, stop_before};
use crate::kit::browser::Browser;
use crate::kit::database::Database;
use crate::kit::scene::{is_let_in, two_applications};
use crate::kit::world::World;

#[tokio::test]
async fn a_code_opened_in_another_browser_is_refused_and_burnt() {
    let world = World::usual().await;
    for knows_the_wiki in [false, true] {
        let (victim, thief) = (Browser::new(), Browser::new());
        if knows_the_wiki {
            thief.navigate(&world.url("wiki", "/")).await;
        }
        let url = sign_in_until(&world, &victim, &world.url("wiki", "/"), "alice", REDEEM).await;
        assert_refused(&thief.navigate(url.as_str()).await);
        let page = victim.navigate(url.as_str()).await;
        assert!(!opens_a_session(&page), "the code is burnt");
        let page = victim.follow_from(page).await.pop().unwrap();
        assert_eq!(page.status, 200, "its own browser simply starts over");
        assert!(!is_let_in(&thief, &world.url("wiki", "/")).await);
    }
}

#[tokio::test]
async fn a_code_is_for_one_host() {
    let world = two_applications().await;
    let browser = Browser::new();
    browser.navigate(&world.url("docs", "/")).await;
    let url = sign_in_until(&world, &browser, &world.url("wiki", "/"), "alice", REDEEM).await;
    let elsewhere = url.as_str().replace("wiki.localhost", "docs.localhost");
    assert_refused(&browser.navigate(&elsewhere).await);
    assert!(!opens_a_session(&browser.navigate(url.as_str()).await), "the attempt has burnt it");
}

#[tokio::test]
async fn a_look_at_a_link_uses_no_code_up() {
    let world = World::usual().await;
    let browser = Browser::new();
    let look = async |url: &str| browser.send(Request::head(url).body(Bytes::new()).expect("a request")).await.status;
    let callback = sign_in_until(&world, &browser, &world.url("wiki", "/notes"), "alice", CALLBACK).await;
    assert_eq!(look(callback.as_str()).await, 405);
    let database = Database::open(&world.database_path()).await;
    assert_eq!(database.sessions().await, 0);
    let redeem = browser.navigate(callback.as_str()).await.location().expect("the sign-in is completed as ever");
    assert_eq!(look(redeem.as_str()).await, 405);
    assert!(opens_a_session(&browser.navigate(redeem.as_str()).await));
}

#[tokio::test]
async fn a_code_is_taken_once() {
    let world = World::usual().await;
    let browser = Browser::new();
    let url = sign_in_until(&world, &browser, &world.url("wiki", "/notes"), "alice", REDEEM).await;
    let first = browser.navigate(url.as_str()).await;
    assert!(opens_a_session(&first));
    assert_eq!(first.location().unwrap().as_str(), world.url("wiki", "/notes"), "the code is stripped by redirect");
    let second = browser.navigate(url.as_str()).await;
    assert!(!opens_a_session(&second));
    let database = Database::open(&world.database_path()).await;
    assert_eq!(database.number("select count(*) from handoff_codes").await, 0);
    assert_eq!(database.sessions().await, 1);
}

#[tokio::test]
async fn a_code_that_is_asked_for_twice_at_once_is_taken_once() {
    let world = World::usual().await;
    let browser = Browser::new();
    let url = sign_in_until(&world, &browser, &world.url("wiki", "/"), "alice", REDEEM).await;
    let open = || browser.navigate(url.as_str());
    let (a, b, c, d) = tokio::join!(open(), open(), open(), open());
    assert_eq!([a, b, c, d].iter().filter(|page| opens_a_session(page)).count(), 1);
}

#[tokio::test]
async fn a_code_lives_thirty_seconds() {
    let world = World::usual().await;
    for (age, taken) in [(29, true), (30, false)] {
        let browser = Browser::new();
        let url = sign_in_until(&world, &browser, &world.url("wiki", "/"), "alice", REDEEM).await;
        world.clock.advance(Duration::from_secs(age));
        assert_eq!(opens_a_session(&browser.navigate(url.as_str()).await), taken, "after {age} seconds");
    }
}

#[tokio::test]
async fn a_code_without_its_request_or_its_verifier_is_worth_nothing() {
    let world = World::usual().await;
    let browser = Browser::new();
    let url = sign_in_until(&world, &browser, &world.url("wiki", "/"), "alice", REDEEM).await;
    browser.clear_cookies();
    assert_refused(&browser.navigate(url.as_str()).await);
    for query in ["", "?code=", "?code=abc", "?code=a&code=b", "?request=abc"] {
        let page = browser.navigate(&world.url("wiki", &format!("{REDEEM}{query}"))).await;
        assert_refused(&page);
    }
}

#[tokio::test]
async fn starting_over_ends() {
    // A browser that can never redeem must not be sent round in circles.
    let world = World::usual().await;
    let browser = Browser::new();
    let mut url = sign_in_until(&world, &browser, &world.url("wiki", "/"), "alice", REDEEM).await;
    for round in 0.. {
        assert!(round < 5, "it never ends");
        world.clock.advance(Duration::from_secs(31));
        let page = browser.navigate(url.as_str()).await;
        if page.status == 400 {
            return assert_refused(&page);
        }
        url = stop_before(&browser, page, REDEEM).await;
    }
}

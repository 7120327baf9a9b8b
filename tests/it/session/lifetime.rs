//! How long sessions live.

use std::time::Duration;

use crate::kit::browser::Browser;
use crate::kit::database::Database;
use crate::kit::scene::{is_let_in, two_applications};
use crate::kit::world::{Places, World};

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn a_session_that_nobody_uses_ends() {
    let world = World::usual().await;
    let (browser, _) = world.signed_in("alice").await;
    world.clock.advance(8 * HOUR - Duration::from_secs(60));
    assert!(is_let_in(&browser, &world.url("wiki", "/")).await);
    world.clock.advance(8 * HOUR);
    assert!(!is_let_in(&browser, &world.url("wiki", "/")).await);
}

#[tokio::test]
async fn activity_on_one_host_keeps_the_session_alive_on_the_others() {
    let world = two_applications().await;
    let (browser, _) = world.signed_in("alice").await;
    browser.follow(&world.url("docs", "/")).await;
    for _ in 0..3 {
        world.clock.advance(5 * HOUR);
        assert!(is_let_in(&browser, &world.url("docs", "/")).await);
    }
    assert!(is_let_in(&browser, &world.url("wiki", "/")).await, "unused for 15 hours, but its session was not");
    assert!(browser.navigate(&world.login("/")).await.text().contains("Alice"));
}

#[tokio::test]
async fn however_busy_a_session_ends_at_its_absolute_limit() {
    let world = World::usual().await;
    let (browser, _) = world.signed_in("alice").await;
    for _ in 0..23 {
        world.clock.advance(7 * HOUR);
        assert!(is_let_in(&browser, &world.url("wiki", "/")).await);
    }
    world.clock.advance(7 * HOUR);
    assert!(!is_let_in(&browser, &world.url("wiki", "/")).await, "seven days are over");
}

#[tokio::test]
async fn a_session_survives_a_restart_with_its_last_activity() {
    let mut world = World::usual().await;
    let (browser, _) = world.signed_in("alice").await;
    world.clock.advance(5 * HOUR);
    assert!(is_let_in(&browser, &world.url("wiki", "/")).await);
    world.restart(Places::usual).await;
    world.clock.advance(5 * HOUR);
    assert!(is_let_in(&browser, &world.url("wiki", "/")).await);
}

#[tokio::test]
async fn every_sign_in_gives_new_tokens_and_ends_the_session_before() {
    let world = World::usual().await;
    let (browser, _) = world.signed_in("alice").await;
    let before = (browser.cookies(&world.url("wiki", "/")), browser.cookies(&world.login("/")));
    let again = world.url("wiki", "/.vestibule/sign-in?again=1&return=%2Fnotes");
    let page = world.enter(&browser, &again, "alice").await;
    assert_eq!((page.status.as_u16(), page.url.path()), (200, "/notes"));
    let after = (browser.cookies(&world.url("wiki", "/")), browser.cookies(&world.login("/")));
    for old in before.0.iter().chain(&before.1).filter(|cookie| cookie.name.contains("session")) {
        assert!(!after.0.iter().chain(&after.1).any(|new| new.value == old.value), "{} is new", old.name);
    }
    let database = Database::open(&world.database_path()).await;
    assert_eq!(database.sessions().await, 1);
    let old = Browser::new();
    for cookie in &before.0 {
        old.set_cookie(&world.url("wiki", "/"), &format!("{}={}; Path=/", cookie.name, cookie.value));
    }
    assert!(!is_let_in(&old, &world.url("wiki", "/")).await, "the tokens of the session before open nothing");
}

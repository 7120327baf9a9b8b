//! Several tabs signing in at once: each arrives where it was going.

use std::time::Duration;

use super::{CALLBACK, REDEEM, answer_until, stop_before};
use crate::kit::browser::Browser;
use crate::kit::database::Database;
use crate::kit::scene::two_applications;
use crate::kit::world::World;

#[tokio::test]
async fn tabs_that_go_side_by_side_all_arrive() {
    let world = two_applications().await;
    let browser = Browser::new();
    let targets = [world.url("wiki", "/one"), world.url("wiki", "/two"), world.url("docs", "/three")];
    let mut forms = Vec::new();
    for target in &targets {
        forms.push(browser.follow(target).await.pop().unwrap());
    }
    for (target, form) in targets.iter().zip(&forms) {
        let page = browser.sign_in_as(form, "alice").await.pop().unwrap();
        assert_eq!((page.status.as_u16(), page.url.as_str()), (200, target.as_str()));
    }
    let database = Database::open(&world.database_path()).await;
    assert_eq!(database.sessions().await, 1, "each sign-in takes the place of the one before");
}

#[tokio::test]
async fn tabs_whose_steps_interleave_all_arrive() {
    let world = World::usual().await;
    let browser = Browser::new();
    let targets = [world.url("wiki", "/one"), world.url("wiki", "/two"), world.url("wiki", "/three")];
    let mut forms = Vec::new();
    for target in &targets {
        forms.push(browser.follow(target).await.pop().unwrap());
    }
    let mut callbacks = Vec::new();
    for form in &forms {
        callbacks.push(answer_until(&world, &browser, form, "alice", CALLBACK).await);
    }
    let mut codes = Vec::new();
    for callback in &callbacks {
        let page = browser.navigate(callback.as_str()).await;
        codes.push(stop_before(&browser, page, REDEEM).await);
    }
    // The codes of all but the last are for sessions that have ended meanwhile.
    for (target, code) in targets.iter().zip(&codes) {
        let page = browser.follow(code.as_str()).await.pop().unwrap();
        assert_eq!((page.status.as_u16(), page.url.as_str()), (200, target.as_str()), "{}", page.text());
    }
}

#[tokio::test]
async fn a_tab_left_open_signs_in_after_another_tab_has() {
    let world = World::usual().await;
    let browser = Browser::new();
    let left_open = browser.follow(&world.url("wiki", "/left")).await.pop().unwrap();
    let page = world.enter(&browser, &world.url("wiki", "/other"), "alice").await;
    assert_eq!(page.status, 200);
    world.clock.advance(Duration::from_secs(300));
    let page = browser.sign_in_as(&left_open, "alice").await.pop().unwrap();
    assert_eq!((page.status.as_u16(), page.url.path()), (200, "/left"), "{}", page.text());
}

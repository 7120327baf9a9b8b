//! Session fixation: what an attacker puts into a browser before its user signs in is worth nothing afterwards.

use vestibule::base::Token;

use crate::kit::browser::Browser;
use crate::kit::scene::{cookie, is_let_in};
use crate::kit::world::World;

/// The full name of our cookie that holds `what` on the wiki's host.
async fn name_of(world: &World, what: &str) -> String {
    let probe = Browser::new();
    probe.navigate(&world.url("wiki", "/")).await;
    let name = probe.cookies(&world.url("wiki", "/"))[0].name.clone();
    let (_, tag) = name.rsplit_once('-').expect("its last part is this server's tag");
    format!("vestibule-{what}-{tag}")
}

#[tokio::test]
async fn planted_tokens_are_not_adopted() {
    let world = World::usual().await;
    let planted = Token::new([7; 32]).expose().to_string();
    let browser = Browser::new();
    for what in ["session", "handoff-planted"] {
        for application in ["wiki", "login"] {
            let name = name_of(&world, what).await;
            browser.set_cookie(&world.url(application, "/"), &format!("{name}={planted}; Path=/"));
        }
    }
    let page = world.enter(&browser, &world.url("wiki", "/"), "alice").await;
    assert_eq!(page.status, 200);
    for url in [world.url("wiki", "/"), world.login("/")] {
        assert_ne!(cookie(&browser, &url, "session").unwrap(), planted);
        let attacker = Browser::new();
        attacker.set_cookie(&url, &format!("{}={planted}; Path=/", name_of(&world, "session").await));
        let page = attacker.navigate(&url).await;
        assert!(!page.text().contains("lice"), "the planted token opens {url}");
    }
}

#[tokio::test]
async fn a_session_planted_by_its_owner_ends_when_the_victim_signs_in() {
    let world = World::usual().await;
    let (attacker, _) = world.signed_in("bob").await;
    let victim = Browser::new();
    let planted = cookie(&attacker, &world.login("/"), "session").unwrap();
    victim.set_cookie(&world.login("/"), &format!("{}={planted}; Path=/", name_of(&world, "session").await));
    let again = world.url("wiki", "/.vestibule/sign-in?again=1");
    let page = world.enter(&victim, &again, "alice").await;
    assert_eq!(page.status, 200);
    assert!(!is_let_in(&attacker, &world.url("wiki", "/")).await, "it was not raised to the victim's, it is gone");
    assert!(is_let_in(&victim, &world.url("wiki", "/")).await);
}

#[tokio::test]
async fn a_cookie_of_the_same_name_on_a_longer_path_locks_nobody_out() {
    let world = World::usual().await;
    let (browser, _) = world.signed_in("alice").await;
    let name = name_of(&world, "session").await;
    browser.set_cookie(&world.url("wiki", "/"), &format!("{name}={}; Path=/notes", Token::new([7; 32]).expose()));
    assert_eq!(browser.cookies(&world.url("wiki", "/notes/a")).iter().filter(|one| one.name == name).count(), 2);
    assert!(is_let_in(&browser, &world.url("wiki", "/notes/a")).await);
}

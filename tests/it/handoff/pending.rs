//! Pending sign-ins: they live in one browser, ten minutes, a few at a time, and each ends once.

use std::time::Duration;

use super::{CALLBACK, answer_until, assert_refused, opens_a_session, sign_in_until};
use crate::kit::browser::Browser;
use crate::kit::database::Database;
use crate::kit::scene::is_let_in;
use crate::kit::world::World;

#[tokio::test]
async fn a_callback_opened_in_another_browser_is_refused() {
    let world = World::usual().await;
    let (own, other) = (Browser::new(), Browser::new());
    let url = sign_in_until(&world, &own, &world.url("wiki", "/"), "alice", CALLBACK).await;
    assert_refused(&other.navigate(url.as_str()).await);
    let database = Database::open(&world.database_path()).await;
    assert_eq!(database.number("select (select count(*) from users) + (select count(*) from spent_states)").await, 0);
    assert!(opens_a_session(&own.navigate(url.as_str()).await), "and it is no loss to whose it is");
}

#[tokio::test]
async fn a_finished_callback_opens_no_second_session() {
    let world = World::usual().await;
    let (own, other) = (Browser::new(), Browser::new());
    let url = sign_in_until(&world, &own, &world.url("wiki", "/"), "alice", CALLBACK).await;
    let pending: Vec<_> = own.cookies(&world.login("/"));
    assert!(opens_a_session(&own.navigate(url.as_str()).await));
    assert_refused(&own.navigate(url.as_str()).await);
    assert_refused(&other.navigate(url.as_str()).await);
    // Nor with the cookie that the finished sign-in has left behind in a backup.
    for cookie in pending {
        own.set_cookie(&world.login("/"), &format!("{}={}; Path=/", cookie.name, cookie.value));
    }
    let again = own.navigate(url.as_str()).await;
    assert!(!opens_a_session(&again) && again.status.is_client_error(), "{}", again.status);
    let database = Database::open(&world.database_path()).await;
    assert_eq!(database.sessions().await, 1);
}

#[tokio::test]
async fn nobody_is_signed_in_as_an_attacker_by_a_link() {
    let world = World::usual().await;
    let (attacker, victim) = (Browser::new(), Browser::new());
    let link = sign_in_until(&world, &attacker, &world.url("wiki", "/"), "bob", CALLBACK).await;
    // The victim has a sign-in of their own under way.
    let form = victim.follow(&world.url("wiki", "/")).await.pop().unwrap();
    assert_refused(&victim.navigate(link.as_str()).await);
    // Nor with the attacker's code under the victim's state: it was asked for with another verifier.
    let own = answer_until(&world, &victim, &form, "alice", CALLBACK).await;
    let param = |url: &url::Url, name: &str| url.query_pairs().find(|(n, _)| n == name).unwrap().1.into_owned();
    let mixed = own.as_str().replace(&param(&own, "code"), &param(&link, "code"));
    assert_ne!(mixed, own.as_str());
    let page = victim.navigate(&mixed).await;
    assert!(!opens_a_session(&page) && page.status.is_client_error(), "{}", page.status);
    assert!(!is_let_in(&victim, &world.url("wiki", "/")).await);
}

#[tokio::test]
async fn a_pending_sign_in_lives_ten_minutes() {
    let world = World::usual().await;
    for (seconds, open) in [(599, true), (601, false)] {
        let browser = Browser::new();
        let url = sign_in_until(&world, &browser, &world.login("/login"), "alice", CALLBACK).await;
        world.clock.advance(Duration::from_secs(seconds));
        let page = browser.navigate(url.as_str()).await;
        // The provider's own clock stands still, so only the age can have made the difference.
        assert_eq!(opens_a_session(&page), open, "after {seconds} s: {}", page.text());
    }
}

#[tokio::test]
async fn a_browser_keeps_five_and_the_oldest_makes_room() {
    let world = World::usual().await;
    let browser = Browser::new();
    let mut forms = Vec::new();
    for tab in 0..9 {
        world.clock.advance(Duration::from_secs(1));
        let url = world.url("wiki", &format!("/tab/{tab}"));
        forms.push(browser.follow(&url).await.pop().unwrap());
        let kept = browser.cookies(&world.login("/"));
        assert_eq!(kept.iter().filter(|cookie| cookie.name.contains("pending")).count(), (tab + 1).min(5));
        let bytes: usize = kept.iter().map(|cookie| cookie.name.len() + cookie.value.len() + 3).sum();
        assert!(bytes < 8 * 1024, "{bytes} bytes of cookies fit no common server");
    }
    // Latest first: a completed one makes room as well, and must not be what lets an older one in.
    for (tab, form) in forms.iter().enumerate().rev() {
        let first = browser.submit(&form.url, form.url.as_str(), &[("username", "alice")]).await;
        let page = browser.follow_from(first).await.pop().unwrap();
        if tab >= 4 {
            assert_eq!(page.url.as_str(), world.url("wiki", &format!("/tab/{tab}")));
        } else {
            assert_refused(&page);
        }
    }
}

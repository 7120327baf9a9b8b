//! Pending sign-ins: they live in one browser, ten minutes, a few at a time, and each ends once.

use std::time::Duration;

use super::{CALLBACK, answer_until, assert_refused, opens_a_session, sign_in_until};
use crate::kit::browser::{Browser, Response};
use crate::kit::database::Database;
use crate::kit::raw;
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
    // Reloaded, where it was finished: only the way home.
    let reloaded = own.navigate(url.as_str()).await;
    assert_eq!((reloaded.status.as_u16(), reloaded.location().unwrap().as_str()), (303, world.login("/").as_str()));
    assert!(!opens_a_session(&reloaded));
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

/// What the pending sign-ins of this browser take in the header of a request.
fn pending_bytes(world: &World, browser: &Browser) -> usize {
    let kept = browser.cookies(&world.login("/"));
    let pending = kept.iter().filter(|cookie| cookie.name.contains("pending"));
    pending.map(|cookie| cookie.name.len() + cookie.value.len() + 3).sum()
}

#[tokio::test]
async fn pending_sign_ins_fit_the_header_of_common_servers_and_the_newest_is_always_kept() {
    let world = World::usual().await;
    let browser = Browser::new();
    let path = |tab: usize| format!("/{}/{tab}", "long".repeat(500));
    let mut forms = Vec::new();
    for tab in 0..4 {
        world.clock.advance(Duration::from_secs(1));
        forms.push(browser.follow(&world.url("wiki", &path(tab))).await.pop().unwrap());
        let bytes = pending_bytes(&world, &browser);
        assert!(bytes > 2_000 && bytes <= 6 * 1024, "{bytes} bytes after {tab}");
    }
    let page = browser.sign_in_as(&forms[0], "alice").await.pop().unwrap();
    assert_refused(&page);
    let page = browser.sign_in_as(&forms[3], "alice").await.pop().unwrap();
    assert_eq!((page.status.as_u16(), page.url.path()), (200, path(3).as_str()));
}

#[tokio::test]
async fn an_address_too_long_for_a_cookie_leads_to_a_page_nearby() {
    let world = World::usual().await;
    // What JSON escapes takes twice its length. Browsers would escape it themselves.
    let quotes = |count: usize| "\"".repeat(count);
    let plain = format!("/{}", "a".repeat(1_900));
    for (path, arrives) in [
        (format!("/{}?{}", quotes(900), "a".repeat(1_000)), format!("/{}", "%22".repeat(900))),
        (format!("/{}", quotes(1_900)), "/".to_owned()),
        (plain.clone(), plain),
    ] {
        let head = format!("Host: wiki.localhost:{}\r\nAccept: text/html\r\nConnection: close", world.places.port);
        let address = ([127, 0, 0, 1], world.places.port).into();
        let answer = raw::ask(address, format!("GET {path} HTTP/1.1\r\n{head}\r\n\r\n")).await;
        assert_eq!(answer.status, 303, "{}", answer.head);
        let browser = Browser::new();
        browser.set_cookie(&world.url("wiki", "/"), answer.all("set-cookie")[0]);
        let mut hops = browser.follow(answer.all("location")[0]).await;
        for set in hops.iter().flat_map(|hop| hop.headers.get_all("set-cookie")) {
            assert!(set.len() <= 4_000, "{} bytes: browsers drop it", set.len());
        }
        let page = browser.sign_in_as(&hops.pop().unwrap(), "alice").await.pop().unwrap();
        let arrived = (page.status.as_u16(), page.url.path(), page.url.query());
        assert_eq!(arrived, (200, arrives.as_str(), None), "{}", page.text());
    }
}

#[tokio::test]
async fn an_answer_makes_a_browser_forget_a_few_cookies_at_a_time() {
    let world = World::usual().await;
    let forgotten = |page: &Response, kind: &str| {
        let set = page.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap());
        set.filter(|cookie| cookie.contains(kind) && cookie.contains("Max-Age=0")).count()
    };
    let browser = Browser::new();
    browser.follow(&world.url("wiki", "/")).await;
    for (url, kind) in [(world.login("/"), "pending-"), (world.url("wiki", "/"), "handoff-")] {
        let own = browser.cookies(&url).into_iter().find(|cookie| cookie.name.contains(kind)).unwrap();
        let (before, rest) = own.name.split_once(kind).unwrap();
        for number in 0..40 {
            let name = format!("{before}{kind}{number:016}{}", &rest[16..]);
            browser.set_cookie(&url, &format!("{name}={}; Path=/", "A".repeat(43)));
        }
    }
    let hops = browser.follow(&world.url("wiki", "/")).await;
    assert_eq!(forgotten(&hops[0], "handoff-"), 16);
    assert_eq!(hops.iter().map(|hop| forgotten(hop, "pending-")).max(), Some(16));
    for _ in 0..3 {
        browser.follow(&world.url("wiki", "/")).await;
    }
    let left = |url: &str, kind: &str| browser.cookies(url).iter().filter(|cookie| cookie.name.contains(kind)).count();
    assert_eq!((left(&world.url("wiki", "/"), "handoff-"), left(&world.login("/"), "pending-")), (8, 5));
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
            assert_eq!(page.url.as_str(), world.login("/"), "not completed: the session of another tab leads home");
        }
    }
    let database = Database::open(&world.database_path()).await;
    assert_eq!(database.number("select count(*) from spent_states").await, 5);
}

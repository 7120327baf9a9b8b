//! What was good once, used again, or by somebody else.

use super::{EXPIRED, REFUSED, is_told, keeps_secrets, left_nothing};
use crate::kit::attempt::{Attempt, Departure};
use crate::kit::browser::{Browser, Cookie};
use crate::kit::faulty::{Fault, Faulty};
use crate::kit::world::{Places, World};

/// The cookies that keep pending sign-ins in this browser.
fn pending(world: &World, browser: &Browser) -> Vec<Cookie> {
    let all = browser.cookies(&world.login("/login/company/callback"));
    all.into_iter().filter(|cookie| cookie.name.contains("pending-")).collect()
}

fn give(world: &World, browser: &Browser, cookies: &[Cookie]) {
    for cookie in cookies {
        browser.set_cookie(&world.login("/"), &format!("{}={}; Path=/", cookie.name, cookie.value));
    }
}

#[tokio::test]
async fn a_sign_in_cannot_be_completed_twice() {
    let provider = Faulty::start(Fault::Honest).await;
    let world = World::at(&provider.issuer, Places::usual).await;
    let (browser, attempt) = Attempt::unasked(&world).await;
    assert_eq!(attempt.page().status, 200);
    let after_one = world.census().await;

    let again = Attempt { hops: browser.follow(attempt.callback().as_str()).await };
    assert_eq!(again.page().url.as_str(), world.login("/"), "who is signed in is sent home");
    assert!(again.page().text().contains("Alice"), "{}", again.page().text());
    let elsewhere = Attempt { hops: Browser::new().follow(attempt.callback().as_str()).await };
    is_told(&elsewhere, EXPIRED, "no pending sign-in");
    assert_eq!((world.census().await, provider.hits("/token")), (after_one, 1));
    assert_eq!(browser.fetch(&world.url("wiki", "/")).await.status, 200, "the first sign-in is as good as before");
}

#[tokio::test]
async fn a_sign_in_cannot_be_completed_twice_although_the_browser_and_the_provider_would() {
    let provider = Faulty::start(Fault::CodesForever).await;
    let world = World::at(&provider.issuer, Places::usual).await;
    let browser = Browser::new();
    let departure = Departure::from(&browser, &world.login("/login/company"), &provider.issuer).await;
    let cookies = pending(&world, &browser);
    assert_eq!(cookies.len(), 1);
    let back = browser.navigate(departure.to.as_str()).await.location().expect("sent back");
    assert_eq!(browser.navigate(back.as_str()).await.location().expect("signed in").path(), "/");
    let after_one = world.census().await;
    assert_eq!((after_one.sessions, after_one.spent_states), (1, 1));

    let thief = Browser::new();
    give(&world, &thief, &cookies);
    let again = Attempt { hops: thief.follow(back.as_str()).await };
    is_told(&again, EXPIRED, "completed before");
    keeps_secrets(&again, &provider);
    assert_eq!(world.census().await, after_one);
    assert_eq!(thief.fetch(&world.url("wiki", "/")).await.status, 401);
}

#[tokio::test]
async fn the_state_of_another_browser_is_refused_before_the_provider_is_asked() {
    let provider = Faulty::start(Fault::Honest).await;
    let world = World::at(&provider.issuer, Places::usual).await;
    let attacker = Browser::new();
    let departure = Departure::from(&attacker, &world.url("wiki", "/"), &provider.issuer).await;
    let back = attacker.navigate(departure.to.as_str()).await.location().expect("sent back");

    let victim = Browser::new();
    let attempt = Attempt { hops: victim.follow(back.as_str()).await };
    is_told(&attempt, EXPIRED, "no pending sign-in");
    assert_eq!(provider.hits("/token"), 0);
    left_nothing(&world, &victim, "another browser's state").await;
    keeps_secrets(&attempt, &provider);
}

#[tokio::test]
async fn a_code_of_another_sign_in_is_refused() {
    let provider = Faulty::start(Fault::Honest).await;
    let world = World::at(&provider.issuer, Places::usual).await;
    let victim = Browser::new();
    let theirs = Departure::from(&victim, &world.url("wiki", "/"), &provider.issuer).await;
    let stolen = victim.navigate(theirs.to.as_str()).await.location().expect("sent back");
    let code = stolen.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned();

    let thief = Browser::new();
    let own = Departure::from(&thief, &world.url("wiki", "/"), &provider.issuer).await;
    let back = own.answer(&[("code", &code), ("iss", &provider.issuer)]);
    let attempt = Attempt { hops: thief.follow(back.as_str()).await };
    is_told(&attempt, REFUSED, "nonce");
    left_nothing(&world, &thief, "another's code").await;
    keeps_secrets(&attempt, &provider);
}

#[tokio::test]
async fn a_code_that_was_exchanged_before_is_refused() {
    let provider = Faulty::start(Fault::Honest).await;
    let world = World::at(&provider.issuer, Places::usual).await;
    let (_, first) = Attempt::unasked(&world).await;
    let code = first.callback().query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned();
    let after_one = world.census().await;

    let thief = Browser::new();
    let own = Departure::from(&thief, &world.url("wiki", "/"), &provider.issuer).await;
    let back = own.answer(&[("code", &code), ("iss", &provider.issuer)]);
    let attempt = Attempt { hops: thief.follow(back.as_str()).await };
    is_told(&attempt, REFUSED, "invalid_grant");
    assert_eq!(world.census().await, after_one);
    keeps_secrets(&attempt, &provider);
}

#[tokio::test]
async fn a_sign_in_that_took_too_long_is_refused() {
    let provider = Faulty::start(Fault::Honest).await;
    let world = World::at(&provider.issuer, Places::usual).await;
    let browser = Browser::new();
    let departure = Departure::from(&browser, &world.url("wiki", "/"), &provider.issuer).await;
    let back = browser.navigate(departure.to.as_str()).await.location().expect("sent back");
    world.clock.advance(std::time::Duration::from_secs(601));
    let attempt = Attempt { hops: browser.follow(back.as_str()).await };
    is_told(&attempt, EXPIRED, "no pending sign-in");
    assert_eq!(provider.hits("/token"), 0);
    left_nothing(&world, &browser, "too late").await;
}

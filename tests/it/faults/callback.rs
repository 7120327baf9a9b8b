//! Answers of the authorization endpoint that must not be believed.

use std::time::Duration;

use serde_json::json;
use vestibule::base::Clock as _;

use super::{CANCELLED, EXPIRED, REFUSED, UNAVAILABLE, is_refused, is_told, keeps_secrets, left_nothing};
use crate::kit::attempt::{Attempt, Departure};
use crate::kit::browser::Browser;
use crate::kit::faulty::{Fault, Faulty};
use crate::kit::world::{Places, World};

#[tokio::test]
async fn an_answer_that_names_another_provider_is_a_mix_up() {
    is_refused(Fault::CallbackIss, REFUSED, "iss").await;
    is_refused(Fault::CallbackIssMissing, REFUSED, "iss").await;
}

#[tokio::test]
async fn a_refusal_of_the_token_endpoint_is_told_without_the_secrets_it_quotes() {
    is_refused(Fault::TokenError, REFUSED, "invalid_grant").await;
}

#[tokio::test]
async fn a_person_who_gives_up_at_the_provider_is_told_so_in_our_words() {
    let world = World::usual().await;
    let browser = Browser::new();
    let attempt = Attempt::at(&world, &browser, &world.url("wiki", "/"), "cancel").await;
    is_told(&attempt, CANCELLED, "access_denied");
    assert!(!attempt.page().text().contains("went away"), "{}", attempt.page().text());
    left_nothing(&world, &browser, "access_denied").await;
}

#[tokio::test]
async fn an_error_in_a_link_is_never_told_in_its_own_words() {
    let provider = Faulty::start(Fault::Honest).await;
    let world = World::at(&provider.issuer, Places::usual).await;
    for (error, told) in [
        ("access_denied", CANCELLED),
        ("temporarily_unavailable", UNAVAILABLE),
        ("<script>alert(1)</script>", CANCELLED),
    ] {
        let browser = Browser::new();
        let departure = Departure::from(&browser, &world.url("wiki", "/"), &provider.issuer).await;
        let words = [("error", error), ("error_description", "Call 0800-EVIL"), ("iss", &provider.issuer)];
        let attempt = Attempt { hops: browser.follow(departure.answer(&words).as_str()).await };
        is_told(&attempt, told, "the provider answered");
        assert!(!attempt.page().text().contains("EVIL") && !attempt.page().text().contains("<script>"));
        left_nothing(&world, &browser, error).await;
        keeps_secrets(&attempt, &provider);
    }
}

#[tokio::test]
async fn an_answer_with_neither_code_nor_error_is_refused() {
    let provider = Faulty::start(Fault::Honest).await;
    let world = World::at(&provider.issuer, Places::usual).await;
    let browser = Browser::new();
    let departure = Departure::from(&browser, &world.url("wiki", "/"), &provider.issuer).await;
    let back = departure.answer(&[("iss", &provider.issuer)]);
    let attempt = Attempt { hops: browser.follow(back.as_str()).await };
    is_told(&attempt, REFUSED, "neither a code nor an error");
    left_nothing(&world, &browser, "no code").await;
}

#[tokio::test]
async fn an_answer_to_a_sign_in_at_another_provider_is_refused() {
    let provider = Faulty::start(Fault::Honest).await;
    let world = World::at(&provider.issuer, |places| {
        let second = places.idp("second", &places.issuer, "");
        places.usual() + &second
    })
    .await;
    let browser = Browser::new();
    let departure = Departure::from(&browser, &world.login("/login/company"), &provider.issuer).await;
    let back = browser.navigate(departure.to.as_str()).await.location().expect("sent back");
    let elsewhere = back.as_str().replace("/login/company/", "/login/second/");
    let attempt = Attempt { hops: browser.follow(&elsewhere).await };
    is_told(&attempt, EXPIRED, "no pending sign-in");
    assert_eq!(provider.hits("/token"), 0);
    left_nothing(&world, &browser, "mixed up").await;
}

#[tokio::test]
async fn signing_in_again_after_a_refusal_leads_to_where_the_person_was_going() {
    let provider = Faulty::start(Fault::Nonce).await;
    let world = World::at(&provider.issuer, Places::usual).await;
    let browser = Browser::new();
    let attempt = Attempt::at(&world, &browser, &world.url("wiki", "/notes?page=2"), "alice").await;
    is_told(&attempt, REFUSED, "nonce");
    provider.set_fault(Fault::Honest);
    let again = world.login(&attempt.page().link("Sign in again"));
    let arrived = browser.follow(&again).await.pop().expect("a page");
    assert_eq!((arrived.status.as_u16(), arrived.url.as_str()), (200, world.url("wiki", "/notes?page=2").as_str()));
}

#[tokio::test]
async fn who_takes_their_time_over_a_refusal_still_gets_to_where_they_were_going() {
    const LONG: Duration = Duration::from_secs(590);
    let provider = Faulty::start(Fault::Honest).await;
    let world = World::at(&provider.issuer, Places::usual).await;
    let browser = Browser::new();
    let departure = Departure::from(&browser, &world.url("wiki", "/notes?page=2"), &provider.issuer).await;
    world.clock.advance(LONG);
    let answer = departure.answer(&[("error", "access_denied"), ("iss", &provider.issuer)]);
    let attempt = Attempt { hops: browser.follow(answer.as_str()).await };
    is_told(&attempt, CANCELLED, "access_denied");
    world.clock.advance(LONG);
    let again = world.login(&attempt.page().link("Sign in again"));
    let departure = Departure::from(&browser, &again, &provider.issuer).await;
    let back = browser.navigate(departure.to.as_str()).await.location().expect("sent back");
    world.clock.advance(LONG);
    let now = world.clock.now().secs();
    provider.set_claims(json!({ "iat": now, "exp": now + 600 }));
    let arrived = browser.follow(back.as_str()).await.pop().expect("a page");
    assert_eq!((arrived.status.as_u16(), arrived.url.as_str()), (200, world.url("wiki", "/notes?page=2").as_str()));
}

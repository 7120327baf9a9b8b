//! Tokens that people make for their own programs.

use std::time::Duration;

use super::{TOKENS, world};
use crate::kit::browser::{Browser, Response};
use crate::kit::scene::hidden;
use crate::kit::stage::Stage;
use crate::kit::upstream::received;
use crate::kit::world::{Places, World, eventually};

/// What `/account` answers to the form that makes a token.
async fn make(world: &World, browser: &Browser, place: &str, days: &str) -> Response {
    let account = browser.navigate(&world.login("/account")).await;
    let csrf = hidden(&account, "csrf");
    let fields = [("csrf", &*csrf), ("name", "my backup"), ("place", place), ("days", days)];
    browser.submit(&account.url, &world.login("/account/tokens"), &fields).await
}

/// The token that a page shows.
fn shown(page: &Response) -> String {
    let text = page.text();
    let at = text.find("vsa_").unwrap_or_else(|| panic!("no token in {text}"));
    text[at..].chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect()
}

#[tokio::test]
async fn a_persons_token_enters_as_them_until_they_end_it() {
    let world = world().await;
    let (browser, _) = world.signed_in("alice").await;
    let page = make(&world, &browser, "", "30").await;
    assert_eq!(page.status, 200, "{}", page.text());
    let token = shown(&page);
    let seen = world.call("wiki", "/", &token).await.json();
    assert_eq!(received(&seen, "remote-user"), ["alice"]);
    let again = browser.navigate(&world.login("/account")).await;
    assert!(!again.text().contains("vsa_") && again.text().contains("my backup"), "it is shown once");
    // Her session may end: her program goes on.
    browser.submit(&again.url, &world.login("/account/sessions"), &[("csrf", &*hidden(&again, "csrf"))]).await;
    assert_eq!(world.call("wiki", "/", &token).await.status, 200);
    let (browser, _) = world.signed_in("alice").await;
    let account = browser.navigate(&world.login("/account")).await;
    let fields = [("csrf", hidden(&account, "csrf")), ("token", hidden(&account, "token"))];
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    let done = browser.submit(&account.url, &world.login("/account/tokens/end"), &fields).await;
    assert_eq!(done.status, 303);
    eventually("the token has ended", async || world.call("wiki", "/", &token).await.status == 401).await;
}

#[tokio::test]
async fn a_token_is_made_on_ones_own_page_alone_and_within_bounds() {
    let world = world().await;
    let (browser, _) = world.signed_in("alice").await;
    for (place, days) in [("docs", "30"), ("no-such", "30"), ("", "367"), ("", "")] {
        let page = make(&world, &browser, place, days).await;
        assert_eq!(page.status, 422, "{place} {days}");
        assert!(!page.text().contains("vsa_"));
    }
    let account = browser.navigate(&world.login("/account")).await;
    let fields = [("name", "forged"), ("place", ""), ("days", "30")];
    let forged = browser.submit(&account.url, &world.login("/account/tokens"), &fields).await;
    assert_eq!(forged.status, 403);
    let csrf = hidden(&account, "csrf");
    let with = [("csrf", &*csrf), ("name", "forged"), ("place", ""), ("days", "30")];
    let elsewhere = world.url("wiki", "/page").parse().unwrap();
    let foreign = browser.submit(&elsewhere, &world.login("/account/tokens"), &with).await;
    assert_eq!(foreign.status, 403);
    let token = shown(&make(&world, &browser, "wiki", "7").await);
    // Nobody else ends it, and with it nobody makes another.
    let id = hidden(&browser.navigate(&world.login("/account")).await, "token");
    let (bob, _) = world.signed_in("bob").await;
    let page = bob.navigate(&world.login("/account")).await;
    let csrf = hidden(&page, "csrf");
    bob.submit(&page.url, &world.login("/account/tokens/end"), &[("csrf", &*csrf), ("token", &*id)]).await;
    assert_eq!(world.call("wiki", "/", &token).await.status, 200);
    let by_token = world.ask("login", "/account", &[("authorization", &format!("Bearer {token}"))]).await;
    assert_ne!(by_token.status, 200);
}

#[tokio::test]
async fn a_token_never_opens_more_than_its_owner_holds_now() {
    let stage = Stage::set(|places: &Places| places.head(Places::SEED_POLICY) + &places.home_lab(TOKENS)).await;
    let (browser, _) = stage.sign_in(serde_json::json!({})).await;
    let token = shown(&make(&stage.world, &browser, "", "30").await);
    let roles = async || received(&stage.world.call("wiki", "/", &token).await.json(), "remote-groups").concat();
    assert_eq!(roles().await, "Admin");
    stage.sign_in(serde_json::json!({ "groups": ["home-lab"] })).await;
    eventually("it opens what is held now", async || roles().await == "Member").await;
    stage.sign_in(serde_json::json!({ "groups": [] })).await;
    eventually("nothing is held", async || stage.world.call("wiki", "/", &token).await.status == 403).await;
    stage.sign_in(serde_json::json!({})).await;
    eventually("it is held again", async || stage.world.call("wiki", "/", &token).await.status == 200).await;
    stage.world.clock.advance(Duration::from_secs(31 * 24 * 60 * 60));
    assert_eq!(stage.world.call("wiki", "/", &token).await.status, 401, "it has run out");
}

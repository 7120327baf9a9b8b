//! A selector that gives no answer: what it does to its own organization, and that it does nothing to others.

use std::time::Duration;

use serde_json::json;

use super::{Stage, organization, own_policy, with_default};
use crate::kit::logs;

const HOUR: Duration = Duration::from_secs(3_600);

/// Fails when the claim `o` is no text.
const FRAGILE: &str = "org = \"starts_with(o, 'yes')\"\nrole = \"r\"";

fn fragile(keys: &'static str) -> impl FnOnce(&crate::kit::world::Places) -> String {
    move |places| with_default(places, keys, FRAGILE)
}

#[tokio::test]
async fn one_bad_expression_never_stops_a_sign_in() {
    let stage = Stage::set(|places| {
        places.head("auto_provision = true\n[idp.default_policy]\norg = \"`true`\"\nrole = \"'Member'\"")
            + &organization(places, "home-lab", "")
            + &organization(places, "broken-org", &own_policy("org = \"starts_with(groups, 'x')\""))
            + &organization(places, "broken-role", &own_policy("role = \"join(',', nothing)\""))
    })
    .await;
    let (browser, page) = stage.sign_in(json!({})).await;
    assert_eq!(page.status, 200, "{}", page.text());
    assert_eq!(stage.roles("alice").await, ["home-lab/Member"]);
    assert_eq!(stage.told(&browser, "home-lab").await.as_deref(), Some("Member"));
    assert_eq!(stage.told(&browser, "broken-org").await, None);
    for failed in ["broken-org: org selector: ", "broken-role: role selector: "] {
        let told = logs::holding(failed);
        assert!(told.iter().any(|line| line.contains("signed in") && line.contains("notes")), "{told:?}");
    }
}

#[tokio::test]
async fn an_error_takes_back_what_was_given_unless_told_otherwise() {
    let stage = Stage::set(fragile("")).await;
    stage.sign_in(json!({ "o": "yes", "r": "Member" })).await;
    assert_eq!(stage.roles("alice").await, ["garage/Member", "home-lab/Member"]);
    let (_, page) = stage.sign_in(json!({ "o": 7, "r": "Member" })).await;
    assert_eq!((stage.roles("alice").await, page.status.as_u16()), (vec![], 403));
}

#[tokio::test]
async fn an_error_may_keep_what_was_given_but_never_for_admins_and_gives_nothing_new() {
    let stage = Stage::set(fragile("on_error = \"keep\"")).await;
    stage.sign_in(json!({ "o": "yes", "r": ["Member", "Admin"] })).await;
    assert_eq!(stage.roles("alice").await.len(), 4);
    let (_, page) = stage.sign_in(json!({ "o": 7, "r": ["Member", "Admin"] })).await;
    assert_eq!(stage.roles("alice").await, ["garage/Member", "home-lab/Member"]);
    assert_eq!(page.status, 200);

    stage.sign_in(json!({ "sub": "bob", "preferred_username": "bob", "o": 7, "r": "Member" })).await;
    assert_eq!(stage.roles("bob").await, Vec::<String>::new());

    // A clear no is no error.
    stage.sign_in(json!({ "o": "no", "r": "Member" })).await;
    assert_eq!(stage.roles("alice").await, Vec::<String>::new());
}

#[tokio::test]
async fn what_is_kept_is_kept_for_a_day_after_the_last_good_answer() {
    let stage = Stage::set(fragile("on_error = \"keep\"")).await;
    stage.sign_in(json!({ "o": "yes", "r": "Member" })).await;
    let (good, bad) = (json!({ "o": "yes", "r": "Member" }), json!({ "o": 7, "r": "Member" }));

    stage.world.clock.advance(20 * HOUR);
    stage.sign_in_later(good, 20 * HOUR).await;
    stage.world.clock.advance(22 * HOUR);
    stage.sign_in_later(bad.clone(), 42 * HOUR).await;
    assert_eq!(stage.roles("alice").await.len(), 2, "22 hours after the last good answer");
    stage.world.clock.advance(3 * HOUR);
    stage.sign_in_later(bad, 45 * HOUR).await;
    assert_eq!(stage.roles("alice").await, Vec::<String>::new(), "25 hours after the last good answer");
}

#[tokio::test]
async fn what_is_kept_ends_in_time_also_within_a_session_that_goes_on() {
    let stage = Stage::set(fragile("on_error = \"keep\"\nkeep_for = \"2h\"")).await;
    stage.sign_in(json!({ "o": "yes", "r": "Member" })).await;
    stage.world.clock.advance(HOUR);
    let (browser, _) = stage.sign_in_later(json!({ "o": 7, "r": "Member" }), HOUR).await;
    assert_eq!(stage.told(&browser, "home-lab").await.as_deref(), Some("Member"));
    stage.world.clock.advance(HOUR - Duration::from_secs(60));
    assert_eq!(stage.told(&browser, "home-lab").await.as_deref(), Some("Member"), "a minute before its end");
    stage.world.clock.advance(Duration::from_secs(120));
    assert_eq!(stage.told(&browser, "home-lab").await, None, "a minute after it, and nobody signed in meanwhile");
    assert!(browser.navigate(&stage.world.login("/")).await.text().contains("Alice"), "the session goes on");
    assert_eq!(stage.roles("alice").await, Vec::<String>::new(), "admins see it too");

    stage.sign_in_later(json!({ "o": "yes", "r": "Member" }), 2 * HOUR + Duration::from_secs(60)).await;
    assert_eq!(stage.roles("alice").await.len(), 2, "a good answer gives it back");
}

#[tokio::test]
async fn how_long_is_a_setting() {
    let stage = Stage::set(fragile("on_error = \"keep\"\nkeep_for = \"2h\"")).await;
    stage.sign_in(json!({ "o": "yes", "r": "Member" })).await;
    let bad = json!({ "o": 7, "r": "Member" });
    stage.world.clock.advance(HOUR);
    stage.sign_in_later(bad.clone(), HOUR).await;
    assert_eq!(stage.roles("alice").await.len(), 2);
    stage.world.clock.advance(HOUR + HOUR / 2);
    stage.sign_in_later(bad, 2 * HOUR + HOUR / 2).await;
    assert_eq!(stage.roles("alice").await, Vec::<String>::new());
}

#[tokio::test]
async fn a_required_claim_that_is_absent_is_an_error_and_an_empty_one_is_an_answer() {
    let policy = "org = \"contains(groups, '{{orgId}}')\"\nrole = \"'Member'\"";
    let keys = "required_claims = [\"groups\"]\non_error = \"keep\"";
    let stage = Stage::set(|places| with_default(places, keys, policy)).await;
    stage.sign_in(json!({ "groups": ["home-lab"] })).await;
    stage.sign_in(json!({ "groups": null })).await;
    assert_eq!(stage.roles("alice").await, ["home-lab/Member"]);
    let told = logs::holding("the required claim `groups` is absent");
    assert!(told.iter().any(|line| line.contains("home-lab")), "{told:?}");
    stage.sign_in(json!({ "groups": [] })).await;
    assert_eq!(stage.roles("alice").await, Vec::<String>::new());
}

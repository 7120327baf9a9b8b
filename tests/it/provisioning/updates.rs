//! What the next sign-in changes.

use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, timeout};
use vestibule::directory::{Actor, NewUser, Who};

use super::{BY_CLAIM, Stage, with_default};

fn by_claim(places: &crate::kit::world::Places) -> String {
    with_default(places, "", BY_CLAIM)
}

#[tokio::test]
async fn name_and_address_follow_the_provider_and_an_absent_claim_erases_nothing() {
    let stage = Stage::set(by_claim).await;
    let known = async || {
        let user = stage.user("alice").await.expect("known");
        (user.display_name.unwrap_or_default(), user.email.unwrap_or_default())
    };
    let pair = |name: &str, email: &str| (name.to_owned(), email.to_owned());
    stage.sign_in(json!({ "o": true, "r": "Member", "name": "Alice", "email": "alice@old.example" })).await;
    assert_eq!(known().await, pair("Alice", "alice@old.example"));
    stage.sign_in(json!({ "o": true, "r": "Member", "name": "Alice B", "email": "alice@new.example" })).await;
    assert_eq!(known().await, pair("Alice B", "alice@new.example"));
    stage.sign_in(json!({ "o": true, "r": "Member", "name": null, "email": null })).await;
    assert_eq!(known().await, pair("Alice B", "alice@new.example"));
    stage.sign_in(json!({ "o": true, "r": "Member", "name": "", "email": "no address" })).await;
    assert_eq!(known().await, pair("Alice B", "alice@new.example"));
    assert_eq!(stage.world.census().await.users, 1);
}

#[tokio::test]
async fn what_no_longer_matches_is_taken_back_and_what_is_new_is_given() {
    let stage = Stage::set(by_claim).await;
    for (organizations, role, expected) in [
        (json!("home-lab"), "Member", &["home-lab/Member"][..]),
        (json!("garage"), "Member", &["garage/Member"]),
        (json!(true), "Admin", &["garage/Admin", "home-lab/Admin"]),
        (json!(true), "Admin", &["garage/Admin", "home-lab/Admin"]),
        (json!(false), "Admin", &[]),
        (json!("home-lab"), "Member", &["home-lab/Member"]),
    ] {
        let (_, page) = stage.sign_in(json!({ "o": organizations, "r": role })).await;
        assert_eq!(stage.roles("alice").await, expected);
        assert_eq!(page.status, if expected.is_empty() { 403 } else { 200 });
    }
    assert_eq!(stage.world.census().await.users, 1);
}

#[tokio::test]
async fn only_what_this_identitys_sign_ins_gave_is_taken_back() {
    let stage = Stage::set(|places| {
        let second = format!("auto_provision = true\n[idp.default_policy]\n{BY_CLAIM}");
        with_default(places, "", BY_CLAIM) + &places.idp("second", &places.issuer, &second)
    })
    .await;
    stage.sign_in(json!({ "o": true, "r": "Member" })).await;
    let give = |role: &str| NewUser {
        idp: "company".parse().expect("an id"),
        who: Who::Identifier("alice".to_owned()),
        name: None,
        roles: vec![("home-lab".parse().expect("an id"), role.parse().expect("a name"))],
    };
    let directory = stage.world.directory().await;
    for role in ["Member", "Admin"] {
        directory.server_admin(Actor::CommandLine).pre_provision(&give(role)).await.expect("given");
    }
    assert_eq!(stage.roles("alice").await, ["garage/Member", "home-lab/Admin", "home-lab/Member", "home-lab/Member"]);
    stage.sign_in(json!({ "o": "home-lab", "r": "Admin" })).await;
    let twice = ["home-lab/Admin", "home-lab/Admin", "home-lab/Member"];
    assert_eq!(stage.roles("alice").await, twice, "what somebody gave by hand, a policy may give too");
    let (browser, page) = stage.sign_in(json!({ "o": false, "r": "Member" })).await;
    assert_eq!(page.status, 200);
    assert_eq!(stage.roles("alice").await, ["home-lab/Admin", "home-lab/Member"], "given by hand");
    assert_eq!(stage.told(&browser, "home-lab").await.as_deref(), Some("Admin,Member"));
    assert_eq!(stage.told(&browser, "garage").await, None);
}

#[tokio::test]
async fn what_a_sign_in_takes_back_is_felt_in_the_sessions_that_are_open() {
    let stage = Stage::set(by_claim).await;
    let (browser, _) = stage.sign_in(json!({ "o": true, "r": "Member" })).await;
    assert_eq!(stage.told(&browser, "garage").await.as_deref(), Some("Member"));
    let (other, _) = stage.sign_in(json!({ "o": "home-lab", "r": "Admin" })).await;
    let begun = Instant::now();
    let felt = async {
        while stage.told(&browser, "garage").await.is_some() {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(1), felt).await.expect("within a second");
    assert!(begun.elapsed() < Duration::from_secs(1));
    assert_eq!(stage.told(&browser, "home-lab").await.as_deref(), Some("Admin"));
    assert_eq!(stage.told(&other, "home-lab").await.as_deref(), Some("Admin"));
}

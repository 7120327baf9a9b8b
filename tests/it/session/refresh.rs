//! Claims are fetched again while a session lasts, and roles follow them.

use std::time::Duration;

use serde_json::json;

use crate::kit::browser::Browser;
use crate::kit::database::Database;
use crate::kit::faulty::{Endpoint, Fault, Faulty, Trouble};
use crate::kit::provider::Variant;
use crate::kit::scene::is_let_in;
use crate::kit::stage::Stage;
use crate::kit::world::{Places, World, eventually};
use crate::operations::metrics::numbers;

const INTERVAL: Duration = Duration::from_secs(60);

fn every_minute(places: &Places) -> String {
    places.usual().replace("auto_provision = true", "auto_provision = true\nrefresh_claims = \"1m\"")
}

/// Alice in the home lab, in a session whose claims are fetched again.
async fn stage() -> (Stage, Browser) {
    let stage = Stage::set(every_minute).await;
    let (browser, _) = stage.sign_in(json!({ "groups": ["home-lab", "admin"] })).await;
    assert_eq!(stage.roles_at(&browser, "wiki").await.as_deref(), Some("Admin"));
    (stage, browser)
}

/// Waits until the provider was asked so often, and something was made of each answer.
async fn asked_again(stage: &Stage, times: usize) {
    let counted = async || {
        let refreshes = |(name, count): (String, f64)| name.starts_with("vestibule_claims_refreshes").then_some(count);
        numbers(&stage.world).await.into_iter().filter_map(refreshes).sum::<f64>()
    };
    eventually("the provider was asked again", async || counted().await >= times as f64).await;
}

#[tokio::test]
async fn roles_follow_what_the_provider_says_while_the_session_lasts() {
    let (stage, browser) = stage().await;
    let roles = async |expected: &str| stage.roles_at(&browser, "wiki").await.as_deref() == Some(expected);
    // Each refresh token is good once: the second time it is another.
    for (groups, role) in [(json!(["home-lab"]), "Member"), (json!(["home-lab", "admin"]), "Admin")] {
        stage.provider.set_claims(json!({ "groups": groups }));
        stage.world.clock.advance(INTERVAL);
        eventually("the role follows", async || roles(role).await).await;
    }
    stage.provider.set_claims(json!({ "groups": [] }));
    stage.world.clock.advance(INTERVAL);
    let out = async || browser.navigate(&stage.world.url("wiki", "/")).await.status == 403;
    eventually("she is in no organization any more", out).await;
    let told = stage.told(&["audit", "export"]).await;
    assert_eq!(told.lines().filter(|line| line.contains("claims-refreshed")).count(), 3, "{told}");
    assert_eq!(told.lines().filter(|line| line.contains("\"sign-in\"")).count(), 1, "she signed in once: {told}");
}

#[tokio::test]
async fn what_says_the_same_again_changes_nothing_and_is_no_line_of_the_log() {
    let (stage, browser) = stage().await;
    let before = stage.told(&["audit", "export"]).await;
    stage.world.clock.advance(INTERVAL);
    asked_again(&stage, 1).await;
    stage.world.clock.advance(INTERVAL);
    asked_again(&stage, 2).await;
    assert_eq!(stage.told(&["audit", "export"]).await, before);
    assert_eq!(stage.roles_at(&browser, "wiki").await.as_deref(), Some("Admin"));
}

#[tokio::test]
async fn whoever_the_provider_vouches_for_no_longer_is_signed_out() {
    let (stage, browser) = stage().await;
    stage.provider.forget_everybody();
    stage.world.clock.advance(INTERVAL);
    let wiki = stage.world.url("wiki", "/");
    eventually("she is signed out", async || !is_let_in(&browser, &wiki).await).await;
    let told = stage.told(&["audit", "export"]).await;
    assert!(told.lines().any(|line| line.contains("sessions-ended") && line.contains("\"provider\"")), "{told}");
}

#[tokio::test]
async fn while_the_provider_is_away_or_talks_nonsense_everything_stays_as_it_is() {
    for fault in [
        Fault::At(Endpoint::Token, Trouble::Fails),
        Fault::At(Endpoint::Token, Trouble::NotJson),
        Fault::At(Endpoint::Userinfo, Trouble::Fails),
        Fault::ForeignKey,
        Fault::UserinfoSub,
        Fault::Audience,
    ] {
        let (stage, browser) = stage().await;
        stage.provider.set_claims(json!({ "groups": [] }));
        stage.provider.set_fault(fault);
        stage.world.clock.advance(INTERVAL);
        asked_again(&stage, 1).await;
        assert_eq!(stage.roles_at(&browser, "wiki").await.as_deref(), Some("Admin"), "{fault:?}");
        // And it is asked again, where it may have changed the refresh token meanwhile.
        stage.provider.set_fault(Fault::Honest);
        stage.provider.set_claims(json!({ "groups": ["home-lab"] }));
        stage.world.clock.advance(5 * INTERVAL);
        let member = async || stage.roles_at(&browser, "wiki").await.as_deref() == Some("Member");
        eventually(&format!("{fault:?} is over"), member).await;
    }
}

#[tokio::test]
async fn without_another_id_token_what_userinfo_says_counts() {
    let (stage, browser) = stage().await;
    stage.provider.set_fault(Fault::RefreshWithoutIdToken);
    stage.provider.set_claims(json!({ "groups": ["home-lab"] }));
    stage.world.clock.advance(INTERVAL);
    let member = async || stage.roles_at(&browser, "wiki").await.as_deref() == Some("Member");
    eventually("she is a member alone", member).await;
    // What userinfo said before and says no longer has gone, whatever the ID token said at the sign-in.
    stage.provider.set_claims(json!({}));
    stage.world.clock.advance(INTERVAL);
    let out = async || browser.navigate(&stage.world.url("wiki", "/")).await.status == 403;
    eventually("she is in no organization any more", out).await;
}

#[tokio::test]
async fn without_another_id_token_what_is_not_kept_takes_nothing_from_anybody() {
    let stage = Stage::set(|places| every_minute(places) + "\n[records]\nkeep_claims = false\n").await;
    let (browser, _) = stage.sign_in(json!({ "groups": ["home-lab", "admin"] })).await;
    stage.provider.set_fault(Fault::RefreshWithoutIdToken);
    stage.provider.set_claims(json!({ "groups": [] }));
    stage.world.clock.advance(INTERVAL);
    asked_again(&stage, 1).await;
    assert_eq!(stage.roles_at(&browser, "wiki").await.as_deref(), Some("Admin"));
}

#[tokio::test]
async fn a_refresh_token_is_sent_to_nobody_but_who_gave_it() {
    let (stage, browser) = stage().await;
    let other = Faulty::start(Fault::Honest).await;
    let moved = stage.file.replace(&stage.provider.issuer, &other.issuer);
    let done = stage.world.command(&moved, &["apply", "--yes", "--keep-identities", "company"]).await;
    assert_eq!(done.code, Some(0), "{done:?}");
    let leads_there = async || {
        let page = Browser::new().navigate(&stage.world.login("/login/company")).await;
        page.location().is_some_and(|to| to.as_str().starts_with(&other.issuer))
    };
    eventually("the running server knows", leads_there).await;
    stage.world.clock.advance(INTERVAL);
    let database = Database::open(&stage.world.database_path()).await;
    let kept = async || database.number("select count(*) from sessions where refresh_token is not null").await;
    eventually("it is of no use any more", async || kept().await == 0).await;
    assert_eq!((other.hits("/token"), stage.provider.hits("/token")), (0, 1));
    let counted = numbers(&stage.world).await;
    assert_eq!(counted["vestibule_claims_refreshes_total{idp=\"company\",outcome=\"without_token\"}"], 1.0);
    assert_eq!(stage.roles_at(&browser, "wiki").await.as_deref(), Some("Admin"), "she is the same person there");
}

#[tokio::test]
async fn claims_of_somebody_else_make_no_account_and_end_the_session() {
    let stage =
        Stage::set(|places| every_minute(places).replace("refresh_claims", "identifier = \"oid\"\nrefresh_claims"))
            .await;
    let (browser, _) = stage.sign_in(json!({ "oid": "one", "groups": ["home-lab"] })).await;
    assert!(stage.roles_at(&browser, "wiki").await.is_some());
    stage.provider.set_claims(json!({ "oid": "two", "groups": ["home-lab"] }));
    stage.world.clock.advance(INTERVAL);
    let wiki = stage.world.url("wiki", "/");
    eventually("the session has ended", async || !is_let_in(&browser, &wiki).await).await;
    let database = Database::open(&stage.world.database_path()).await;
    assert_eq!(database.number("select count(*) from users").await, 1);
}

#[tokio::test]
async fn without_the_setting_nothing_is_kept_and_nobody_is_asked() {
    let stage = Stage::set(Places::usual).await;
    let (browser, _) = stage.sign_in(json!({ "groups": ["home-lab"] })).await;
    let database = Database::open(&stage.world.database_path()).await;
    assert_eq!(database.number("select count(*) from sessions where refresh_token is not null").await, 0);
    assert!(stage.roles_at(&browser, "wiki").await.is_some());
}

#[tokio::test]
async fn refresh_tokens_are_kept_sealed_and_go_with_the_session() {
    let (stage, browser) = stage().await;
    let database = Database::open(&stage.world.database_path()).await;
    assert_eq!(database.number("select count(*) from sessions where refresh_token is not null").await, 1);
    let dump = format!("{:?}", database.dump().await);
    for secret in stage.provider.issued() {
        assert!(!dump.contains(&secret), "{secret}");
    }
    let wiki = stage.world.url("wiki", "/");
    browser.submit(&wiki.parse().unwrap(), &stage.world.url("wiki", "/.vestibule/sign-out"), &[]).await;
    stage.world.clock.advance(INTERVAL);
    let (other, _) = stage.sign_in(json!({ "groups": ["home-lab"] })).await;
    assert!(stage.roles_at(&other, "wiki").await.is_some());
    assert_eq!(stage.provider.hits("/token"), 2, "two sign-ins, and nobody was asked about who signed out");
}

#[tokio::test]
async fn every_question_is_counted_by_what_became_of_it() {
    let (stage, _browser) = stage().await;
    let count = async |outcome: &str| {
        let name = format!("vestibule_claims_refreshes_total{{idp=\"company\",outcome=\"{outcome}\"}}");
        numbers(&stage.world).await.get(&name).copied().unwrap_or_default()
    };
    for (fault, outcome) in [
        (Fault::Honest, "refreshed"),
        (Fault::At(Endpoint::Token, Trouble::Fails), "idp_unavailable"),
        (Fault::At(Endpoint::Token, Trouble::NotJson), "refused"),
        (Fault::ForeignKey, "refused"),
        (Fault::Honest, "ended"),
    ] {
        if outcome == "ended" {
            stage.provider.forget_everybody();
        }
        stage.provider.set_fault(fault);
        let before = count(outcome).await;
        stage.world.clock.advance(5 * INTERVAL);
        eventually(&format!("{fault:?} is counted"), async || count(outcome).await == before + 1.0).await;
    }
}

#[tokio::test]
async fn a_real_provider_is_asked_again() {
    let world = World::start(Variant::default(), every_minute).await;
    let (browser, page) = world.signed_in("alice").await;
    assert_eq!(page.status, 200);
    let database = Database::open(&world.database_path()).await;
    let token = "select refresh_token from sessions";
    let first = database.texts(token).await;
    world.clock.advance(INTERVAL);
    eventually("another token is kept", async || database.texts(token).await != first).await;
    assert!(is_let_in(&browser, &world.url("wiki", "/")).await);
}

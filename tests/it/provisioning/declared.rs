//! What a change of the configuration means for the people who are known already.

use serde_json::json;

use super::{Stage, organization, roles, with_default};
use crate::kit::attempt::Attempt;
use crate::kit::browser::Browser;
use crate::kit::faulty::{Fault, Faulty};
use crate::kit::world::{Places, World, eventually};

const EVERYBODY: &str = "org = \"`true`\"\nrole = \"'Member'\"";

fn everybody(places: &Places) -> String {
    with_default(places, "", EVERYBODY)
}

fn without_garage(places: &Places) -> String {
    let whole = everybody(places);
    whole.replace(&organization(places, "garage", ""), "")
}

/// Runs the server once with a configuration and options, until it serves, so that both are applied.
async fn serve_once(world: &World, configuration: &str, arguments: &[&str]) {
    let server = world.spawn(configuration, arguments);
    let sign_in = world.login("/");
    eventually("the server serves", async || {
        let reachable = tokio::net::TcpStream::connect(("127.0.0.1", world.places.port)).await.is_ok();
        reachable && crate::kit::browser::Browser::new().navigate(&sign_in).await.status == 200
    })
    .await;
    drop(server);
}

#[tokio::test]
async fn what_has_gone_from_the_file_stops_working_and_coming_back_restores_it() {
    let mut stage = Stage::set(everybody).await;
    let (browser, _) = stage.sign_in(json!({})).await;
    assert_eq!(stage.told(&browser, "garage").await.as_deref(), Some("Member"));
    let before = stage.user("alice").await.expect("known");

    stage.world.restart(without_garage).await;
    let gone = browser.navigate(&stage.world.url("garage", "/")).await;
    assert_eq!(gone.status, 421, "{}", gone.text());
    assert_eq!(stage.told(&browser, "home-lab").await.as_deref(), Some("Member"));
    assert_eq!(stage.roles("alice").await, ["home-lab/Member"]);

    stage.world.restart(everybody).await;
    assert_eq!(stage.told(&browser, "garage").await.as_deref(), Some("Member"), "without signing in again");
    assert_eq!(stage.user("alice").await.expect("known").id, before.id);
}

#[tokio::test]
async fn a_role_that_has_gone_opens_nothing_and_comes_back_with_the_file() {
    let mut stage = Stage::set(everybody).await;
    let (browser, _) = stage.sign_in(json!({})).await;
    let roles = "roles = [\"Admin\", \"Member\"]";
    stage.world.restart(|places| everybody(places).replace(roles, "roles = [\"Admin\"]")).await;
    assert_eq!(stage.told(&browser, "home-lab").await, None);
    stage.world.restart(everybody).await;
    assert_eq!(stage.told(&browser, "home-lab").await.as_deref(), Some("Member"));
}

#[tokio::test]
async fn the_people_of_an_idp_that_has_gone_are_out_and_come_back_with_it() {
    let mut stage = Stage::set(everybody).await;
    let (browser, _) = stage.sign_in(json!({})).await;
    let before = stage.user("alice").await.expect("known");
    let other = |places: &Places| everybody(places).replace("id = \"company\"", "id = \"other\"");
    stage.world.restart(other).await;
    assert_eq!(browser.fetch(&stage.world.url("home-lab", "/")).await.status, 401);

    stage.world.restart(everybody).await;
    let (browser, page) = stage.sign_in(json!({})).await;
    assert_eq!(page.status, 200, "{}", page.text());
    assert_eq!(stage.told(&browser, "home-lab").await.as_deref(), Some("Member"));
    assert_eq!(stage.user("alice").await.expect("known").id, before.id);
    assert_eq!(stage.world.census().await.users, 1);
}

#[tokio::test]
async fn another_issuer_or_identifier_is_refused_at_start_until_somebody_says_what_becomes_of_the_people() {
    let mut stage = Stage::set(everybody).await;
    for subject in ["alice", "bob"] {
        stage.sign_in(json!({ "sub": subject, "preferred_username": subject })).await;
    }
    let before = stage.world.census().await;
    stage.world.stop().await;
    let usual = everybody(&stage.world.places);
    let moved = usual.replace(&stage.world.places.issuer, "http://127.0.0.1:9/elsewhere");
    let renamed = usual.replace("auto_provision = true", "auto_provision = true\nidentifier = \"email\"");
    for configuration in [&moved, &renamed] {
        assert_ne!(*configuration, usual);
        let done = stage.world.command(configuration, &["serve"]).await;
        assert_eq!(done.code, Some(2), "{done:?}");
        for word in ["company", "2 people", "--keep-identities", "--forget-identities"] {
            assert!(done.err.contains(word), "{word}: {}", done.err);
        }
        assert_eq!(stage.world.census().await, before, "nothing has changed");
    }
    // Nothing of the refused files was applied.
    stage.world.restart(everybody).await;
    assert_eq!(stage.sign_in(json!({})).await.1.status, 200);
}

#[tokio::test]
async fn people_who_are_kept_are_the_same_at_the_new_issuer() {
    let (stage, before, kept) = moved("--keep-identities").await;
    let (browser, page) = stage.sign_in(json!({})).await;
    assert_eq!(page.status, 200, "{}", page.text());
    assert_eq!(stage.told(&browser, "home-lab").await.as_deref(), Some("Member"));
    assert_eq!(stage.user("alice").await.expect("known").id, before);
    assert!(kept, "sessions of people who stay the same go on");
    assert_eq!(stage.world.census().await.users, 1);
}

#[tokio::test]
async fn people_who_are_forgotten_are_somebody_else_at_the_new_issuer() {
    let (stage, before, kept) = moved("--forget-identities").await;
    assert!(!kept, "their sessions have ended");
    let old = stage.world.people().await.into_iter().find(|user| user.id == before);
    assert!(old.is_none_or(|user| user.identities.is_empty() && roles(&user).is_empty()));
    let (_, page) = stage.sign_in(json!({})).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let new = stage.user("alice").await.expect("known");
    assert_ne!(new.id, before);
    assert_eq!(roles(&new), ["garage/Member", "home-lab/Member"]);
}

/// A stage whose provider has moved to another issuer, as the flag said; who alice was, and whether her session goes on.
async fn moved(flag: &str) -> (Stage, vestibule::identity::UserId, bool) {
    let mut stage = Stage::set(everybody).await;
    let (browser, _) = stage.sign_in(json!({})).await;
    assert_eq!(stage.told(&browser, "home-lab").await.as_deref(), Some("Member"));
    let before = stage.user("alice").await.expect("known").id;
    stage.world.stop().await;
    stage.provider = Faulty::start(Fault::Honest).await;
    stage.world.places.issuer.clone_from(&stage.provider.issuer);
    let configuration = everybody(&stage.world.places);
    serve_once(&stage.world, &configuration, &[flag, "company"]).await;
    stage.world.restart(everybody).await;
    let kept = browser.fetch(&stage.world.url("home-lab", "/")).await.status == 200;
    (stage, before, kept)
}

#[tokio::test]
async fn a_changed_policy_counts_from_the_next_sign_in() {
    let mut stage = Stage::set(everybody).await;
    let (browser, _) = stage.sign_in(json!({})).await;
    let admins = |places: &Places| with_default(places, "", "org = \"'home-lab'\"\nrole = \"'Admin'\"");
    stage.world.restart(admins).await;
    assert_eq!(stage.told(&browser, "garage").await.as_deref(), Some("Member"));
    let (browser, _) = stage.sign_in(json!({})).await;
    assert_eq!(stage.told(&browser, "garage").await, None);
    assert_eq!(stage.roles("alice").await, ["home-lab/Admin"]);
}

#[tokio::test]
async fn another_owner_is_refused_at_start_and_can_only_be_had_by_forgetting() {
    let mut stage = Stage::set(everybody).await;
    stage.sign_in(json!({})).await;
    let before = stage.world.census().await;
    stage.world.stop().await;
    let usual = everybody(&stage.world.places);
    let owned = usual.replace("auto_provision = true", "auto_provision = true\nowner = \"home-lab\"");
    for arguments in [&["serve"][..], &["serve", "--keep-identities", "company"]] {
        let done = stage.world.command(&owned, arguments).await;
        assert_eq!(done.code, Some(2), "{done:?}");
        assert!(done.err.contains("1 person") && done.err.contains("--forget-identities company"), "{}", done.err);
        assert!(!done.err.contains("--keep-identities"), "{}", done.err);
        assert_eq!(stage.world.census().await, before, "nothing has changed");
    }
    serve_once(&stage.world, &owned, &["--forget-identities", "company"]).await;
    assert_eq!(stage.world.census().await.identities, 0);
    stage.world.restart(|_| owned).await;
    Attempt::at(&stage.world, &Browser::new(), &stage.world.url("home-lab", "/"), "").await;
    assert_eq!(stage.roles("alice").await, ["home-lab/Member"], "the owner's word counts there alone");
}

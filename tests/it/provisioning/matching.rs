//! Who signs in and is in no organization, or is not let in at all.

use serde_json::json;
use vestibule::directory::{Actor, NewUser, UserState, Who};

use super::{BY_CLAIM, Stage, with_default};
use crate::kit::census::Census;
use crate::kit::logs;
use crate::kit::world::{Places, eventually};

#[tokio::test]
async fn who_is_in_no_organization_reads_so_with_a_reference_and_is_listed_so() {
    let stage = Stage::set(|places| with_default(places, "", BY_CLAIM)).await;
    let (browser, page) = stage.sign_in(json!({ "o": false })).await;
    assert_eq!((page.status.as_u16(), page.title().as_str()), (403, "You are not in any organization yet"));
    let alice = stage.user("alice").await.expect("an account was made");
    assert_eq!(alice.state, UserState::WithoutOrganization);
    let line = logs::holding(&page.reference()).concat();
    assert!(line.contains(&alice.id.to_string()), "the reference leads to the user: {line}");
    assert_eq!(stage.told(&browser, "home-lab").await, None);

    let home = browser.navigate(&stage.world.login("/")).await;
    assert!(home.text().contains("not a member of any organization"), "{}", home.text());
}

#[tokio::test]
async fn where_a_match_is_required_nobody_else_gets_an_account() {
    let stage = Stage::set(|places| with_default(places, "require_match = true", BY_CLAIM)).await;
    let (browser, page) = stage.sign_in(json!({ "o": false, "r": "Member" })).await;
    assert_eq!((page.status.as_u16(), page.title().as_str()), (403, "You have no account here"));
    assert!(logs::causes(&page.reference()).contains(&"no organization takes this identity".to_owned()));
    let census = stage.world.census().await;
    assert_eq!(census, Census { spent_states: 1, ..Census::default() });
    assert_eq!(stage.told(&browser, "home-lab").await, None);

    // A match without a role that exists is no match.
    stage.sign_in(json!({ "o": true, "r": "Owner" })).await;
    assert_eq!(stage.world.census().await.users, 0);
    let (_, page) = stage.sign_in(json!({ "o": true, "r": "Member" })).await;
    assert_eq!(page.status, 200);
    assert_eq!(stage.world.census().await.users, 1);
}

#[tokio::test]
async fn where_a_match_is_required_who_loses_the_last_one_is_out_at_once() {
    let stage = Stage::set(|places| with_default(places, "require_match = true", BY_CLAIM)).await;
    let (browser, _) = stage.sign_in(json!({ "o": true, "r": "Member" })).await;
    assert_eq!(stage.told(&browser, "home-lab").await.as_deref(), Some("Member"));
    assert_eq!(stage.world.census().await.sessions, 1);

    let (_, page) = stage.sign_in(json!({ "o": false, "r": "Member", "name": "Alice Later" })).await;
    assert_eq!((page.status.as_u16(), page.title().as_str()), (403, "You have no account here"));
    let census = stage.world.census().await;
    assert_eq!((census.users, census.identities, census.grants, census.sessions), (1, 1, 0, 0));
    eventually("the open session has ended", async || {
        browser.fetch(&stage.world.url("home-lab", "/")).await.status == 401
    })
    .await;
}

#[tokio::test]
async fn where_a_match_is_required_a_role_by_hand_is_enough() {
    let stage = Stage::set(|places| with_default(places, "require_match = true", BY_CLAIM)).await;
    let new = NewUser {
        idp: "company".parse().expect("an id"),
        who: Who::Identifier("alice".to_owned()),
        name: None,
        roles: vec![("garage".parse().expect("an id"), "Member".parse().expect("a name"))],
    };
    stage.world.directory().await.server_admin(Actor::CommandLine).pre_provision(&new).await.expect("made");
    let (browser, page) = stage.sign_in(json!({ "o": false })).await;
    assert_eq!(page.status, 200, "{}", page.text());
    assert_eq!(stage.told(&browser, "garage").await.as_deref(), Some("Member"));
}

#[tokio::test]
async fn where_a_match_is_required_a_server_admin_needs_none() {
    let keys = "require_match = true\nserver_admin = \"contains(groups, 'chiefs')\"";
    let stage = Stage::set(|places| with_default(places, keys, BY_CLAIM)).await;
    let (_, page) = stage.sign_in(json!({ "o": false, "groups": ["chiefs"] })).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let (_, page) = stage.sign_in(json!({ "o": false, "groups": [] })).await;
    assert_eq!(page.status, 403);
}

#[tokio::test]
async fn a_disabled_user_is_out_and_stays_out() {
    let configuration = |places: &Places| with_default(places, "", BY_CLAIM);
    let mut stage = Stage::set(configuration).await;
    let (browser, _) = stage.sign_in(json!({ "o": true, "r": "Member" })).await;
    assert_eq!(stage.told(&browser, "home-lab").await.as_deref(), Some("Member"));
    stage.world.stop().await;
    stage.world.execute("update users set disabled_at = 1").await;
    stage.world.restart(configuration).await;
    assert_eq!(browser.fetch(&stage.world.url("home-lab", "/")).await.status, 401);

    let before = stage.world.census().await;
    let (browser, page) = stage.sign_in(json!({ "o": false, "r": "Member", "name": "Mallory" })).await;
    assert_eq!((page.status.as_u16(), page.title().as_str()), (403, "Your account is disabled"));
    assert!(logs::causes(&page.reference()).contains(&"the user is disabled".to_owned()));
    assert_eq!(browser.fetch(&stage.world.url("home-lab", "/")).await.status, 401);
    let after = stage.world.census().await;
    assert_eq!((after.users, after.grants, after.sessions), (before.users, before.grants, before.sessions));
    assert_eq!(stage.user("alice").await.expect("known").display_name.as_deref(), Some("Alice Archer"));
}

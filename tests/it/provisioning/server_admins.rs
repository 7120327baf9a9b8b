//! Who administers: the server, by the IdP's word; an organization, by its roles.

use serde_json::json;

use super::{BY_CLAIM, Stage, with_default};

const KEYS: &str = "server_admin = \"contains(groups, 'vestibule-admins')\"";

#[tokio::test]
async fn the_idp_makes_server_admins_and_unmakes_them() {
    let stage = Stage::set(|places| with_default(places, KEYS, BY_CLAIM)).await;
    for (groups, expected) in
        [(json!(["vestibule-admins"]), true), (json!(["vestibule-admins"]), true), (json!([]), false)]
    {
        stage.sign_in(json!({ "o": true, "r": "Member", "groups": groups })).await;
        assert_eq!(stage.user("alice").await.expect("known").server_admin, expected, "{groups}");
        assert_eq!(stage.world.census().await.server_admins, i64::from(expected));
    }
}

#[tokio::test]
async fn only_true_makes_a_server_admin_and_it_opens_no_application() {
    let stage = Stage::set(|places| with_default(places, "server_admin = \"chief\"", BY_CLAIM)).await;
    for chief in [json!("true"), json!(1), json!(["alice"]), json!("alice"), json!({}), json!(null)] {
        stage.sign_in(json!({ "o": false, "chief": chief })).await;
        assert!(!stage.user("alice").await.expect("known").server_admin, "{chief}");
    }
    let (browser, page) = stage.sign_in(json!({ "o": false, "chief": true })).await;
    assert!(stage.user("alice").await.expect("known").server_admin);
    assert_eq!(page.status, 200, "a server admin has somewhere to go");
    assert_eq!(stage.told(&browser, "home-lab").await, None);
}

#[tokio::test]
async fn admin_roles_are_known_as_such() {
    let stage = Stage::set(|places| with_default(places, KEYS, BY_CLAIM)).await;
    let catalogue = stage.world.directory().await.catalogue().await.expect("a catalogue");
    for organization in &catalogue.organizations {
        let roles: Vec<_> = organization.roles.iter().map(|role| (role.name.as_str(), role.admin)).collect();
        assert_eq!(roles, [("Admin", true), ("Member", false)], "{}", organization.id);
    }
}

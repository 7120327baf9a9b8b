//! The examples of the documentation this product began with give what it says they give.

use serde_json::{Value, json};

use super::{Stage, organization, own_policy};
use crate::kit::world::Places;

const SUBJECT: &str = "9590c3bfccd1b1a54b35845fb1bb950057dfa50fba43cb8bada58b462c80e207";

const ROLE: &str = "contains(groups, 'admin') && 'Admin' || 'Member'";
const BY_GROUP: &str = "contains(groups, 'home-lab')";
const FIXED: &str = "'home-lab'";
const DYNAMIC: &str = "contains(groups, '{{orgId}}')";

/// The claims of the examples, with other groups.
fn claims(groups: &[&str]) -> Value {
    json!({
        "sub": SUBJECT,
        "auth_time": 1_745_789_019,
        "email": "user@example.com",
        "email_verified": true,
        "name": "Example User",
        "preferred_username": null,
        "groups": groups,
    })
}

fn as_default(places: &Places, org: &str) -> String {
    super::with_default(places, "", &format!("org = \"{org}\"\nrole = \"{ROLE}\""))
}

fn as_own(places: &Places, org: &str) -> String {
    places.head("auto_provision = true")
        + &organization(places, "home-lab", &own_policy(&format!("org = \"{org}\"\nrole = \"{ROLE}\"")))
        + &organization(places, "garage", "")
}

/// What the examples give, by the org selector, with the groups of the documentation.
const EXPECTED: [(&str, &[&str], &[&str]); 3] = [
    // True for every organization that has no policy of its own.
    (BY_GROUP, &["garage/Admin", "home-lab/Admin"], &["home-lab/Admin"]),
    (FIXED, &["home-lab/Admin"], &["home-lab/Admin"]),
    (DYNAMIC, &["home-lab/Admin"], &["home-lab/Admin"]),
];

#[tokio::test]
async fn the_examples_work_as_default_policy() {
    for (org, expected, _) in EXPECTED {
        let stage = Stage::set(|places| as_default(places, org)).await;
        let (browser, page) = stage.sign_in(claims(&["home-lab", "admin"])).await;
        assert_eq!(page.status, 200, "{org}: {}", page.text());
        assert_eq!(stage.roles(SUBJECT).await, expected, "{org}");
        assert_eq!(stage.told(&browser, "home-lab").await.as_deref(), Some("Admin"), "{org}");
        let garage = expected.contains(&"garage/Admin");
        assert_eq!(stage.told(&browser, "garage").await.is_some(), garage, "{org}");
    }
}

#[tokio::test]
async fn the_examples_work_as_an_organizations_policy() {
    for (org, _, expected) in EXPECTED {
        let stage = Stage::set(|places| as_own(places, org)).await;
        let (browser, page) = stage.sign_in(claims(&["home-lab", "admin"])).await;
        assert_eq!(page.status, 200, "{org}: {}", page.text());
        assert_eq!(stage.roles(SUBJECT).await, expected, "{org}");
        assert_eq!(stage.told(&browser, "home-lab").await.as_deref(), Some("Admin"), "{org}");
        assert_eq!(stage.told(&browser, "garage").await, None, "{org}");
    }
}

#[tokio::test]
async fn without_the_admin_group_the_role_example_gives_member() {
    for configuration in [as_default, as_own] {
        for (org, ..) in EXPECTED {
            let stage = Stage::set(|places| configuration(places, org)).await;
            stage.sign_in(claims(&["home-lab"])).await;
            let roles = stage.roles(SUBJECT).await;
            assert!(roles.contains(&"home-lab/Member".to_owned()), "{org}: {roles:?}");
            assert!(roles.iter().all(|role| role.ends_with("/Member")), "{org}: {roles:?}");
        }
    }
}

#[tokio::test]
async fn without_the_group_only_the_fixed_example_matches() {
    for configuration in [as_default, as_own] {
        for (org, expected) in [(BY_GROUP, &[][..]), (FIXED, &["home-lab/Member"]), (DYNAMIC, &[])] {
            let stage = Stage::set(|places| configuration(places, org)).await;
            let (_, page) = stage.sign_in(claims(&["visitors"])).await;
            assert_eq!(stage.roles(SUBJECT).await, expected, "{org}");
            assert_eq!(page.status, if expected.is_empty() { 403 } else { 200 }, "{org}");
        }
    }
}

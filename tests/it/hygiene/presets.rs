//! The ways of telling an application who its user is.

use serde_json::json;

use crate::kit::provider::Variant;
use crate::kit::scene::{behind_tls, browser_over_tls, wiki_with};
use crate::kit::upstream::received;
use crate::kit::world::{Places, World};

/// What the upstream sees in the presets' families, as `name: value`.
async fn told(extra: &str) -> Vec<String> {
    let world = wiki_with(extra).await;
    let (_, page) = world.signed_in("alice").await;
    let seen = page.json();
    assert_eq!(received(&seen, "x-vestibule-assertion").len(), 1, "the assertion always goes along");
    let families = ["remote-", "x-auth-request-", "x-forwarded-user", "x-forwarded-groups", "x-forwarded-email"];
    let families = [&families[..], &["x-forwarded-preferred-username"]].concat();
    let headers = seen["headers"].as_array().unwrap().iter();
    let text = |header: &serde_json::Value| format!("{}: {}", header[0].as_str().unwrap(), header[1].as_str().unwrap());
    let mut told: Vec<String> =
        headers.map(text).filter(|line| families.iter().any(|family| line.starts_with(family))).collect();
    told.sort();
    told
}

#[tokio::test]
async fn the_preset_remote_is_the_default() {
    let expected =
        ["remote-email: alice@example.com", "remote-groups: Admin", "remote-name: Alice Archer", "remote-user: alice"];
    assert_eq!(told("").await, expected);
    assert_eq!(told("headers = \"remote\"").await, expected);
}

#[tokio::test]
async fn the_preset_x_forwarded() {
    assert_eq!(
        told("headers = \"x-forwarded\"").await,
        [
            "x-forwarded-email: alice@example.com",
            "x-forwarded-groups: Admin",
            "x-forwarded-preferred-username: alice",
            "x-forwarded-user: alice",
        ]
    );
}

#[tokio::test]
async fn the_preset_x_auth_request() {
    assert_eq!(
        told("headers = \"x-auth-request\"").await,
        [
            "x-auth-request-email: alice@example.com",
            "x-auth-request-groups: Admin",
            "x-auth-request-preferred-username: alice",
            "x-auth-request-user: alice",
        ]
    );
}

#[tokio::test]
async fn the_preset_none_leaves_the_assertion_alone() {
    assert_eq!(told("headers = \"none\"").await, Vec::<String>::new());
}

#[tokio::test]
async fn the_upstream_sees_the_public_host_or_its_own_as_it_is_told() {
    for (extra, public) in [("", true), ("pass_host = true", true), ("pass_host = false", false)] {
        let world = wiki_with(extra).await;
        let (_, page) = world.signed_in("alice").await;
        let seen = page.json();
        let own = world.places.upstream.to_string();
        let outside = format!("wiki.localhost:{}", world.places.port);
        assert_eq!(received(&seen, "host"), [if public { &outside } else { &own }], "{extra}");
        assert_eq!(received(&seen, "x-forwarded-host"), [outside.as_str()]);
        assert_eq!(received(&seen, "x-forwarded-proto"), ["http"]);
        assert_eq!(received(&seen, "x-forwarded-port"), [world.places.port.to_string().as_str()]);
    }
}

#[tokio::test]
async fn behind_tls_the_upstream_is_told_what_browsers_see() {
    let world = behind_tls().await;
    let browser = browser_over_tls(&world);
    let page = world.enter(&browser, "https://wiki.example.com/", "alice").await;
    let seen = page.json();
    for (name, value) in [
        ("host", "wiki.example.com"),
        ("x-forwarded-host", "wiki.example.com"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-port", "443"),
    ] {
        assert_eq!(received(&seen, name), [value], "{name}");
    }
}

#[tokio::test]
async fn names_outside_ascii_travel_percent_encoded_and_unverified_addresses_do_not_travel() {
    let zoe = json!({"zoë": {
        "name": "Zoë\r\nRemote-User: root 100%",
        "email": "zoe@example.com",
        "email_verified": "true",
        "groups": ["home-lab", "Ünïon"],
    }});
    let variant = Variant { users: zoe, ..Variant::default() };
    let configuration = |places: &Places| {
        let policy = Places::SEED_POLICY.replace("&& 'Admin' || 'Member'", "&& 'Admin' || ['Member', 'Ünïon']");
        places.head(&policy) + &places.home_lab("").replace("\"Member\"]", "\"Member\", \"Ünïon\"]")
    };
    let world = World::start(variant, configuration).await;
    let (_, page) = world.signed_in("zoë").await;
    assert_eq!(page.status, 200, "{}", page.text());
    let seen = page.json();
    assert_eq!(received(&seen, "remote-user"), ["zo%C3%AB"]);
    let mut groups: Vec<&str> = received(&seen, "remote-groups")[0].split(',').collect();
    groups.sort_unstable();
    assert_eq!(groups, ["%C3%9Cn%C3%AFon", "Member"]);
    assert!(received(&seen, "remote-name")[0].starts_with("Zo%C3%AB"), "{seen}");
    assert!(received(&seen, "remote-name")[0].ends_with("100%25"), "{seen}");
    assert_eq!(received(&seen, "remote-email"), Vec::<&str>::new(), "the string \"true\" is not the boolean");
}

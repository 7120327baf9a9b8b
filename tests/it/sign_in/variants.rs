//! The certified provider in its variants.

use crate::kit::provider::Variant;
use crate::kit::upstream::received;
use crate::kit::world::{Places, World};

/// Alice signs in, is provisioned by her groups, and the application sees her as she is.
async fn alice_arrives(world: &World, what: &str) {
    let (_, page) = world.signed_in("alice").await;
    assert_eq!(page.status, 200, "{what}: {}", page.text());
    let seen = page.json();
    assert_eq!(received(&seen, "remote-user"), ["alice"], "{what}");
    assert_eq!(received(&seen, "remote-name"), ["Alice Archer"], "{what}");
    assert_eq!(received(&seen, "remote-email"), ["alice@example.com"], "{what}");
    assert_eq!(received(&seen, "remote-groups"), ["Admin"], "{what}");
}

#[tokio::test]
async fn claims_may_come_in_userinfo_only() {
    let variant = Variant { claims_in_id_token: false, ..Variant::default() };
    alice_arrives(&World::start(variant, Places::usual).await, "userinfo only").await;
}

#[tokio::test]
async fn claims_may_come_in_the_id_token_only() {
    let variant = Variant { claims_in_id_token: true, userinfo: false, ..Variant::default() };
    alice_arrives(&World::start(variant, Places::usual).await, "ID token only").await;
}

#[tokio::test]
async fn id_tokens_may_be_signed_with_elliptic_curves() {
    for id_token_alg in ["ES256", "EdDSA"] {
        let variant = Variant { id_token_alg, ..Variant::default() };
        alice_arrives(&World::start(variant, Places::usual).await, id_token_alg).await;
    }
}

#[tokio::test]
async fn userinfo_may_be_a_signed_token() {
    let variant = Variant { userinfo_alg: Some("ES256"), ..Variant::default() };
    alice_arrives(&World::start(variant, Places::usual).await, "userinfo as a JWT").await;
}

#[tokio::test]
async fn a_provider_may_insist_on_pkce() {
    let variant = Variant { pkce_required: true, ..Variant::default() };
    alice_arrives(&World::start(variant, Places::usual).await, "PKCE").await;
}

#[tokio::test]
async fn the_client_may_send_its_secret_in_the_body() {
    let variant = Variant { client_auth: "client_secret_post", ..Variant::default() };
    let world = World::start(variant, |places| {
        places.head(&format!("client_auth = \"post\"\n{}", Places::SEED_POLICY)) + &places.home_lab("")
    })
    .await;
    alice_arrives(&world, "post").await;
}

#[tokio::test]
async fn the_client_may_be_public() {
    let variant = Variant { client_auth: "none", pkce_required: true, ..Variant::default() };
    let world = World::start(variant, |places| {
        let head = places.head(&format!("client_auth = \"none\"\n{}", Places::SEED_POLICY));
        let lines: Vec<&str> = head.lines().filter(|line| !line.starts_with("client_secret ")).collect();
        lines.join("\n") + &places.home_lab("")
    })
    .await;
    alice_arrives(&world, "none").await;
}

#[tokio::test]
async fn the_provider_may_change_its_keys_while_we_run() {
    let world = World::usual().await;
    alice_arrives(&world, "before").await;
    world.provider.as_ref().expect("the real provider").rotate_keys().await;
    alice_arrives(&world, "after").await;
}

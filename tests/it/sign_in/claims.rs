//! What real providers really send, odd as it is.

use serde_json::{Value, json};

use crate::kit::attempt::Attempt;
use crate::kit::browser::Response;
use crate::kit::faulty::{Fault, Faulty};
use crate::kit::upstream::received;
use crate::kit::world::{Places, World};

/// A sign-in with these claims beside the usual ones: the world it happened in, and the last page.
async fn signed_in_with(claims: Value) -> (World, Response) {
    let provider = Faulty::start(Fault::Honest).await;
    provider.set_claims(claims);
    let world = World::at(&provider.issuer, Places::usual).await;
    let (_, attempt) = Attempt::unasked(&world).await;
    (world, attempt.page().clone())
}

#[tokio::test]
async fn only_the_boolean_true_verifies_an_address() {
    for (verified, expected) in [
        (json!(true), &["alice@example.com"][..]),
        (json!("true"), &[]),
        (json!(1), &[]),
        (json!(false), &[]),
        (Value::Null, &[]),
    ] {
        let (_, page) = signed_in_with(json!({ "email_verified": verified })).await;
        assert_eq!(received(&page.json(), "remote-email"), expected, "{verified}");
        assert_eq!(received(&page.json(), "remote-user"), ["alice"], "{verified}");
    }
}

#[tokio::test]
async fn an_address_without_verification_is_passed_on_where_the_provider_is_trusted_with_it() {
    let provider = Faulty::start(Fault::Honest).await;
    provider.set_claims(json!({ "email_verified": "true" }));
    let world = World::at(&provider.issuer, |places| {
        places.head(&format!("email_trusted = true\n{}", Places::SEED_POLICY)) + &places.home_lab("")
    })
    .await;
    let (_, attempt) = Attempt::unasked(&world).await;
    assert_eq!(received(&attempt.page().json(), "remote-email"), ["alice@example.com"]);
}

#[tokio::test]
async fn an_empty_name_is_no_group_and_no_groups_are_no_error() {
    for groups in [json!([""]), json!([]), Value::Null, json!("")] {
        let (_, page) = signed_in_with(json!({ "groups": groups })).await;
        assert_eq!((page.status.as_u16(), page.title().as_str()), (403, "You are not in any organization yet"));
    }
}

#[tokio::test]
async fn a_single_group_as_a_text_is_that_group_and_no_part_of_it() {
    let (_, page) = signed_in_with(json!({ "groups": "home-lab" })).await;
    assert_eq!(received(&page.json(), "remote-groups"), ["Member"]);
    let (_, page) = signed_in_with(json!({ "groups": "home-lab-guests" })).await;
    assert_eq!(page.status, 403);
    let (_, page) = signed_in_with(json!({ "groups": ["home-lab", "administrators"] })).await;
    assert_eq!(received(&page.json(), "remote-groups"), ["Member"]);
}

#[tokio::test]
async fn claims_that_we_do_not_use_may_be_anything() {
    for claims in [
        json!({ "auth_time": 0 }),
        json!({ "auth_time": 1_745_789_019.5 }),
        json!({ "c_hash": "LDktKdoQak3Pk0cnXxCltA" }),
        json!({ "aud": ["vestibule"] }),
        json!({ "azp": "vestibule" }),
        json!({ "typ": "ID", "roles": "admin", "scopes": ["openid"], "jti": 7, "amr": {} }),
        json!({ "acr": null, "address": { "formatted": [[[]]] }, "updated_at": "2011-01-01T00:00:00Z" }),
    ] {
        let (_, page) = signed_in_with(claims.clone()).await;
        assert_eq!(page.status, 200, "{claims}: {}", page.text());
        assert_eq!(received(&page.json(), "remote-groups"), ["Admin"], "{claims}");
    }
}

#[tokio::test]
async fn an_issuer_may_have_a_path_or_a_slash_at_its_end() {
    for path in ["/", "/realms/main", "/realms/main/"] {
        let provider = Faulty::below(path).await;
        let world = World::at(&provider.issuer, Places::usual).await;
        let (_, attempt) = Attempt::unasked(&world).await;
        assert_eq!(attempt.page().status, 200, "{path}: {}", attempt.page().text());
    }
}

#[tokio::test]
async fn a_subject_is_a_text_kept_to_the_last_character() {
    for subject in ["10769150350006150715113082367", "0010", "AbC", "a\u{301}"] {
        let (world, page) = signed_in_with(json!({ "sub": subject })).await;
        assert_eq!(page.status, 200, "{subject}: {}", page.text());
        assert_eq!(world.people().await[0].identities[0].identifier, subject);
    }
}

#[tokio::test]
async fn who_is_in_too_many_groups_to_list_is_not_taken_for_being_in_none() {
    let provider = Faulty::start(Fault::Honest).await;
    let world = World::at(&provider.issuer, |places| {
        places.head(&format!("on_error = \"keep\"\n{}", Places::SEED_POLICY)) + &places.home_lab("")
    })
    .await;
    provider.set_claims(json!({ "groups": ["home-lab"] }));
    assert_eq!(Attempt::unasked(&world).await.1.page().status, 200);
    let overage = json!({ "groups": "src1" });
    for withheld in [json!({ "groups": null, "_claim_names": overage }), json!({ "groups": null, "hasgroups": true })] {
        provider.set_claims(withheld.clone());
        let (_, attempt) = Attempt::unasked(&world).await;
        assert_eq!(attempt.page().status, 200, "what was given stays, since nothing could be decided: {withheld}");
    }
    provider.set_claims(json!({ "groups": [] }));
    assert_eq!(Attempt::unasked(&world).await.1.page().status, 403, "an empty list is a decision");
}

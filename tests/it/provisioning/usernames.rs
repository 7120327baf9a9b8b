//! What applications call people: nobody ever looks like somebody else.

use serde_json::json;

use super::{BY_CLAIM, Stage, with_default};
use crate::kit::attempt::Attempt;
use crate::kit::browser::Browser;
use crate::kit::faulty::{Fault, Faulty};
use crate::kit::upstream::received;

fn everybody(places: &crate::kit::world::Places) -> String {
    with_default(places, "", "org = \"`true`\"\nrole = \"'Member'\"")
}

impl Stage {
    /// What an application calls whoever signs in with these claims.
    async fn called(&self, claims: serde_json::Value) -> String {
        let (browser, page) = self.sign_in(claims).await;
        assert_eq!(page.status, 200, "{}", page.text());
        let page = browser.follow(&self.world.url("home-lab", "/")).await.pop().expect("a page");
        received(&page.json(), "remote-user").concat()
    }
}

#[tokio::test]
async fn people_of_two_providers_with_one_name_are_told_apart() {
    let other = Faulty::start(Fault::Honest).await;
    let second = other.issuer.clone();
    let stage = Stage::set(|places| {
        let policy = "auto_provision = true\n[idp.default_policy]\norg = \"`true`\"\nrole = \"'Member'\"";
        everybody(places) + &places.idp("second", &second, policy)
    })
    .await;
    assert_eq!(stage.called(json!({})).await, "alice");
    let browser = Browser::new();
    Attempt::at(&stage.world, &browser, &stage.world.login("/login/second"), "").await;
    let page = browser.follow(&stage.world.url("home-lab", "/")).await.pop().expect("a page");
    assert_eq!(received(&page.json(), "remote-user"), ["alice-2"], "the same sub and e-mail join nobody");
    assert_eq!(stage.world.census().await.users, 2);
    assert_eq!(stage.called(json!({})).await, "alice", "the first one stays who she is");
}

#[tokio::test]
async fn names_that_look_alike_are_told_apart() {
    let stage = Stage::set(everybody).await;
    for (sub, name, called) in [
        ("1", "alice", "alice"),
        ("2", "ALICE", "ALICE-2"),
        ("3", "\u{ff41}\u{ff4c}\u{ff49}\u{ff43}\u{ff45}", "alice-3"),
        ("4", "ali\u{200b}ce", "alice-4"),
        ("5", " alice ", "alice-5"),
        ("6", "alice-2", "alice-2-2"),
        ("7", "bob", "bob"),
    ] {
        assert_eq!(stage.called(json!({ "sub": sub, "preferred_username": name })).await, called, "{name:?}");
    }
}

#[tokio::test]
async fn a_name_is_never_changed_by_a_later_claim() {
    let stage = Stage::set(everybody).await;
    assert_eq!(stage.called(json!({ "sub": "1", "preferred_username": "alice" })).await, "alice");
    assert_eq!(stage.called(json!({ "sub": "1", "preferred_username": "root" })).await, "alice");
    assert_eq!(stage.called(json!({ "sub": "2", "preferred_username": "root" })).await, "root");
    assert_eq!(stage.called(json!({ "sub": "2", "preferred_username": "alice" })).await, "root");
}

#[tokio::test]
async fn without_a_name_the_address_serves_and_without_an_address_the_identifier() {
    let stage = Stage::set(everybody).await;
    let called = stage.called(json!({ "sub": "1", "preferred_username": null, "email": "eve@example.com" })).await;
    assert_eq!(called, "eve@example.com");
    assert_eq!(stage.called(json!({ "sub": "2", "preferred_username": null, "email": null })).await, "2");
    assert_eq!(stage.called(json!({ "sub": "3", "preferred_username": " ", "email": "" })).await, "3");
}

#[tokio::test]
async fn which_claims_serve_is_a_setting_of_the_idp() {
    let keys = "identifier = \"oid\"\nusername = \"profile.nick\"\nemail = \"mail\"\ndisplay_name = \"profile.full\"";
    let stage = Stage::set(|places| with_default(places, keys, BY_CLAIM)).await;
    let claims = json!({
        "o": true, "r": "Member", "oid": "o-1", "mail": "a@b.example", "profile": { "nick": "al", "full": "Al Alder" },
    });
    stage.sign_in(claims).await;
    let user = stage.user("o-1").await.expect("known by its own identifier");
    assert_eq!(user.username.as_str(), "al");
    assert_eq!((user.display_name.as_deref(), user.email.as_deref()), (Some("Al Alder"), Some("a@b.example")));
    let (_, page) = stage.sign_in(json!({ "o": true, "r": "Member" })).await;
    assert_eq!((page.status.as_u16(), page.title().as_str()), (403, "Sign-in was refused"), "no identifier, nobody");
    let causes = crate::kit::logs::causes(&page.reference());
    assert!(causes.iter().any(|cause| cause.contains("identifier path `oid`")), "{causes:?}");
}

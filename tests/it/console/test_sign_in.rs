//! Test sign-ins: an admin sees what a provider says and what that would give, and nothing comes of it.

use serde_json::json;

use crate::kit::attempt::{Attempt, Departure};
use crate::kit::browser::Browser;
use crate::kit::faulty::Fault;
use crate::kit::stage::Stage;
use crate::kit::world::Places;

/// Who has the group `chiefs` is a server admin; the home lab has an IdP of its own at the same provider.
fn configuration(places: &Places) -> String {
    let policy = format!("server_admin = \"contains(groups, 'chiefs')\"\n{}", Places::SEED_POLICY);
    let own = places.idp("own", &places.issuer, "owner = \"home-lab\"\nauto_provision = true");
    places.head(&policy) + &own + &places.home_lab("") + &places.garage()
}

async fn stage() -> Stage {
    Stage::set(configuration).await
}

async fn chief(stage: &Stage) -> Browser {
    stage.sign_in(json!({ "sub": "chief", "groups": ["chiefs"] })).await.0
}

#[tokio::test]
async fn an_admin_is_shown_claims_and_decision_and_nothing_comes_of_it() {
    let stage = stage().await;
    let browser = chief(&stage).await;
    let before = stage.world.census().await;
    stage.provider.set_claims(json!({ "sub": "mallory", "name": "<b>Mallory</b>", "groups": ["home-lab", "admin"] }));
    let page = browser.follow(&stage.world.login("/login/company/test")).await.pop().unwrap();
    assert_eq!((page.status.as_u16(), page.title()), (200, "Test of Company login".to_owned()), "{}", page.text());
    let text = page.text();
    for shown in
        ["mallory", "Home lab", ">granted<", "<bdi>Admin</bdi>", ">no match<", "default policy", "makes the account"]
    {
        assert!(text.contains(shown), "{shown}: {text}");
    }
    assert!(!text.contains("<b>Mallory") && text.contains("&lt;b&gt;Mallory"), "{text}");
    let after = stage.world.census().await;
    assert_eq!(after.spent_states, before.spent_states + 1, "the code was exchanged");
    assert_eq!(after, crate::kit::census::Census { spent_states: after.spent_states, ..before });
    let [line] = stage.audit("sign-in-tested").await.try_into().expect("one line of the log");
    assert!(line["actor"].as_str().unwrap().starts_with("user:") && line["idp"].is_string(), "{line}");
    assert!(!line.to_string().contains("mallory"), "{line}");
    let home = browser.navigate(&stage.world.login("/console")).await;
    assert_eq!(home.status, 200, "still the chief");
}

#[tokio::test]
async fn a_provider_that_misbehaves_is_told_with_its_cause() {
    let stage = stage().await;
    let browser = chief(&stage).await;
    stage.provider.set_fault(Fault::Audience);
    let attempt = Attempt::at(&stage.world, &browser, &stage.world.login("/login/company/test"), "").await;
    let text = attempt.page().text();
    assert!(text.contains("The sign-in failed.") && text.contains("audience"), "{text}");
    for secret in attempt.secrets() {
        assert!(!text.contains(&secret), "{text}");
    }
}

#[tokio::test]
async fn claims_are_shown_also_when_nobody_can_be_read_out_of_them() {
    let stage = Stage::set(|places| {
        configuration(places).replace("owner = \"home-lab\"", "owner = \"home-lab\"\nidentifier = \"employee\"")
    })
    .await;
    let browser = chief(&stage).await;
    stage.provider.set_claims(json!({ "department": "garden" }));
    let text = browser.follow(&stage.world.login("/login/own/test")).await.pop().unwrap().text();
    assert!(text.contains("identifier path `employee`") && text.contains("garden"), "{text}");
}

#[tokio::test]
async fn who_administers_nothing_there_cannot_test() {
    let stage = stage().await;
    // Alice administers the home lab: its own IdP is hers, the global one is not.
    let (alice, _) = stage.sign_in(json!({ "groups": ["home-lab", "admin"] })).await;
    let (bob, _) = stage.sign_in(json!({ "sub": "bob", "groups": ["home-lab"] })).await;
    let status = async |browser: &Browser, idp: &str| {
        browser.follow(&stage.world.login(&format!("/login/{idp}/test"))).await.pop().unwrap().status.as_u16()
    };
    assert_eq!([status(&alice, "own").await, status(&alice, "company").await], [200, 404]);
    assert_eq!([status(&bob, "own").await, status(&bob, "company").await, status(&bob, "none").await], [404; 3]);
    let stranger = Browser::new();
    assert_eq!([status(&stranger, "own").await, status(&stranger, "company").await], [404; 2]);
}

#[tokio::test]
async fn the_result_is_for_the_session_that_asked_for_it() {
    let stage = stage().await;
    let browser = chief(&stage).await;
    let url = stage.world.login("/login/company/test");
    let departure = Departure::from(&browser, &url, &stage.world.places.issuer).await;
    // The same browser signs in anew on the way.
    stage.provider.set_claims(json!({ "sub": "alice", "groups": ["home-lab"] }));
    browser.follow(&stage.world.login("/login/company?again=1")).await;
    let page = browser.follow(departure.to.as_str()).await.pop().unwrap();
    assert_eq!(page.status, 404, "{}", page.text());
    assert!(!page.text().contains("home-lab"));
}

#[tokio::test]
async fn who_came_in_by_a_login_link_can_test_as_well() {
    let stage = stage().await;
    let link = stage.told(&["admin", "login-link"]).await.trim().to_owned();
    let browser = Browser::new();
    let page = browser.navigate(&link).await;
    browser.submit(&page.url, &link, &[]).await;
    let before = stage.world.census().await.sessions;
    for idp in ["company", "own"] {
        let tested = browser.follow(&stage.world.login(&format!("/login/{idp}/test"))).await.pop().unwrap();
        assert!(tested.title().starts_with("Test of"), "{}", tested.text());
    }
    assert_eq!(stage.world.census().await.sessions, before);
}

//! Service accounts in the console: made, given a token and ended by the admins of their organization.

use serde_json::json;

use super::world;
use crate::kit::browser::{Browser, Response};
use crate::kit::scene::hidden;
use crate::kit::world::{World, eventually};

const PROGRAMS: &str = "/console/organizations/home-lab/service-accounts";

async fn send(world: &World, browser: &Browser, page: &str, path: &str, fields: &[(&str, &str)]) -> Response {
    let shown = browser.navigate(&world.login(page)).await;
    let csrf = hidden(&shown, "csrf");
    let fields: Vec<_> = [("csrf", &*csrf)].into_iter().chain(fields.iter().copied()).collect();
    browser.submit(&shown.url, &world.login(path), &fields).await
}

#[tokio::test]
async fn an_organizations_admin_makes_a_service_account_and_its_token_and_ends_both() {
    let world = world().await;
    // The seed's alice is an admin of the home lab.
    let (browser, _) = world.signed_in("alice").await;
    let refused = send(&world, &browser, PROGRAMS, PROGRAMS, &[("name", "Back Up"), ("role", "Member")]).await;
    assert_eq!(refused.status, 422);
    let made = send(&world, &browser, PROGRAMS, PROGRAMS, &[("name", "backup"), ("role", "Member")]).await;
    assert_eq!(made.status, 303, "{}", made.text());
    let account = made.header("location").expect("a page").split('?').next().unwrap().to_owned();
    let page = browser.navigate(&world.login(&account)).await;
    assert!(page.text().contains("service.home-lab.backup"), "{}", page.text());
    let fields = [("name", "nightly"), ("place", "wiki"), ("days", "30")];
    let shown = send(&world, &browser, &account, &format!("{account}/tokens"), &fields).await;
    let text = shown.text();
    let at = text.find("vsa_").unwrap_or_else(|| panic!("no token in {text}"));
    let token: String = text[at..].chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect();
    assert_eq!(world.call("wiki", "/", &token).await.status, 200);

    let subject = [("issuer", "https://ci.example.com"), ("claim", "azp"), ("subject", "ci-1")];
    for status in [303, 422] {
        let bound = send(&world, &browser, &account, &format!("{account}/subjects"), &subject).await;
        assert_eq!(bound.status, status, "a subject is an account's once");
    }
    let page = browser.navigate(&world.login(&account)).await;
    assert!(page.text().contains("ci-1") && !page.text().contains("vsa_"));
    let gone = send(&world, &browser, &account, &format!("{account}/subjects/remove"), &subject).await;
    assert_eq!(gone.status, 303);
    assert!(!browser.navigate(&world.login(&account)).await.text().contains("ci-1"));

    send(&world, &browser, &account, &format!("{account}/state"), &[("do", "disable")]).await;
    eventually("it may not enter", async || world.call("wiki", "/", &token).await.status == 401).await;
    send(&world, &browser, &account, &format!("{account}/state"), &[("do", "enable")]).await;
    send(&world, &browser, &account, &format!("{account}/roles"), &[]).await;
    eventually("it holds nothing", async || world.call("wiki", "/", &token).await.status == 403).await;
    let done = send(&world, &browser, &format!("{account}/delete"), &format!("{account}/delete"), &[]).await;
    assert_eq!(done.status, 303);
    eventually("it is gone", async || world.call("wiki", "/", &token).await.status == 401).await;
    assert_eq!(browser.navigate(&world.login(&account)).await.status, 404);
}

#[tokio::test]
async fn whoever_administers_nothing_sees_no_service_account() {
    let world = world().await;
    let hands = world.hands().await;
    let account = hands.account("backup", &[]).await;
    let (bob, _) = world.signed_in("bob").await;
    for path in [PROGRAMS.to_owned(), format!("{PROGRAMS}/{account}")] {
        assert_eq!(bob.navigate(&world.login(&path)).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn a_program_of_the_api_keeps_the_service_accounts_of_its_organization() {
    let world = world().await;
    let program = world.program_of("home-lab").await;
    let all = "/organizations/home-lab/service-accounts";
    let made = program.post(all, json!({ "name": "backup", "roles": ["Member"] })).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let one = format!("{all}/{}", made.json()["id"].as_str().unwrap());
    assert_eq!(program.post(all, json!({ "name": "backup" })).await.status, 409);
    let subject = json!({ "issuer": "https://ci.example.com", "claim": "client_id", "subject": "ci-1" });
    let text = json!({ "roles": ["Admin"], "disabled": true, "subjects": [subject] });
    let put = program.put(&one, text.clone()).await;
    assert_eq!(put.status, 200, "{}", put.text());
    let told = program.get(&one).await.json();
    for (name, value) in text.as_object().unwrap() {
        assert_eq!(told[name], *value);
    }
    assert_eq!(told["username"], "service.home-lab.backup");
    assert_eq!(program.put(&one, json!({ "roles": ["No such"] })).await.status, 422);
    let hands = world.hands().await;
    let account = told["id"].as_str().unwrap().parse().unwrap();
    hands.token(account, &vestibule::directory::ApplicationScope::Everywhere).await;
    let tokens = program.get(&format!("{one}/tokens")).await;
    assert!(!tokens.text().contains("vsa_"));
    let token = format!("{one}/tokens/{}", tokens.json()["items"][0]["id"].as_str().unwrap());
    assert_eq!(
        (program.delete(&token).await.status.as_u16(), program.delete(&token).await.status.as_u16()),
        (204, 404)
    );
    assert_eq!(program.get(all).await.json()["items"].as_array().unwrap().len(), 1);
    assert_eq!(program.delete(&one).await.status, 204);
    assert_eq!(program.get(&one).await.status, 404);
}

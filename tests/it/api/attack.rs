//! An organization's token at every address of the API: made from the document, so that no operation is forgotten.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Program, problem};
use crate::kit::attempt::Attempt;
use crate::kit::browser::{Browser, Response};
use crate::kit::world::{Places, World};
use vestibule::api;

/// What each parameter of a path stands for, in the other organization.
fn fill(path: &str, with: &BTreeMap<&str, String>) -> String {
    let segment = |segment: &str| match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        Some(name) => with.get(name).unwrap_or_else(|| panic!("{path}: what is {name}?")).clone(),
        None => segment.to_owned(),
    };
    let path = path.strip_prefix("/api/v1").expect("below the API's beginning");
    path.split('/').map(segment).collect::<Vec<_>>().join("/")
}

/// A good body for each operation that takes one.
fn body(operation: &str, with: &BTreeMap<&str, String>) -> Value {
    let (idp, user) = (&with["idp"], &with["user"]);
    match operation {
        "makeUser" => json!({ "idp": idp, "identifier": "eve" }),
        "makeOrganizationUser" => json!({ "idp": idp, "identifier": "eve", "roles": ["Member"] }),
        "changeUser" => json!({ "disabled": true }),
        "setUserRoles" | "setOrganizationUserRoles" => json!({ "roles": ["Member"] }),
        "mergeUser" => json!({ "into": user }),
        "putOrganization" => json!({ "name": "Eve's", "roles": [{ "name": "Member" }] }),
        "putApplication" => json!({ "name": "Eve's", "hosts": ["eve.localhost"], "upstream": "http://127.0.0.1:1" }),
        "putIdp" | "putOrganizationIdp" => {
            let issuer = "https://eve.example.com";
            json!({ "name": "Eve's", "issuer": issuer, "client_id": "eve", "client_auth": "none" })
        }
        "discover" | "discoverForOrganization" => json!({ "issuer": "http://127.0.0.1:1" }),
        "changeIdp" | "changeOrganizationIdp" => json!({ "enabled": false }),
        "putDefaultPolicy" | "putPolicy" => json!({ "org": "`true`", "role": "'Admin'" }),
        "decide" | "decideForOrganization" => json!({ "id_token": { "groups": ["home-lab", "admin"] } }),
        "makeServiceAccount" => json!({ "name": "eve", "roles": [] }),
        "putServiceAccount" => json!({ "roles": ["Member"] }),
        _ => panic!("what does {operation} take?"),
    }
}

struct Call {
    method: String,
    path: String,
    body: Option<Value>,
}

/// Every operation that needs a token.
fn calls(with: &BTreeMap<&str, String>) -> Vec<(String, Call)> {
    let document = api::document();
    let mut calls = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            if operation["security"].as_array().is_some_and(Vec::is_empty) {
                continue;
            }
            let id = operation["operationId"].as_str().unwrap();
            let body = operation.get("requestBody").map(|_| body(id, with));
            calls.push((path.clone(), Call { method: method.to_ascii_uppercase(), path: fill(path, with), body }));
        }
    }
    assert!(calls.len() > 20);
    calls
}

impl Program<'_> {
    /// Asks, and waits when told to.
    async fn call(&self, call: &Call) -> Response {
        loop {
            let answer = self.send(&call.method, &call.path, call.body.clone(), &[("if-match", "*")]).await;
            if answer.status != 429 {
                return answer;
            }
            self.world.clock.advance(std::time::Duration::from_secs(10));
        }
    }
}

async fn world() -> (World, BTreeMap<&'static str, String>) {
    let world = World::start(Default::default(), |places: &Places| {
        places.head(Places::SEED_POLICY)
            + &places.home_lab("")
            + &places.garage()
            + &places.idp("second", &places.issuer, "owner = \"home-lab\"")
    })
    .await;
    Attempt::at(&world, &Browser::new(), &world.login("/login/company"), "alice").await;
    let user = world.people().await.remove(0);
    let directory = world.directory().await;
    let admin = directory.server_admin(vestibule::directory::Actor::CommandLine);
    let live = directory.catalogue().await.unwrap();
    let lab = live.organizations.iter().find(|one| one.id.as_str() == "home-lab").unwrap();
    let name = "of the lab".parse().unwrap();
    let token = admin.organization(lab.key).make_token(&name, super::DAY).await.unwrap();
    let person = admin.person(&live, &vestibule::policy::Snapshot::compile(&live), user.id).await.unwrap();
    let name = "backup".parse().unwrap();
    let account = admin.organization(lab.key).add_service_account(&lab.id, &name, &[]).await.unwrap();
    let with = BTreeMap::from([
        ("account", account.to_string()),
        ("organization", "home-lab".to_owned()),
        ("user", user.id.to_string()),
        ("token", token.id.to_string()),
        ("session", person.sessions[0].id.to_string()),
        ("idp", "second".to_owned()),
        ("application", "wiki".to_owned()),
        ("version", live.policies.first().map_or_else(|| user.id.to_string(), |policy| policy.id.to_string())),
        ("reference", person.sign_ins[0].reference.clone()),
    ]);
    (world, with)
}

#[tokio::test]
async fn an_organizations_token_opens_nothing_of_the_server_or_of_another_organization() {
    let (world, with) = world().await;
    let garage = world.program_of("garage").await;
    let before = (world.census().await, world.directory().await.version().await.expect("a version"));
    for (path, call) in calls(&with) {
        if path == "/api/v1/token" {
            continue;
        }
        let answer = garage.call(&call).await;
        // What is in another organization is not known to exist; what is the server's is said to be.
        let expected = if path.starts_with("/api/v1/organizations/{organization}") { 404 } else { 403 };
        let place = format!("{} {}: {}", call.method, call.path, answer.text());
        assert_eq!(answer.status, expected, "{place}");
        for secret in ["alice", "Home lab", "Admin", "127.0.0.1"] {
            assert!(!answer.text().contains(secret), "{place}");
        }
        let _ = problem(&answer);
    }
    assert_eq!((world.census().await, world.directory().await.version().await.expect("a version")), before);
}

#[tokio::test]
async fn an_organizations_token_does_not_reach_others_people_through_its_own_addresses() {
    let (world, mut with) = world().await;
    with.insert("organization", "garage".to_owned());
    let garage = world.program_of("garage").await;
    let before = world.census().await;
    for (path, call) in calls(&with) {
        let own = path.starts_with("/api/v1/organizations/{organization}/");
        if !own || path.matches('{').count() < 2 {
            continue;
        }
        let answer = garage.call(&call).await;
        assert_eq!(answer.status, 404, "{} {}: {}", call.method, call.path, answer.text());
    }
    assert_eq!(world.census().await, before);
}

#[tokio::test]
async fn nobody_without_a_token_is_answered() {
    let (world, with) = world().await;
    let mut nobody = world.program_of("garage").await;
    nobody.token = "vst_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".to_owned();
    for (_, call) in calls(&with) {
        let answer = nobody.call(&call).await;
        assert_eq!(answer.status, 401, "{} {}: {}", call.method, call.path, answer.text());
    }
}

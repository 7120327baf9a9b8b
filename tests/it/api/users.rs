//! Users by the API, of the server and of an organization.

use serde_json::json;

use super::problem;
use crate::kit::browser::Browser;
use crate::kit::scene::is_let_in;
use crate::kit::world::{Places, World, eventually};

async fn two_organizations() -> World {
    World::start(Default::default(), |places: &Places| {
        places.head(Places::SEED_POLICY) + &places.home_lab("") + &places.garage()
    })
    .await
}

#[tokio::test]
async fn users_are_listed_page_by_page_found_and_filtered() {
    let world = two_organizations().await;
    let program = world.program().await;
    for name in ["anna", "bert", "carl"] {
        let roles = json!([{ "organization": "garage", "role": "Member" }]);
        let made =
            program.post("/users", json!({ "idp": "company", "identifier": name, "name": name, "roles": roles })).await;
        assert_eq!(made.status, 200, "{}", made.text());
        assert_eq!(made.json()["state"], "waiting");
        assert_eq!(made.json()["awaited"], json!([{ "idp": "company", "identifier": name }]));
    }
    let mut seen = Vec::new();
    let mut path = "/users?limit=2".to_owned();
    loop {
        let page = program.get(&path).await.json();
        seen.extend(page["items"].as_array().unwrap().iter().map(|user| user["username"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/users?limit=2&cursor={next}");
    }
    seen.sort_unstable();
    assert_eq!(seen, ["anna", "bert", "carl"]);
    for (query, count) in [
        ("q=be", 1),
        ("q=x", 0),
        ("state=waiting", 3),
        ("state=disabled", 0),
        ("organization=garage", 3),
        ("organization=home-lab", 0),
        ("organization=garage&role=Member&q=an", 1),
        ("idp=company", 3),
    ] {
        let page = program.get(&format!("/users?{query}")).await.json();
        assert_eq!(page["items"].as_array().unwrap().len(), count, "{query}: {page}");
    }
}

#[tokio::test]
async fn a_user_is_disabled_given_roles_and_removed_and_feels_it() {
    let world = two_organizations().await;
    let (browser, _) = world.signed_in("alice").await;
    let program = world.program().await;
    let listed = program.get("/users?q=alice").await.json();
    let id = listed["items"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/users/{id}");

    let given = program.put(&format!("{path}/roles/garage"), json!({ "roles": ["Member"] })).await;
    assert_eq!(given.status, 200, "{}", given.text());
    assert!(
        given.json()["roles"]
            .as_array()
            .unwrap()
            .contains(&json!({ "organization": "garage", "role": "Member", "origin": "manual" }))
    );
    eventually("she gets into the garage", async || {
        world.enter(&browser, &world.url("tools", "/"), "alice").await.status == 200
    })
    .await;
    let unknown = program.put(&format!("{path}/roles/garage"), json!({ "roles": ["Boss"] })).await;
    assert_eq!((problem(&unknown).as_str(), unknown.status.as_u16()), ("invalid", 422));
    assert!(
        unknown.text().contains("there is Member") || unknown.text().contains("there is one"),
        "{}",
        unknown.text()
    );

    let sessions = program.get(&format!("{path}/sessions")).await.json();
    assert_eq!(sessions["items"].as_array().unwrap().len(), 1);
    let sign_ins = program.get(&format!("{path}/sign-ins")).await.json();
    assert_eq!(sign_ins["items"][0]["idp"], "company", "{sign_ins}");

    let disabled = program.send("PATCH", &path, Some(json!({ "disabled": true })), &[]).await;
    assert_eq!((disabled.status.as_u16(), &disabled.json()["state"]), (200, &json!("disabled")));
    assert!(!is_let_in(&browser, &world.url("wiki", "/")).await, "she is out");
    assert_eq!(program.delete(&path).await.status, 204);
    assert_eq!(program.get(&path).await.status, 404);
    assert_eq!(world.census().await.users, 0);
}

#[tokio::test]
async fn a_change_counts_only_for_the_state_that_was_read() {
    let world = two_organizations().await;
    let program = world.program().await;
    let made = program.post("/users", json!({ "idp": "company", "email": "anna@example.com", "name": "Anna" })).await;
    let path = format!("/users/{}", made.json()["id"].as_str().unwrap());
    let first = made.header("etag").unwrap().to_owned();
    assert_eq!(program.get(&path).await.header("etag"), Some(first.as_str()));
    let disable = |etag: String| {
        let (program, path) = (&program, &path);
        async move { program.send("PATCH", path, Some(json!({ "disabled": true })), &[("if-match", &etag)]).await }
    };
    let stale = disable("\"0123\"".to_owned()).await;
    assert_eq!((stale.status.as_u16(), problem(&stale).as_str()), (412, "changed"));
    assert_eq!(program.get(&path).await.json()["state"], "waiting");
    let done = disable(format!("\"other\", {first}")).await;
    assert_eq!(done.status, 200, "{}", done.text());
    assert_ne!(done.header("etag"), Some(first.as_str()));
    assert_eq!(disable(first).await.status, 412);
    assert_eq!(program.send("DELETE", &path, None, &[("if-match", "*")]).await.status, 204);
}

#[tokio::test]
async fn an_organization_sees_its_people_and_of_them_what_is_its_own() {
    let world = two_organizations().await;
    let (_, _) = world.signed_in("alice").await;
    let server = world.program().await;
    let id = server.get("/users?q=alice").await.json()["items"][0]["id"].as_str().unwrap().to_owned();
    let garage = world.program_of("garage").await;
    let of_garage = "/organizations/garage/users";
    assert_eq!(garage.get(of_garage).await.json()["items"], json!([]));
    assert_eq!(garage.get(&format!("{of_garage}/{id}")).await.status, 404);
    server.put(&format!("/users/{id}/roles/garage"), json!({ "roles": ["Member"] })).await;
    let seen = garage.get(&format!("{of_garage}/{id}")).await;
    assert_eq!(seen.status, 200, "{}", seen.text());
    let member = json!([{ "organization": "garage", "role": "Member", "origin": "manual" }]);
    assert_eq!(seen.json()["roles"], member);
    assert!(!seen.text().contains("home-lab") && !seen.text().contains("Admin"), "{}", seen.text());

    let new = json!({ "idp": "company", "email": "carl@example.com", "roles": ["Member"] });
    let made = garage.post(of_garage, new).await;
    assert_eq!(made.status, 200, "{}", made.text());
    let beyond = json!({ "idp": "company", "email": "carl@example.com", "roles": ["Admin"] });
    assert_eq!(problem(&garage.post(of_garage, beyond).await), "invalid");
    let gone = garage.put(&format!("{of_garage}/{id}/roles"), json!({ "roles": [] })).await;
    assert_eq!(gone.status, 204, "{}", gone.text());
    assert_eq!(garage.get(&format!("{of_garage}/{id}")).await.status, 404);
}

#[tokio::test]
async fn what_is_hostile_stays_text() {
    let world = two_organizations().await;
    let program = world.program().await;
    let hostile = "<script>{{ 7*7 }}</script>\"'&";
    let made = program.post("/users", json!({ "idp": "company", "identifier": hostile, "name": hostile })).await;
    assert_eq!(made.status, 200, "{}", made.text());
    assert_eq!(made.json()["name"], hostile);
    assert_eq!(made.header("content-type"), Some("application/json"));
    assert_eq!(made.header("x-content-type-options"), Some("nosniff"));
    let unread = Browser::new().fetch(&world.login("/api/v1/users")).await;
    assert_eq!(unread.header("cache-control"), Some("no-store"));
}

//! Who gets in, and how fast.

use std::time::Duration;

use serde_json::json;

use super::problem;
use crate::kit::browser::Browser;
use crate::kit::world::{World, eventually};

#[tokio::test]
async fn without_a_token_that_opens_something_nothing_is_told() {
    let world = World::usual().await;
    let mut program = world.program().await;
    let good = program.token.clone();
    for (token, kind) in [
        ("", "token-required"),
        ("vst_", "token-refused"),
        ("vst_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "token-refused"),
        (good.strip_prefix("vst_").unwrap(), "token-refused"),
    ] {
        program.token = token.to_owned();
        let answer = program.get("/users").await;
        assert_eq!((answer.status.as_u16(), problem(&answer).as_str()), (401, kind), "{token}");
        assert!(answer.header("www-authenticate").unwrap().starts_with("Bearer realm="), "{token}");
        assert!(!answer.text().contains(&good[4..]), "{token}");
    }
    let bare = Browser::new().fetch(&world.login("/api/v1/users")).await;
    assert_eq!((bare.status.as_u16(), problem(&bare).as_str()), (401, "token-required"));
    let basic = program.send("GET", "/users", None, &[("authorization", "Basic dnN0Xzo=")]).await;
    assert_eq!(problem(&basic), "token-required");
}

#[tokio::test]
async fn a_browsers_session_opens_nothing_here() {
    let world = World::usual().await;
    let (browser, _) = world.signed_in("alice").await;
    browser.follow(&world.login("/")).await;
    assert_eq!(browser.fetch(&world.login("/api/v1/token")).await.status, 401);
}

#[tokio::test]
async fn a_token_tells_what_it_opens_and_ends_by_its_own_hand() {
    let world = World::usual().await;
    let program = world.program().await;
    let own = program.get("/token").await.json();
    assert_eq!(own["opens"], "server", "{own}");
    let listed = program.get("/tokens").await.json();
    assert_eq!(listed["items"][0]["id"], own["id"], "{listed}");
    assert!(!listed.to_string().contains(&program.token[4..]));
    let of_lab = world.program_of("home-lab").await;
    let opened = of_lab.get("/token").await.json();
    assert_eq!((&opened["opens"], &opened["organization"]), (&"organization".into(), &"home-lab".into()));
    let refused = of_lab.get("/tokens").await;
    assert_eq!((refused.status.as_u16(), problem(&refused).as_str()), (403, "one-organization"));
    let id = own["id"].as_str().unwrap();
    assert_eq!(of_lab.delete(&format!("/organizations/home-lab/tokens/{id}")).await.status, 404);
    assert_eq!(program.delete(&format!("/tokens/{id}")).await.status, 204);
    assert_eq!(problem(&program.get("/token").await), "token-refused");
}

#[tokio::test]
async fn a_token_runs_out() {
    let world = World::usual().await;
    let program = world.program().await;
    assert_eq!(program.get("/token").await.status, 200);
    world.clock.advance(super::DAY);
    assert_eq!(program.get("/token").await.status, 401);
}

#[tokio::test]
async fn whoever_asks_too_fast_has_to_wait_and_nobody_else() {
    let world = World::usual().await;
    let (program, other) = (world.program().await, world.program().await);
    eventually("it is told to wait", async || {
        let answer = program.get("/token").await;
        if answer.status != 429 {
            return false;
        }
        assert_eq!((problem(&answer).as_str(), answer.header("retry-after")), ("too-many-requests", Some("1")));
        true
    })
    .await;
    assert_eq!(other.get("/token").await.status, 200);
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(program.get("/token").await.status, 200);
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_with_the_reason() {
    let world = World::usual().await;
    let program = world.program().await;
    for (path, kind, said) in [
        ("/users?limit=0", "bad-query", "1 to 200"),
        ("/users?limit=many", "bad-query", "limit"),
        ("/users?nonsense=1", "bad-query", "nonsense"),
        ("/users?cursor=AAAA", "bad-query", "cursor"),
        ("/users?idp=nobody", "invalid", "there is no IdP nobody"),
        ("/users?state=lost", "bad-query", "waiting"),
        ("/nonsense", "not-found", "address"),
        ("/users/alice", "not-found", "address"),
        ("/organizations/no%20slug/users", "not-found", "address"),
    ] {
        let answer = program.get(path).await;
        assert_eq!(problem(&answer), kind, "{path}: {}", answer.text());
        assert!(answer.text().contains(said), "{path}: {}", answer.text());
    }
    let json = ("content-type", "application/json");
    let sent = async |body: &str, header: (&str, &str)| {
        let mut request = http::Request::post(world.login("/api/v1/users")).body(body.to_owned().into()).unwrap();
        let bearer = format!("Bearer {}", program.token);
        request.headers_mut().insert("authorization", bearer.parse().unwrap());
        request.headers_mut().insert("content-type", header.1.parse().unwrap());
        Browser::new().send(request).await
    };
    assert_eq!(problem(&sent("{}", ("content-type", "text/plain")).await), "not-json");
    assert_eq!(problem(&sent("{", json).await), "bad-json");
    assert_eq!(problem(&sent("{}", json).await), "invalid");
    assert_eq!(problem(&sent("{\"idp\": \"company\", \"nickname\": 1}", json).await), "invalid");
    let wrong = program.put("/users", json!({})).await;
    assert_eq!((wrong.status.as_u16(), problem(&wrong).as_str()), (405, "method-not-allowed"));
    assert!(wrong.header("allow").unwrap().contains("POST"), "{:?}", wrong.headers);
}

#[tokio::test]
async fn the_document_is_served_to_everybody_as_it_is_committed() {
    let world = World::usual().await;
    let served = Browser::new().fetch(&world.login("/api/v1/openapi.json")).await;
    assert_eq!(served.status, 200);
    let committed = std::fs::read(crate::kit::root().join("docs/openapi.json")).unwrap();
    let committed: serde_json::Value = serde_json::from_slice(&committed).unwrap();
    assert_eq!(served.json(), committed);
}

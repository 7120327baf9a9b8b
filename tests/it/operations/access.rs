//! The access log: a line for each request, and in none of them what opens a door.

use std::path::Path;

use serde_json::Value;

use crate::kit::browser::Browser;
use crate::kit::provider::Variant;
use crate::kit::raw::ask;
use crate::kit::world::{World, eventually};

/// The lines so far.
pub fn lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
}

async fn world() -> (World, std::path::PathBuf, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("access.log");
    let log = format!("[log]\naccess = \"{}\"\n", path.display());
    let world = World::start(Variant::default(), |places| log + &places.usual()).await;
    (world, path, folder)
}

#[tokio::test]
async fn each_request_is_one_line_that_says_who_what_and_what_became_of_it() {
    let (world, path, _folder) = world().await;
    let (browser, page) = world.signed_in("alice").await;
    assert_eq!(page.status, 200);
    let page = browser.navigate(&world.url("wiki", "/notes?draft=private")).await;
    let denied = Browser::new().fetch(&world.url("wiki", "/api")).await;
    assert_eq!(Browser::new().navigate(&world.url("nowhere", "/")).await.status, 421);
    let all = async || lines(&path).iter().any(|line| line["status"] == 421);
    eventually("the lines are written", all).await;

    let lines = lines(&path);
    let one =
        |path: &str| lines.iter().find(|line| line["path"] == path).unwrap_or_else(|| panic!("{path}: {lines:#?}"));
    let notes = one("/notes");
    for (field, expected) in [
        ("client", "127.0.0.1".into()),
        ("method", "GET".into()),
        ("host", format!("wiki.localhost:{}", world.places.port).into()),
        ("status", 200.into()),
        ("bytes", page.body.len().into()),
        ("complete", true.into()),
        ("door", "application".into()),
        ("application", "wiki".into()),
        ("decision", "permitted".into()),
        ("reference", Value::Null),
        ("trace", Value::Null),
    ] {
        assert_eq!(notes[field], expected, "{field} of {notes}");
    }
    assert!(notes["user"].as_str().is_some_and(|user| user.len() == 36), "an id, and no name: {notes}");
    assert!(notes["duration_ms"].as_f64().unwrap() > 0.0);
    assert!(notes["time"].as_str().unwrap().ends_with('Z'));
    let api = one("/api");
    assert_eq!((&api["decision"], &api["user"]), (&"sign_in".into(), &Value::Null));
    assert_eq!(api["reference"], denied.reference(), "what the client was told leads here");
    assert_eq!(one("/login/company/callback")["door"], "sign_in");
    assert_eq!(lines.iter().find(|line| line["status"] == 421).unwrap()["door"], "nobody");
}

#[tokio::test]
async fn what_a_client_wrote_stays_within_its_line_and_is_cut() {
    let (world, path, _folder) = world().await;
    let address = ([127, 0, 0, 1], world.places.port).into();
    let long = "x".repeat(20_000);
    ask(address, format!("GET /{long} HTTP/1.1\r\nHost: a\"\\,{{}}.example\r\nConnection: close\r\n\r\n")).await;
    ask(address, format!("{} / HTTP/1.1\r\nHost: wiki.localhost\r\nConnection: close\r\n\r\n", "M".repeat(500))).await;
    eventually("both are there", async || lines(&path).len() >= 2).await;
    for line in lines(&path) {
        assert!(line.to_string().len() < 4_000, "{line}");
    }
}

#[tokio::test]
async fn an_answer_that_nobody_waits_for_is_a_line_too() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let here = listener.local_addr().unwrap().to_string();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("access.log");
    let log = format!("[log]\naccess = \"{}\"\n", path.display());
    let open = "[[application.rule]]\npath = \"/*\"\nallow = \"everyone\"\n";
    let world = World::start(Variant::default(), |places| {
        log + &places.head("") + &places.home_lab(open).replace(&places.upstream.to_string(), &here)
    })
    .await;
    let mut raw = crate::kit::raw::Raw::connect(([127, 0, 0, 1], world.places.port).into()).await;
    raw.send("GET /slow HTTP/1.1\r\nHost: wiki.localhost\r\n\r\n").await;
    let _never_answers = listener.accept().await.unwrap();
    drop(raw);
    eventually("it is written down", async || !lines(&path).is_empty()).await;
    let line = &lines(&path)[0];
    assert_eq!((&line["status"], &line["complete"]), (&Value::Null, &false.into()), "{line}");
}

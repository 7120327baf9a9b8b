//! `vestibule serve`: starts, says what is wrong, explains itself in its log, stops in order.

use std::net::TcpListener;

use http::Request;
use serde_json::Value;

use super::{places, usual};
use crate::kit::browser::Browser;
use crate::kit::process::{Serving, failure, file, run};
use crate::kit::provider::{Provider, Variant};
use crate::kit::raw::Raw;
use crate::kit::world::{Places, eventually};

#[tokio::test]
async fn serve_is_healthy_until_it_is_told_to_stop() {
    let folder = tempfile::tempdir().unwrap();
    let (places, operations) = places(folder.path(), "http://127.0.0.1:9").await;
    let path = file(folder.path(), &usual(&places, operations));
    let mut serving = Serving::start(&path, &[]);
    serving.ready(operations).await;
    let health = run(&["health", "--config", &path], &[]).await;
    assert!(health.status.success(), "{}", String::from_utf8_lossy(&health.stderr));
    assert_eq!(String::from_utf8_lossy(&health.stdout), "/healthz: 200 ok\n/readyz: 200 ok\n");
    serving.terminate();
    assert_eq!(serving.exit().await, Some(0), "{:?}", serving.log());
    let (code, told) = failure(&["health", "--config", &path], &[]).await;
    assert_eq!(code, Some(1), "{told}");
}

#[tokio::test]
async fn a_request_under_way_is_finished_before_it_stops() {
    let folder = tempfile::tempdir().unwrap();
    let upstream = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (places, operations) = places(folder.path(), "http://127.0.0.1:9").await;
    let open = "[[application.rule]]\npath = \"/*\"\nallow = \"everyone\"\n";
    let text =
        usual(&places, operations).replace(&places.upstream.to_string(), &upstream.local_addr().unwrap().to_string());
    let mut serving = Serving::start(&file(folder.path(), &(text + open)), &[]);
    serving.ready(operations).await;
    let mut client = Raw::connect(([127, 0, 0, 1], places.port).into()).await;
    client.send("GET /slow HTTP/1.1\r\nHost: wiki.localhost\r\n\r\n").await;
    let mut upstream = Raw::over(upstream.accept().await.unwrap().0);
    upstream.read_until("\r\n\r\n").await;
    serving.terminate();
    let refuses = async || tokio::net::TcpStream::connect(("127.0.0.1", places.port)).await.is_err();
    eventually("it takes no new connections", refuses).await;
    upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\ndone").await;
    client.read_until("done").await;
    assert_eq!(serving.exit().await, Some(0), "{:?}", serving.log());
}

#[tokio::test]
async fn a_port_that_is_taken_is_said_so() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let (mut places, operations) = places(folder.path(), "http://127.0.0.1:9").await;
    places.port = taken.local_addr().unwrap().port();
    let (code, told) = failure(&["serve", "--config", &file(folder.path(), &usual(&places, operations))], &[]).await;
    assert_eq!(code, Some(1), "{told}");
    let address = taken.local_addr().unwrap().to_string();
    assert!(told.contains(&format!("cannot listen on {address}")) && !told.contains("panicked"), "{told}");
    assert!(!folder.path().join("vestibule.db").exists(), "and nothing was begun");
}

#[tokio::test]
async fn the_log_explains_a_refusal_under_the_reference_on_the_page_and_holds_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let (mut places, operations) = places(folder.path(), "").await;
    let redirect_uris = vec![format!("http://login.localhost:{}/login/company/callback", places.port)];
    let provider = Provider::start(&Variant { redirect_uris, ..Variant::default() });
    places.issuer.clone_from(&provider.issuer);
    let text = usual(&places, operations) + "roles = [\"Admin\"]\n";
    let serving = Serving::start(&file(folder.path(), &text), &[("RUST_LOG", "debug")]);
    serving.ready(operations).await;

    let browser = Browser::new();
    let wiki = format!("http://wiki.localhost:{}/notes", places.port);
    let mut hops = browser.follow(&wiki).await;
    hops.extend(browser.sign_in_as(hops.last().unwrap(), "bob").await);
    let page = hops.last().unwrap();
    assert_eq!(page.status, 403);
    assert_explained(&serving, page.text(), &["wiki", "bob", "none of the user's roles"]).await;

    let stale = format!("http://login.localhost:{}/login/company/callback?state=abc&code=a-code", places.port);
    let page = Browser::new().navigate(&stale).await;
    assert_explained(&serving, page.text(), &["company", "no pending sign-in of this browser"]).await;
    let garbage = format!("http://wiki.localhost:{}/.vestibule/session?code={}", places.port, "A".repeat(43));
    let page = browser.navigate(&garbage).await;
    assert_explained(&serving, page.text(), &["wiki.localhost", "hand-off code"]).await;

    let log = serving.log().join("\n");
    let mut secrets = vec![crate::kit::provider::CLIENT_SECRET.to_owned(), "a-code".to_owned()];
    for host in ["wiki", "login"] {
        secrets
            .extend(browser.cookies(&format!("http://{host}.localhost:{}/", places.port)).into_iter().map(|c| c.value));
    }
    for hop in &hops {
        let telling = |name: &str| ["code", "state", "nonce", "request"].contains(&name);
        secrets.extend(hop.url.query_pairs().filter(|(name, _)| telling(name)).map(|(_, value)| value.into_owned()));
    }
    for secret in secrets {
        assert!(!log.contains(&secret), "the log holds {secret}");
    }
    // What a browser sends is not echoed into the log as lines of its own.
    let request = Request::get(&wiki).header("x-a", "b").body(bytes::Bytes::new()).unwrap();
    browser.send(request).await;
    assert!(serving.log().iter().all(|line| serde_json::from_str::<Value>(line).is_ok()), "every line is JSON");
}

async fn assert_explained(serving: &Serving, page: String, parts: &[&str]) {
    let (_, rest) = page.split_once("<dt>Reference</dt><dd><code>").unwrap_or_else(|| panic!("no reference: {page}"));
    let reference = rest.split('<').next().unwrap().to_owned();
    let line = || serving.log().into_iter().find(|line| line.contains(&reference));
    eventually("the log holds the reference", async || line().is_some()).await;
    for part in parts {
        assert!(line().unwrap().contains(part), "{part} in {}", line().unwrap());
    }
}

#[tokio::test]
async fn serve_says_which_database_it_cannot_use_and_lets_nobody_through() {
    let folder = tempfile::tempdir().unwrap();
    let (places, operations) = places(folder.path(), "http://127.0.0.1:9").await;
    let places = Places { database: "sqlite:///nowhere/at/all/vestibule.db".to_owned(), ..places };
    let mut serving = Serving::start(&file(folder.path(), &usual(&places, operations)), &[]);
    let told = async || serving.log().iter().any(|line| line.contains("/nowhere/at/all/vestibule.db"));
    eventually("it says which file", told).await;
    let page = Browser::new().navigate(&format!("http://wiki.localhost:{}/", places.port)).await;
    assert_eq!(page.status, 503);
    serving.terminate();
    assert_eq!(serving.exit().await, Some(0), "and it can be stopped");
}

//! `/metrics`: what happened is counted, and nothing of whom it happened to is told.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::kit::browser::Browser;
use crate::kit::provider::Variant;
use crate::kit::raw::{Raw, address, ask, session};
use crate::kit::scene::docs;
use crate::kit::world::{Places, World, eventually};

/// Every number there is, by name and labels.
pub async fn numbers(world: &World) -> BTreeMap<String, f64> {
    let text = exposed(world).await;
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.rsplit_once(' '))
        .map(|(name, number)| (name.into(), number.parse().unwrap()))
        .collect()
}

pub async fn exposed(world: &World) -> String {
    let response = Browser::new().fetch(&format!("http://{}/metrics", world.operations)).await;
    assert_eq!(response.status, 200);
    assert_eq!(response.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    response.text().to_owned()
}

#[tokio::test]
async fn a_journey_is_counted_step_by_step() {
    let world = World::usual().await;
    let (browser, page) = world.signed_in("alice").await;
    assert_eq!(page.status, 200);
    assert_eq!(browser.navigate(&world.url("wiki", "/again")).await.status, 200);
    assert_eq!(Browser::new().fetch(&world.url("wiki", "/api")).await.status, 401);
    assert_eq!(world.signed_in("carol").await.1.status, 403);
    assert_eq!(Browser::new().navigate(&world.url("nowhere", "/")).await.status, 421);

    let numbers = numbers(&world).await;
    for (name, expected) in [
        ("vestibule_ready", 1.0),
        ("vestibule_stopping", 0.0),
        ("vestibule_sessions_opened_total", 2.0),
        (r#"vestibule_decisions_total{application="wiki",outcome="permitted"}"#, 2.0),
        // Alice and carol were each sent to sign in; a script was told to.
        (r#"vestibule_decisions_total{application="wiki",outcome="sign_in"}"#, 3.0),
        (r#"vestibule_requests_total{door="application",application="wiki",status="2xx"}"#, 2.0),
        (r#"vestibule_request_duration_seconds_count{door="application",application="wiki",status="2xx"}"#, 2.0),
        (
            r#"vestibule_request_duration_seconds_bucket{door="application",application="wiki",status="2xx",le="+Inf"}"#,
            2.0,
        ),
        (r#"vestibule_requests_total{door="application",application="wiki",status="4xx"}"#, 1.0),
        (r#"vestibule_requests_total{door="nobody",application="",status="4xx"}"#, 1.0),
        (r#"vestibule_sign_ins_total{idp="company",outcome="signed_in"}"#, 1.0),
        (r#"vestibule_sign_ins_total{idp="company",outcome="without_organization"}"#, 1.0),
        (r#"vestibule_accounts_created_total{idp="company"}"#, 2.0),
        (r#"vestibule_grants_added_total{idp="company"}"#, 1.0),
    ] {
        assert_eq!(numbers.get(name), Some(&expected), "{name} of {numbers:#?}");
    }
    assert!(numbers[r#"vestibule_session_lookups_total{found="memory"}"#] >= 1.0);
    assert!(numbers["vestibule_sessions_in_memory"] >= 1.0);
}

#[tokio::test]
async fn whatever_is_refused_is_counted_for_its_application_by_why() {
    let rule = "[[application.rule]]\npath = \"/admin/*\"\nroles = [\"Admin\"]\n";
    let prefixed = "[application.connection]\nstrip_prefix = \"/docs\"\n";
    let world = World::start(Variant::default(), |places| {
        places.head(Places::SEED_POLICY) + &places.home_lab(rule) + &docs(places, prefixed)
    })
    .await;
    let (bob, _) = world.signed_in("bob").await;
    let session = session(&world, &bob);
    let raw = async |line: &str, fields: &str| {
        let lines = format!("Host: wiki.localhost\r\nCookie: {session}\r\n{fields}Connection: close\r\n");
        ask(address(&world), format!("{line} HTTP/1.1\r\n{lines}\r\n")).await.status
    };
    // By itself, and by what a rule says of it.
    assert_eq!(raw("GET /a%2f..%2fadmin/x", "").await, 400);
    assert_eq!(raw("GET //admin/x", "").await, 400);
    assert_eq!(raw("GET /admin/x", "").await, 403);
    let handshake =
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let request = format!(
        "GET /socket HTTP/1.1\r\nHost: wiki.localhost\r\nCookie: {session}\r\nConnection: Upgrade\r\n{handshake}\
         Origin: https://evil.example\r\n\r\n"
    );
    let mut socket = Raw::connect(address(&world)).await;
    socket.send(request).await;
    socket.read_until("HTTP/1.1 403").await;
    world.enter(&bob, &world.url("docs", "/docs/"), "bob").await;
    assert_eq!(bob.fetch(&world.url("docs", "/elsewhere")).await.status, 404);
    let nobody =
        format!("Cookie: {}=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n", session.split('=').next().unwrap());
    for _ in 0..2 {
        let request = format!("GET /api HTTP/1.1\r\nHost: wiki.localhost\r\n{nobody}Connection: close\r\n\r\n");
        assert_eq!(ask(address(&world), request).await.status, 401);
    }
    let wiki = world.url("wiki", "/").parse().unwrap();
    let page = bob.submit(&wiki, &world.url("wiki", "/.vestibule/sign-out"), &[]).await;
    assert_eq!(page.status, 303);

    let numbers = numbers(&world).await;
    for (name, expected) in [
        (r#"vestibule_decisions_total{application="wiki",outcome="ambiguous"}"#, 2.0),
        (r#"vestibule_decisions_total{application="wiki",outcome="denied"}"#, 1.0),
        (r#"vestibule_decisions_total{application="wiki",outcome="foreign_page"}"#, 1.0),
        (r#"vestibule_decisions_total{application="docs",outcome="outside"}"#, 1.0),
        (r#"vestibule_requests_total{door="nobody",application="",status="4xx"}"#, 0.0),
        (r#"vestibule_session_lookups_total{found="nobody"}"#, 1.0),
        (r#"vestibule_sessions_ended_total{why="signed_out"}"#, 1.0),
    ] {
        assert_eq!(numbers.get(name).copied().unwrap_or_default(), expected, "{name} of {numbers:#?}");
    }
    assert!(numbers[r#"vestibule_session_lookups_total{found="database"}"#] >= 1.0);
}

/// Reads what Prometheus would, with the parser of its Python client; fails on what that does not take.
const PARSE: &str = r#"
import sys
from prometheus_client.parser import text_string_to_metric_families
for family in text_string_to_metric_families(sys.stdin.read()):
    assert family.documentation, family
    buckets = {}
    for sample in family.samples:
        if sample.name.endswith("_bucket"):
            rest = tuple(sorted((k, v) for k, v in sample.labels.items() if k != "le"))
            buckets.setdefault(rest, []).append((float(sample.labels["le"]), sample.value))
    for series in buckets.values():
        assert series == sorted(series) and series[-1][0] == float("inf"), series
    print(family.type, family.name, len(family.samples))
"#;

#[tokio::test]
async fn a_parser_of_prometheus_reads_all_of_it() {
    let world = World::usual().await;
    world.signed_in("alice").await;
    let text = exposed(&world).await;
    let python = std::env::var_os("VESTIBULE_PYTHON").unwrap_or_else(|| "/usr/bin/python3".into());
    let mut python = Command::new(python)
        .args(["-c", PARSE])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 runs");
    python.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let read = python.wait_with_output().unwrap();
    assert!(read.status.success(), "Debian's python3-prometheus-client is there, and takes: {text}");
    let read = String::from_utf8(read.stdout).unwrap();
    // Counters lose their suffix there, by the format's rules.
    let names = text.lines().filter(|line| line.starts_with("# TYPE ")).count();
    assert_eq!(read.lines().count(), names, "{read}");
    assert!(read.contains("\nhistogram vestibule_request_duration_seconds "), "{read}");
    assert!(read.contains("\ncounter vestibule_requests "), "{read}");
}

#[tokio::test]
async fn an_upstream_that_is_away_is_counted_by_kind() {
    let nothing = "127.0.0.1:9";
    let world = World::start(Variant::default(), |places| {
        let open = places.home_lab("[[application.rule]]\npath = \"/*\"\nallow = \"everyone\"");
        places.head("") + &open.replace(&places.upstream.to_string(), nothing)
    })
    .await;
    assert_eq!(Browser::new().fetch(&world.url("wiki", "/")).await.status, 502);
    let numbers = numbers(&world).await;
    assert_eq!(numbers[r#"vestibule_upstream_errors_total{application="wiki",kind="unreachable"}"#], 1.0);
    assert_eq!(numbers[r#"vestibule_requests_total{door="application",application="wiki",status="5xx"}"#], 1.0);
}

#[tokio::test]
async fn strangers_make_no_series() {
    let world = World::usual().await;
    let series = async || numbers(&world).await.len();
    let ask = async |round: usize| {
        let browser = Browser::new();
        for (host, path) in [(format!("x{round}"), "/".into()), ("wiki".to_owned(), format!("/{round}"))] {
            browser.navigate(&world.url(&host, &path)).await;
        }
        browser.navigate(&world.login(&format!("/login/x{round}/callback?state={round}"))).await;
        browser.navigate(&world.login(&format!("/login/company/callback?state={round}"))).await;
    };
    ask(0).await;
    let before = series().await;
    for round in 1..20 {
        ask(round).await;
    }
    assert_eq!(series().await, before);
}

#[tokio::test]
async fn an_application_that_is_gone_leaves_the_metrics() {
    let mut world = World::start(Variant::default(), |places| places.usual() + &places.garage()).await;
    Browser::new().fetch(&world.url("tools", "/")).await;
    assert!(exposed(&world).await.contains("application=\"tools\""));
    world.restart(Places::usual).await;
    Browser::new().fetch(&world.url("tools", "/")).await;
    assert!(!exposed(&world).await.contains("application=\"tools\""));
    eventually("it is ready", async || numbers(&world).await["vestibule_ready"] == 1.0).await;
}

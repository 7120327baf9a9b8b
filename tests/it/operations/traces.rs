//! Traces: a request is followed into the upstream, and a collector is told of its steps.

use serde_json::{Value, json};

use crate::kit::browser::Browser;
use crate::kit::collector::Collector;
use crate::kit::provider::Variant;
use crate::kit::raw::ask;
use crate::kit::upstream::received;
use crate::kit::world::{World, eventually};

const THEIRS: &str = "0af7651916cd43dd8448eb211c80319c";

/// A world that tells a collector of this share of its traces, and believes these networks.
async fn world(collector: &Collector, sample: &str, trusted: &str) -> World {
    let traces = format!("[traces]\nendpoint = \"http://{}\"\nsample = {sample}\n", collector.address);
    let believe = format!("trusted_proxies = [{trusted}]\n[database]");
    let open = "[[application.rule]]\npath = \"/open/*\"\nallow = \"everyone\"\n";
    World::start(Variant::default(), |places| traces + &places.usual().replace("[database]", &believe) + open).await
}

/// What the wiki received of a request with these lines.
async fn asked(world: &World, lines: &str) -> Value {
    let address = ([127, 0, 0, 1], world.places.port).into();
    let head = "Host: wiki.localhost\r\nConnection: close, traceparent, tracestate";
    ask(address, format!("GET /open/x?token=s3cret HTTP/1.1\r\n{head}\r\n{lines}\r\n")).await.json()
}

/// The trace and the span that the upstream was told, and whether it is kept.
fn told(seen: &Value) -> (String, String, bool) {
    let parents = received(seen, "traceparent");
    let [parent] = parents.as_slice() else { panic!("{seen}") };
    let parts: Vec<&str> = parent.split('-').collect();
    assert_eq!((parts.len(), parts[0]), (4, "00"), "{parent}");
    (parts[1].to_owned(), parts[2].to_owned(), parts[3] == "01")
}

/// The spans of a trace, once there are so many.
async fn spans(collector: &Collector, trace: &str, count: usize) -> Vec<Value> {
    let of = || collector.spans().into_iter().filter(|span| span["traceId"] == trace).collect::<Vec<_>>();
    eventually("its spans are told", async || of().len() >= count).await;
    of()
}

fn named<'a>(spans: &'a [Value], name: &str) -> &'a Value {
    spans.iter().find(|span| span["name"] == name).unwrap_or_else(|| panic!("{name} of {spans:#?}"))
}

#[tokio::test]
async fn strangers_begin_no_trace_of_ours_and_the_upstream_gets_ours() {
    let collector = Collector::start().await;
    let world = world(&collector, "1", "").await;
    let seen = asked(&world, &format!("traceparent: 00-{THEIRS}-b7ad6b7169203331-00\r\ntracestate: a=1\r\n")).await;
    let (trace, span, kept) = told(&seen);
    assert_ne!(trace, THEIRS);
    assert!(kept && received(&seen, "tracestate").is_empty());
    let spans = spans(&collector, &trace, 3).await;
    let request = named(&spans, "GET wiki");
    assert!(request["parentSpanId"].is_null());
    let upstream = named(&spans, "upstream");
    assert_eq!(upstream["spanId"], span);
    let said = |name: &str| {
        let mut attributes = upstream["attributes"].as_array().unwrap().iter();
        attributes.find(|attribute| attribute["key"] == name).map(|attribute| attribute["value"].clone())
    };
    let (host, port) = (world.upstream.address.ip().to_string(), world.upstream.address.port().to_string());
    assert_eq!(said("server.address"), Some(json!({ "stringValue": host })));
    assert_eq!(said("server.port"), Some(json!({ "intValue": port })));
    for step in ["upstream", "decision"] {
        assert_eq!(named(&spans, step)["parentSpanId"], request["spanId"]);
    }
    assert!(!spans.iter().any(|span| span.to_string().contains("s3cret")), "queries are left out: {spans:#?}");
}

#[tokio::test]
async fn a_trusted_proxys_trace_goes_on_and_its_word_on_keeping_it_holds() {
    let collector = Collector::start().await;
    let world = world(&collector, "0", "\"127.0.0.1\"").await;
    let lines = |flags: &str| format!("traceparent: 00-{THEIRS}-b7ad6b7169203331-{flags}\r\ntracestate: a=1\r\n");
    let unkept = told(&asked(&world, &lines("00")).await);
    assert_eq!((unkept.0.as_str(), unkept.2), (THEIRS, false));
    let seen = asked(&world, &lines("01")).await;
    let (trace, span, kept) = told(&seen);
    assert_eq!((trace.as_str(), kept), (THEIRS, true));
    assert_eq!(received(&seen, "tracestate"), ["a=1"]);
    let spans = spans(&collector, THEIRS, 3).await;
    assert_eq!(named(&spans, "GET wiki")["parentSpanId"], "b7ad6b7169203331");
    assert_eq!(named(&spans, "upstream")["spanId"], span);
    assert_eq!(spans.len(), 3, "what was not to be kept was not: {spans:#?}");
    // A new one is followed, and not kept: nobody asked for it.
    let (trace, _, kept) = told(&asked(&world, "").await);
    assert!(trace != THEIRS && !kept);
}

#[tokio::test]
async fn without_a_collector_headers_about_traces_pass_as_they_are() {
    let world = World::start(Variant::default(), |places| {
        places.usual() + "[[application.rule]]\npath = \"/open/*\"\nallow = \"everyone\"\n"
    })
    .await;
    let mut browser = ask(
        ([127, 0, 0, 1], world.places.port).into(),
        format!("GET /open/ HTTP/1.1\r\nHost: wiki.localhost\r\nConnection: close\r\ntraceparent: 00-{THEIRS}-b7ad6b7169203331-01\r\n\r\n"),
    )
    .await
    .json();
    assert_eq!(told(&browser.take()).0, THEIRS);
}

#[tokio::test]
async fn a_sign_in_is_told_step_by_step() {
    let collector = Collector::start().await;
    let world = world(&collector, "1.0", "").await;
    let (_browser, page) = world.signed_in("alice").await;
    assert_eq!(page.status, 200);
    let provisioning = || collector.spans().into_iter().find(|span| span["name"] == "provisioning");
    eventually("the sign-in is told", async || provisioning().is_some()).await;
    let trace = provisioning().unwrap()["traceId"].as_str().unwrap().to_owned();
    let spans = spans(&collector, &trace, 3).await;
    let request = named(&spans, "GET sign_in");
    for step in ["exchange", "provisioning"] {
        let step = named(&spans, step);
        assert_eq!(step["parentSpanId"], request["spanId"]);
        assert!(step["attributes"].to_string().contains("company"), "{step}");
    }
}

#[tokio::test]
async fn a_collector_that_is_away_costs_spans_and_nothing_else() {
    let collector = Collector::start().await;
    let traces = "[traces]\nendpoint = \"http://127.0.0.1:9\"\nsample = 1\n";
    drop(collector);
    let world = World::start(Variant::default(), |places| traces.to_owned() + &places.usual()).await;
    assert_eq!(Browser::new().fetch(&world.url("wiki", "/")).await.status, 401);
    let failed = async || {
        let numbers = super::metrics::numbers(&world).await;
        numbers[r#"vestibule_trace_spans_total{fate="failed"}"#] >= 2.0
    };
    eventually("they are counted as lost", failed).await;
}

//! A whole journey, with everything told that can be told; and nothing of it opens a door or names a person.

use serde_json::Value;

use crate::kit::attempt::Attempt;
use crate::kit::browser::Browser;
use crate::kit::collector::Collector;
use crate::kit::faulty::{Fault, Faulty};
use crate::kit::logs;
use crate::kit::scene::hidden;
use crate::kit::world::{Places, World, eventually};

use super::access::lines;
use super::metrics::exposed;

/// In the query of what is asked for, and nowhere else.
const QUERY: &str = "a-word-of-the-query-that-nobody-else-says";
const EMAIL: &str = "alice.secret.person@example.com";

#[tokio::test]
async fn no_log_line_metric_or_span_of_a_whole_journey_tells_a_secret_or_a_person() {
    let collector = Collector::start().await;
    let provider = Faulty::start(Fault::Honest).await;
    provider.set_claims(serde_json::json!({ "email": EMAIL, "email_verified": true, "groups": ["home-lab"] }));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("access.log");
    let told = format!(
        "[log]\naccess = \"{}\"\n[traces]\nendpoint = \"http://{}\"\nsample = 1\n",
        path.display(),
        collector.address
    );
    let world = World::at(&provider.issuer, |places: &Places| told + &places.usual()).await;

    let browser = Browser::new();
    let start = world.url("wiki", &format!("/notes?search={QUERY}"));
    let attempt = Attempt::at(&world, &browser, &start, "").await;
    assert_eq!(attempt.page().status, 200, "{}", attempt.page().text());
    // What was used is tried again, and what is no session or link at all.
    Browser::new().navigate(attempt.callback().as_str()).await;
    let link = world.command(&told_again(&world), &["admin", "login-link"]).await;
    assert_eq!(link.code, Some(0), "{link:?}");
    let link = link.out.split_whitespace().find(|word| word.contains("/break-glass/")).expect("a link").to_owned();
    Browser::new().navigate(&link).await;
    let home = browser.navigate(&world.login("/")).await;
    let csrf = hidden(&home, "csrf");
    browser.submit(&home.url, &world.login("/logout"), &[("csrf", &csrf)]).await;
    Browser::new().navigate(&world.url("nowhere", &format!("/?{QUERY}"))).await;

    let last = async || lines(&path).iter().any(|line| line["status"] == 421);
    eventually("the access log is written", last).await;
    let traces: Vec<Value> = lines(&path).iter().map(|line| line["trace"].clone()).collect();
    let all = async || traces.iter().all(|trace| collector.spans().iter().any(|span| span["traceId"] == *trace));
    eventually("every request is in a trace", all).await;

    let mut secrets = attempt.secrets();
    secrets.extend(provider.issued());
    secrets.extend([csrf, QUERY.to_owned(), EMAIL.to_owned()]);
    secrets.push(link.rsplit('/').next().expect("the link's secret").to_owned());
    assert!(secrets.len() > 12, "{secrets:?}");
    let access = std::fs::read_to_string(&path).unwrap();
    let (metrics, spans) = (exposed(&world).await, serde_json::to_string(&collector.spans()).unwrap());
    for secret in &secrets {
        for (what, text) in [("the access log", &access), ("the metrics", &metrics), ("the traces", &spans)] {
            assert!(!text.contains(secret.as_str()), "{secret} is in {what}");
        }
    }
    logs::hold_none_of(&secrets);
    assert!(access.contains("/break-glass/…") && !access.contains('?'));
}

/// The configuration of the world, for a command beside it.
fn told_again(world: &World) -> String {
    world.places.usual()
}

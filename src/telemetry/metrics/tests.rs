use std::collections::BTreeSet;

use super::*;
use crate::telemetry::label::Label as _;

fn exposed(metrics: &Metrics) -> String {
    metrics.expose(&Moment::default())
}

#[test]
fn applications_beyond_the_bound_are_counted_together_and_there_is_room_again_for_others() {
    let metrics = Metrics::default();
    for number in 0..MAX_APPLICATIONS + 50 {
        metrics.application(&format!("app-{number}")).decided(Decided::Permitted);
    }
    let decisions = |text: &str| text.lines().filter(|line| line.starts_with("vestibule_decisions_total")).count();
    let text = exposed(&metrics);
    assert_eq!(decisions(&text), MAX_APPLICATIONS + 1);
    assert!(text.contains("vestibule_decisions_total{application=\"_other\",outcome=\"permitted\"} 50\n"), "{text}");
    metrics.keep_applications(&BTreeSet::from(["app-0"]));
    metrics.application("another").decided(Decided::Denied);
    let text = exposed(&metrics);
    assert_eq!(decisions(&text), 3);
    assert!(text.contains("{application=\"another\",outcome=\"denied\"} 1\n"), "{text}");
    assert!(text.contains("{application=\"app-0\",outcome=\"permitted\"} 1\n"), "{text}");
}

#[test]
fn everything_of_every_application_at_once_is_bounded() {
    let metrics = Metrics::default();
    for number in 0..2 * MAX_APPLICATIONS {
        let meter = metrics.application(&format!("app-{number}"));
        Answer::ALL.iter().for_each(|answer| meter.answered(*answer, Instant::now()));
        Decided::ALL.iter().for_each(|decided| meter.decided(*decided));
        Trouble::ALL.iter().for_each(|trouble| meter.trouble(*trouble));
    }
    for number in 0..2 * MAX_IDPS {
        let meter = metrics.idp(&format!("idp-{number}"));
        SignInOutcome::ALL.iter().for_each(|outcome| meter.ended(*outcome));
        RefreshOutcome::ALL.iter().for_each(|outcome| meter.refreshed(*outcome));
    }
    let lines = exposed(&metrics).lines().count();
    assert!(lines < 30_000, "{lines}");
}

#[test]
fn what_is_held_is_counted_until_it_is_let_go() {
    let metrics = Metrics::default();
    let (one, two) = (metrics.websockets.hold(), metrics.websockets.hold());
    assert!(exposed(&metrics).contains("\nvestibule_websockets 2\n"));
    drop((one, two));
    assert!(exposed(&metrics).contains("\nvestibule_websockets 0\n"));
}

/// Metrics in which everything has happened once.
fn eventful() -> Metrics {
    let metrics = Metrics::default();
    let application = metrics.application("wiki");
    Answer::ALL.iter().for_each(|answer| application.answered(*answer, Instant::now()));
    Decided::ALL.iter().for_each(|decided| application.decided(*decided));
    Trouble::ALL.iter().for_each(|trouble| application.trouble(*trouble));
    Door::ALL.iter().for_each(|door| metrics.answered(*door, Answer::Success, Instant::now()));
    let idp = metrics.idp("company");
    SignInOutcome::ALL.iter().for_each(|outcome| idp.ended(*outcome));
    RefreshOutcome::ALL.iter().for_each(|outcome| idp.refreshed(*outcome));
    Ordered::ALL.iter().for_each(|outcome| metrics.certificates.ordered(*outcome));
    CertificateSource::ALL.iter().for_each(|source| metrics.certificates.first_end(*source, Some(1)));
    [&idp.accounts, &idp.grants_added, &idp.grants_removed, &idp.selector_errors].into_iter().for_each(Counter::one);
    metrics
}

/// The labels of a line, `le` left out, and its words.
fn labels(line: &str) -> Vec<(&str, &str)> {
    let inside = line.split_once('{').and_then(|(_, rest)| rest.split_once('}')).map_or("", |(inside, _)| inside);
    let pairs = inside.split(',').filter_map(|pair| pair.split_once('='));
    pairs.filter(|(name, _)| *name != "le").map(|(name, value)| (name, value.trim_matches('"'))).collect()
}

#[test]
fn the_documents_list_every_metric_with_its_labels_and_every_word() {
    const DOCS: &str = include_str!("../../../docs/operations.md");
    let text = exposed(&eventful());
    let helps = text.lines().filter_map(|line| line.strip_prefix("# HELP ")).filter_map(|line| line.split_once(' '));
    let listed: Vec<String> = helps
        .map(|(name, help)| {
            let sample = text.lines().find(|line| line.starts_with(name)).unwrap();
            let labels: String = labels(sample).iter().map(|(label, _)| format!("`{label}` ")).collect();
            format!("| `{name}` | {labels}| {help} |")
        })
        .collect();
    let shown: Vec<&str> = DOCS.lines().filter(|line| line.starts_with("| `vestibule_")).collect();
    assert_eq!(listed, shown);
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        for (_, word) in labels(line).iter().filter(|(label, word)| !word.is_empty() && *label != "version") {
            assert!(["wiki", "company"].contains(word) || DOCS.contains(&format!("`{word}`")), "{word} of {line}");
        }
    }
}

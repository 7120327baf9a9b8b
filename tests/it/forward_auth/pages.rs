//! What the documents tell other proxies to ask with is what is decided on.

use std::collections::BTreeSet;

use vestibule::decision::decided_on;

use crate::kit::root;

fn document(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).expect("a document").to_lowercase()
}

#[test]
fn the_documents_name_every_header_that_is_decided_on() {
    let text = document("docs/forward-auth.md");
    for name in decided_on() {
        assert!(text.contains(&format!("`{name}`")), "docs/forward-auth.md does not name {name}");
    }
}

#[test]
fn envoy_is_told_to_ask_with_every_header_that_is_decided_on_and_no_other() {
    let text = document("docs/proxies/envoy.md");
    let allowed =
        text.split_once(" allowed_headers:").expect("a list").1.split_once("- name: cookies").expect("its end").0;
    let mut patterns: BTreeSet<String> = BTreeSet::new();
    for line in allowed.lines().map(str::trim) {
        patterns.extend(line.strip_prefix("- exact: ").map(str::to_owned));
        patterns.extend(line.strip_prefix("- prefix: ").map(|prefix| format!("{prefix}*")));
    }
    let regex = allowed.split_once("regex: \"").expect("a pattern").1.split('"').next().expect("its end");
    let whole: String = regex.split('\\').map(str::trim).collect();
    patterns.extend(whole.split('|').map(|pattern| pattern.replace("[^a-z0-9]", "-")));
    assert_eq!(patterns, decided_on().collect());
}

use super::*;
use crate::api::{document, routes};

#[test]
fn the_committed_document_is_this_one() {
    let committed = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/openapi.json");
    let committed: Value = serde_json::from_str(&std::fs::read_to_string(committed).unwrap()).unwrap();
    assert!(committed == document(), "docs/openapi.json is old: cargo run -- openapi > docs/openapi.json");
}

#[test]
fn every_operation_is_described_once() {
    let mut ids = BTreeSet::new();
    for operation in routes::operations() {
        let place = format!("{} {}", operation.method, operation.path);
        assert!(ids.insert(operation.id), "{place}: {}", operation.id);
        assert!(!operation.tag.is_empty() && !operation.summary.is_empty(), "{place}");
        assert_eq!(operation.rights == Rights::Public, operation.path == "/openapi.json", "{place}");
        let changes = !matches!(operation.method, Method::GET);
        assert!(changes || operation.body.is_none(), "{place}");
    }
}

#[test]
fn every_reference_in_the_document_leads_somewhere() {
    let document = document();
    let mut references = Vec::new();
    collect(&document, &mut references);
    assert!(references.len() > 50);
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

fn collect<'a>(value: &'a Value, references: &mut Vec<&'a str>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, references)),
        Value::Object(members) => {
            references.extend(members.get("$ref").and_then(Value::as_str));
            members.values().for_each(|member| collect(member, references));
        }
        _ => {}
    }
}

//! The official compliance suite of JMESPath. What we leave out of the language stands in `left_out.toml` beside the
//! cases, with the reason, and that list is exact: a case that fails must be on it, one that passes may not be.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;

use super::*;

/// Cases that share the data they are asked over.
#[derive(Deserialize)]
struct Group {
    given: Value,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    expression: String,
    #[serde(default, deserialize_with = "present")]
    result: Option<Value>,
    error: Option<String>,
}

/// A result of `null` is a result.
fn present<'a, D: serde::Deserializer<'a>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

#[derive(Deserialize)]
struct LeftOut {
    left_out: Vec<Reason>,
}

#[derive(Deserialize)]
struct Reason {
    because: String,
    /// By file.
    cases: BTreeMap<String, Vec<String>>,
}

/// What was asked for, unless we answer exactly that.
fn complaint(case: &Case, given: &Value) -> Option<String> {
    let claims = PreparedClaims::of_root(variable(given));
    let parsed = Selector::parse(&case.expression).map_err(|error| error.to_string());
    let is_selector = parsed.is_ok();
    let answer = parsed.and_then(|selector| selector.evaluate(&claims, "").map_err(|error| error.to_string()));
    match (answer, &case.result, case.error.as_deref()) {
        (Ok(answer), Some(expected), None) if alike(&answer.0, expected) => None,
        // What is wrong whatever the data is wrong before there is any.
        (Err(_), None, Some("syntax" | "unknown-function" | "invalid-arity")) if !is_selector => None,
        (Err(_), None, Some("invalid-type" | "invalid-value")) if is_selector => None,
        (answer, ..) => Some(format!("{}: {answer:?}", case.expression)),
    }
}

/// JSON knows one kind of number.
fn alike(ours: &Variable, expected: &Value) -> bool {
    match (ours, expected) {
        (Variable::Number(ours), Value::Number(expected)) => ours.as_f64() == expected.as_f64(),
        (Variable::Array(ours), Value::Array(expected)) => {
            ours.len() == expected.len() && ours.iter().zip(expected).all(|(ours, expected)| alike(ours, expected))
        }
        (Variable::Object(ours), Value::Object(expected)) => {
            let is_alike = |(name, ours): (&String, &Rcvar)| expected.get(name).is_some_and(|value| alike(ours, value));
            ours.len() == expected.len() && ours.iter().all(is_alike)
        }
        (ours, expected) => *ours == variable(expected),
    }
}

#[test]
fn the_official_suite_passes_but_for_what_is_left_out_with_a_reason() {
    let mut asked = 0;
    let mut failed = BTreeMap::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/jmespath");
    let paths = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    for path in paths.filter(|path| path.extension().is_some_and(|extension| extension == "json")) {
        let file = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let groups: Vec<Group> = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        for (group, case) in groups.iter().flat_map(|group| group.cases.iter().map(move |case| (group, case))) {
            asked += 1;
            if let Some(complaint) = complaint(case, &group.given) {
                failed.insert((file.clone(), case.expression.clone()), complaint);
            }
        }
    }
    assert!(asked > 800, "only {asked} cases");
    let list = std::fs::read_to_string(folder.join("left_out.toml")).unwrap();
    let list: LeftOut = toml::from_str(&list).unwrap();
    let mut left_out = BTreeSet::new();
    for reason in list.left_out {
        assert!(!reason.because.is_empty());
        for (file, cases) in reason.cases {
            left_out.extend(cases.into_iter().map(|case| (file.clone(), case)));
        }
    }
    let wrong: Vec<_> = failed.iter().filter(|(case, _)| !left_out.contains(*case)).collect();
    assert!(wrong.is_empty(), "{} cases fail: {wrong:#?}", wrong.len());
    let passing: Vec<_> = left_out.iter().filter(|case| !failed.contains_key(*case)).collect();
    assert!(passing.is_empty(), "left out, but they pass: {passing:#?}");
}

//! The official compliance suite of JMESPath (`tests/vectors/jmespath`), as far as selectors are JMESPath.

use std::path::Path;

use super::*;

/// Functions of the specification that selectors do not have: they take expressions, or spell values out.
const NO_SUCH_FUNCTION: [&str; 6] = ["map(", "max_by(", "min_by(", "sort_by(", "to_string(", "group_by("];

struct Case {
    place: String,
    expression: String,
    given: Value,
    /// Absent: an error.
    result: Option<Value>,
}

fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/jmespath");
    let mut cases = Vec::new();
    for file in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if file.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let suites: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        for (suite, content) in suites.as_array().unwrap().iter().enumerate() {
            for (number, case) in content["cases"].as_array().unwrap().iter().enumerate() {
                cases.push(Case {
                    place: format!("{name}:{suite}:{number}"),
                    expression: case["expression"].as_str().unwrap().to_owned(),
                    given: content["given"].clone(),
                    result: if case.get("error").is_some() { None } else { Some(case["result"].clone()) },
                });
            }
        }
    }
    cases
}

/// What a selector makes of a case.
fn made_of(case: &Case) -> Result<Value, String> {
    let selector = Selector::parse(&case.expression).map_err(|error| error.to_string())?;
    let claims = PreparedClaims { root: Rcvar::new(variable(&case.given)), unreadable: Default::default() };
    let returned = selector.evaluate(&claims, "").map_err(|error| error.to_string())?;
    Ok(serde_json::to_value(&*returned.0).unwrap())
}

/// JSON has one kind of number: 1 and 1.0 are the same.
fn equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| equal(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len() && one.iter().all(|(key, one)| other.get(key).is_some_and(|o| equal(one, o)))
        }
        _ => one == other,
    }
}

#[test]
fn selectors_are_jmespath() {
    let mut differing = Vec::new();
    for case in cases() {
        let made = made_of(&case);
        let same = match (&case.result, &made) {
            (None, Err(_)) => true,
            (Some(expected), Ok(made)) => equal(expected, made),
            _ => false,
        };
        let left_out = NO_SUCH_FUNCTION.iter().any(|function| case.expression.contains(function));
        // What is left out is refused: an answer to it would be one that nothing here has checked.
        let fine = if left_out { made.is_err() } else { same };
        if !fine {
            differing.push(format!("{} {} {made:?}", case.place, case.expression));
        }
    }
    assert!(cases().len() > 800, "the suite is not there");
    assert_eq!(differing, [""; 0], "{}", differing.join("\n"));
}

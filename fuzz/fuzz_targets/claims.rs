//! Any two JSON objects as ID token and userinfo: refused, or bounded and in shape; selectors and profiles then only
//! ever see the latter.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};
use vestibule::claims::{ClaimLimits, ClaimRules, Claims};
use vestibule::policy::{PreparedClaims, Selector};

fuzz_target!(|input: (&str, &str)| {
    let object = |text: &str| serde_json::from_str::<Map<String, Value>>(text).ok();
    let Some(id_token) = object(input.0) else { return };
    let lists = ["groups".to_owned()];
    let rules = ClaimRules { list_claims: &lists };
    let limits = ClaimLimits::default();
    let Ok(claims) = Claims::merge(id_token, object(input.1), &rules, &limits) else { return };
    let list = claims.merged().get("groups").and_then(Value::as_array).expect("a list claim is a list");
    assert!(list.iter().all(|entry| !entry.is_null() && entry != ""));
    let prepared = PreparedClaims::new(&claims);
    let selector = Selector::parse("contains(groups, '{{orgId}}')").expect("a selector");
    let answer = selector.evaluate(&prepared, "home-lab");
    assert_eq!(answer.is_err(), claims.is_withheld("groups"), "{answer:?}");
});

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn map(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("not an object: {other}"),
    }
}

fn merge(id_token: Value, userinfo: Option<Value>) -> Result<Claims, ClaimsError> {
    let lists = ["groups".to_owned(), "roles".to_owned()];
    Claims::merge(map(id_token), userinfo.map(map), &ClaimRules { list_claims: &lists }, &ClaimLimits::default())
}

fn groups(sent: Value) -> Value {
    merge(json!({ "groups": sent }), None).unwrap().merged()["groups"].clone()
}

#[test]
fn the_id_token_wins_and_null_hides_nothing() {
    let id_token = json!({"sub": "1", "name": "Token", "email": null});
    let userinfo = json!({"sub": "1", "name": "Userinfo", "email": "a@example.com", "locale": null});
    let claims = merge(id_token, Some(userinfo)).unwrap();
    assert_eq!(
        Value::Object(claims.merged().clone()),
        json!({"sub": "1", "name": "Token", "email": "a@example.com", "groups": [], "roles": []})
    );
    let sources: Vec<_> = claims.sources().collect();
    assert_eq!(sources.len(), 2);
    assert_eq!(sources[0]["email"], Value::Null);
    assert_eq!(sources[1]["name"], "Userinfo");
    assert_eq!(sources[1]["groups"], json!([]));
}

#[test]
fn list_claims_are_always_lists() {
    assert_eq!(groups(json!("admin")), json!(["admin"]));
    assert_eq!(groups(json!("")), json!([]));
    assert_eq!(groups(json!([""])), json!([]));
    assert_eq!(groups(json!(["a", "", null, "b"])), json!(["a", "b"]));
    assert_eq!(groups(json!(null)), json!([]));
    assert_eq!(groups(json!(7)), json!([7]));
    assert_eq!(groups(json!({"admin": true})), json!([{"admin": true}]));
    assert_eq!(groups(json!(["a", 7, true, ["b"]])), json!(["a", 7, true, ["b"]]));
}

#[test]
fn a_name_is_exact_and_top_level() {
    let claims = merge(json!({"Groups": "a", "cognito:groups": "b", "realm_access": {"roles": "c"}}), None).unwrap();
    assert_eq!(claims.merged()["Groups"], "a");
    assert_eq!(claims.merged()["cognito:groups"], "b");
    assert_eq!(claims.merged()["realm_access"], json!({"roles": "c"}));
}

#[test]
fn absence_is_seen_before_lists_are_filled() {
    let claims = merge(json!({"groups": null, "roles": [], "name": null, "sub": "1"}), None).unwrap();
    assert!(claims.is_absent("groups"));
    assert!(claims.is_absent("name"));
    assert!(claims.is_absent("email"));
    assert!(!claims.is_absent("roles"));
    assert!(!claims.is_absent("sub"));
    let split = merge(json!({"sub": "1"}), Some(json!({"groups": ["a"]}))).unwrap();
    assert!(!split.is_absent("groups"));
}

#[test]
fn what_a_provider_withholds_is_known() {
    let withheld = |claims: Value| merge(claims, None).unwrap().withheld().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(withheld(json!({"_claim_names": {"groups": "src1"}, "_claim_sources": {}})), ["groups"]);
    assert_eq!(withheld(json!({"_claim_names": {"groups": "src1"}, "groups": []})), ["groups"]);
    assert_eq!(withheld(json!({"hasgroups": true})), ["groups"]);
    assert_eq!(withheld(json!({"hasgroups": "true"})), ["groups"]);
    assert!(withheld(json!({"hasgroups": true, "groups": ["a"]})).is_empty());
    assert!(withheld(json!({"hasgroups": false})).is_empty());
    assert!(withheld(json!({"_claim_names": "groups"})).is_empty());
}

#[test]
fn too_much_is_refused_naming_the_limit() {
    let large = merge(json!({"a": "x".repeat(70_000)}), None).unwrap_err();
    assert!(matches!(large, ClaimsError::TooLarge { limit: 65_536, .. }), "{large}");
    let half = json!({"a": "x".repeat(40_000)});
    let both = merge(half, Some(json!({"b": "x".repeat(40_000)}))).unwrap_err();
    assert!(matches!(both, ClaimsError::TooLarge { .. }), "{both}");
    let long = merge(json!({"n": {"list": vec![1; 2_001]}}), None).unwrap_err();
    assert_eq!(long, ClaimsError::TooLong { claim: "n".into(), entries: 2_001, limit: 2_000 });
    assert!(merge(json!({"groups": vec!["a"; 2_000]}), None).is_ok());
    let nested = |levels: usize| (0..levels).fold(json!(1), |inner, _| json!([inner]));
    assert!(merge(json!({"d": nested(31)}), None).is_ok());
    let deep = merge(json!({"d": nested(32)}), None).unwrap_err();
    assert_eq!(deep, ClaimsError::TooDeep { claim: "d".into(), limit: 32 });
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[a-z]{0,3}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{0,2}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn whatever_is_sent_a_list_claim_is_a_list_without_empty_text(sent in any_json(), other in any_json()) {
        let claims = merge(json!({ "groups": sent }), Some(json!({ "groups": other }))).unwrap();
        for seen in claims.sources().chain([claims.merged()]) {
            let list = seen["groups"].as_array().expect("a list");
            prop_assert!(list.iter().all(|entry| !entry.is_null() && entry != ""));
        }
    }
}

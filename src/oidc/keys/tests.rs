use proptest::prelude::*;
use serde_json::json;

use super::*;

fn set(keys: Value) -> KeySet {
    KeySet::parse(json!({ "keys": keys }).to_string().as_bytes()).unwrap()
}

#[test]
fn keys_that_cannot_verify_are_passed_over() {
    let ed = json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
    let with = |name: &str, value: &str| {
        let mut key = ed.clone();
        key[name] = json!(value);
        key
    };
    let keys = set(json!([
        with("use", "enc"),
        with("alg", "HS256"),
        with("alg", "none"),
        { "kty": "oct", "k": "AAAA" },
        { "kty": "EC", "crv": "P-521", "x": "AA", "y": "AA" },
        { "kty": "AKP", "pub": "AA", "alg": "ML-DSA-44" },
        { "kty": "RSA" },
        "nonsense",
        with("alg", "Ed25519"),
        with("use", "sig"),
        ed,
    ]));
    assert_eq!(keys.0.len(), 3);
    assert!(keys.0.iter().all(|key| key.algorithms == [Algorithm::EdDSA]));
}

#[test]
fn what_is_no_key_set_is_none() {
    for text in ["", "[]", "{}", r#"{"keys": {}}"#] {
        assert!(KeySet::parse(text.as_bytes()).is_none(), "{text}");
    }
}

#[test]
fn the_half_hash_is_the_specifications() {
    // OpenID Connect Core 1.0, appendix A.3.
    let token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
    assert_eq!(half_hash(Algorithm::RS256, token), "77QmUPtjPfzWtF2AnpK9RQ");
    assert_eq!(half_hash(Algorithm::ES384, token).len(), 32);
    assert_eq!(half_hash(Algorithm::EdDSA, token).len(), 43);
}

#[test]
fn no_other_algorithm_is_accepted() {
    for name in ["none", "None", "NONE", "", "HS256", "HS384", "HS512", "ES512", "ES256K", "rs256", "RS1"] {
        assert!(accepted(name).is_none(), "{name}");
    }
}

proptest! {
    #[test]
    fn whatever_comes_is_refused_without_keys(text in any::<String>(), parts in prop::collection::vec("[A-Za-z0-9_-]{0,20}", 0..7)) {
        let keys = set(json!([]));
        prop_assert!(keys.verify(&text).is_err());
        prop_assert!(keys.verify(&parts.join(".")).is_err());
    }
}

use jsonwebtoken::Algorithm;
use proptest::prelude::*;
use serde_json::json;

use super::*;

const NOW: i64 = 1_800_000_000;

fn checked(change: Value) -> Result<String, OidcError> {
    let mut claims = json!({
        "iss": "https://id.example.com/", "aud": "me", "sub": "alice", "nonce": "n", "iat": NOW, "exp": NOW + 300,
    });
    for (name, value) in change.as_object().unwrap() {
        claims[name] = value.clone();
    }
    let token = Verified { algorithm: Algorithm::RS256, claims: claims.as_object().unwrap().clone() };
    let expected = Expected {
        issuer: "https://id.example.com/",
        client_id: "me",
        nonce: Some("n"),
        access_token: "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y",
        now: Timestamp::from_secs(NOW),
    };
    id_token(&token, &expected)
}

#[test]
fn a_right_token_passes() {
    assert_eq!(checked(json!({})).unwrap(), "alice");
    assert_eq!(checked(json!({ "at_hash": "77QmUPtjPfzWtF2AnpK9RQ", "aud": ["me"], "azp": "me" })).unwrap(), "alice");
}

#[test]
fn clocks_may_differ_by_a_minute() {
    assert!(checked(json!({ "exp": NOW - 59 })).is_ok());
    assert!(checked(json!({ "exp": NOW - 60 })).is_err());
    assert!(checked(json!({ "iat": NOW + 60 })).is_ok());
    assert!(checked(json!({ "iat": NOW + 61 })).is_err());
    assert!(checked(json!({ "nbf": NOW + 61 })).is_err());
    assert!(checked(json!({ "iat": NOW - 3_660 })).is_ok());
    assert!(checked(json!({ "iat": NOW - 3_661 })).is_err());
}

#[test]
fn dates_may_have_fractions_and_nothing_else() {
    assert!(checked(json!({ "exp": 1_800_000_299.75, "iat": 1_799_999_999.5 })).is_ok());
    for odd in [json!("1800000300"), json!(null), json!(1e300), json!(-1e300), json!([NOW]), json!(true)] {
        assert!(checked(json!({ "exp": odd })).is_err(), "{odd}");
        assert!(checked(json!({ "iat": odd })).is_err(), "{odd}");
    }
}

#[test]
fn the_issuer_is_equal_to_the_last_character() {
    for iss in ["https://id.example.com", "https://ID.example.com/", "https://id.example.com//", ""] {
        assert!(checked(json!({ "iss": iss })).is_err(), "{iss}");
    }
}

#[test]
fn odd_audiences_are_refused() {
    for aud in [json!(null), json!([]), json!(["me", 1]), json!({ "me": true }), json!("ME"), json!("me ")] {
        assert!(checked(json!({ "aud": aud })).is_err(), "{aud}");
    }
    for azp in [json!(null), json!(["me"]), json!("you")] {
        assert!(checked(json!({ "azp": azp })).is_err(), "{azp}");
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z]{0,8}".prop_map(Value::from),
        prop::collection::vec("[a-z]{0,3}", 0..3).prop_map(Value::from),
    ]
}

proptest! {
    #[test]
    fn no_value_of_a_checked_claim_passes_by_accident(
        name in prop::sample::select(vec!["iss", "nonce", "at_hash"]),
        value in any_json(),
    ) {
        prop_assume!(name != "nonce" || value != json!("n"));
        let result = checked(json!({ name: value }));
        prop_assert!(result.is_err());
    }

    #[test]
    fn no_value_of_another_claim_matters(name in "x_[a-z]{1,8}", value in any_json()) {
        let result = checked(json!({ name: value }));
        prop_assert!(result.is_ok());
    }
}

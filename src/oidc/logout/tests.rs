use proptest::prelude::*;
use serde_json::json;

use super::*;

const ISSUER: &str = "https://id.example.com";
const NOW: Timestamp = Timestamp::from_secs(1_000_000);

fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": "vestibule", "iat": 999_990, "exp": 1_000_110, "jti": "j1", "sub": "alice", "sid": "s1",
        "events": { EVENT: {} },
    })
}

fn tried(claims: &Value) -> Result<LogoutToken, OidcError> {
    LogoutToken::read(claims.as_object().unwrap(), ISSUER, "vestibule", NOW)
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    match value {
        Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
        value => claims[name] = value,
    }
    claims
}

#[test]
fn a_good_one_says_whose_sessions_ended() {
    let both = tried(&claims()).unwrap();
    assert_eq!((both.subject.as_deref(), both.sid.as_deref(), both.id.as_str()), (Some("alice"), Some("s1"), "j1"));
    assert_eq!(tried(&with("sid", Value::Null)).unwrap().sid, None);
    assert_eq!(tried(&with("sub", Value::Null)).unwrap().subject, None);
    assert!(tried(&with("aud", json!(["other", "vestibule"]))).is_err(), "for whom of them, if nobody says (azp)?");
    assert_eq!(both.stale_at, Timestamp::from_secs(1_000_170));
    let lasting = tried(&with("exp", json!(9_000_000))).unwrap();
    assert!(lasting.stale_at <= NOW.plus(MAX_AGE + LEEWAY), "it is not remembered for longer than it would be taken");
}

#[test]
fn whatever_is_not_quite_one_is_refused() {
    for (name, value) in [
        ("iss", json!("https://other.example.com")),
        ("aud", json!("other")),
        ("aud", Value::Null),
        ("events", Value::Null),
        ("events", json!([EVENT])),
        ("events", json!({ EVENT: true })),
        ("events", json!({ "https://schemas.openid.net/secevent/risc/event-type/account-disabled": {} })),
        ("nonce", json!("n")),
        ("nonce", json!(7)),
        ("exp", Value::Null),
        ("exp", json!(999_940)),
        ("exp", json!("soon")),
        ("iat", Value::Null),
        ("iat", json!(1_000_061)),
        ("iat", json!(996_300)),
        ("jti", Value::Null),
        ("jti", json!("")),
        ("jti", json!(1)),
        ("jti", json!("x".repeat(MAX_TEXT + 1))),
        ("sub", json!("")),
        ("sub", json!(["alice"])),
        ("sid", json!("")),
        ("sid", json!(42)),
        ("sid", json!("a\nb")),
        ("azp", json!("other")),
    ] {
        assert!(tried(&with(name, value.clone())).is_err(), "{name}: {value}");
    }
    let mut nobody = with("sub", Value::Null);
    nobody.as_object_mut().unwrap().remove("sid");
    assert!(tried(&nobody).is_err());
}

proptest! {
    #[test]
    fn no_claim_of_any_type_makes_it_panic_or_lets_a_token_without_the_event_through(
        name in "(iss|aud|exp|iat|jti|sub|sid|nonce)",
        value in prop_oneof![any::<i64>().prop_map(|n| json!(n)), any::<f64>().prop_map(|n| json!(n)), ".*".prop_map(|s| json!(s))],
    ) {
        let _ = tried(&with(&name, value.clone()));
        let mut claims = with(&name, value);
        claims.as_object_mut().unwrap().remove("events");
        prop_assert!(tried(&claims).is_err());
    }
}

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn jwt(header: &str, claims: &str) -> String {
    format!("{}.{}.AAAA", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims))
}

#[test]
fn an_issuer_is_claimed_by_a_readable_jwt_alone() {
    let claims = json!({ "iss": "https://id.example.com" }).to_string();
    assert_eq!(claimed_issuer(&jwt("{}", &claims)).as_deref(), Some("https://id.example.com"));
    let bad = [
        jwt("{}", "{}"),
        jwt("{}", r#"{"iss":1}"#),
        jwt("{}", r#"{"iss":"a","iss":"b"}"#),
        jwt("[]", &claims),
        jwt("", &claims),
        jwt("{}", &claims).replace(".AAAA", "."),
        jwt("{}", &claims).replace(".AAAA", ""),
        format!("{}.A.A", jwt("{}", &claims)),
        format!("{}=", jwt("{}", &claims)).replacen('.', "=.", 1),
        "a.b.c".to_owned(),
        String::new(),
    ];
    for bad in bad {
        assert_eq!(claimed_issuer(&bad), None, "{bad}");
    }
}

#[test]
fn every_algorithm_of_the_configuration_is_one_that_is_accepted() {
    for (name, algorithm) in SigningAlgorithm::ALL {
        assert_eq!(keys::accepted(name), Some(keys::algorithm_of(algorithm)), "{name}");
    }
}

proptest! {
    #[test]
    fn whatever_comes_is_read_or_refused(text in any::<String>(), parts in prop::collection::vec("[A-Za-z0-9_-]{0,30}", 0..7)) {
        let _ = claimed_issuer(&text);
        let _ = claimed_issuer(&parts.join("."));
    }
}

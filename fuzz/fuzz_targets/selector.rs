//! Any text as a selector, over fixed claims, for any organization: an answer or an error, never a crash.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use vestibule::policy::{PreparedClaims, Selector};

static CLAIMS: LazyLock<PreparedClaims> = LazyLock::new(|| {
    let claims = serde_json::json!({
        "sub": "1", "email": "user@example.com", "n": 1.5, "groups": ["home-lab", "admin", "a"],
        "realm_access": {"roles": ["a", "b"]}, "m": [[1, 2], [3], {"a": "b"}], "a": {"a": {"a": [{"a": 1}]}},
    });
    PreparedClaims::of_source(claims.as_object().expect("an object"))
});

fuzz_target!(|input: (&str, &str)| {
    let (text, organization) = input;
    match Selector::parse(text) {
        Ok(selector) => {
            let _ = selector.evaluate(&CLAIMS, organization).map(|returned| returned.to_json());
        }
        Err(error) => {
            let _ = (error.to_string(), error.pointer(text));
        }
    }
});

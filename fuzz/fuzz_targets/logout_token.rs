//! Any claims that a provider may sign: a logout token says whose sessions ended, is for us alone, and is forgotten in time;
//! nothing else is one.
#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use vestibule::base::Timestamp;
use vestibule::oidc::{LogoutToken, claimed_issuer};

const ISSUER: &str = "https://id.example.com";
const CLIENT: &str = "vestibule";
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
const NOW: i64 = 1_800_000_000;
const NAMES: [&str; 10] = ["iss", "aud", "azp", "iat", "exp", "jti", "sub", "sid", "events", "nonce"];

fuzz_target!(|input: (&str, Vec<(u8, &str)>)| {
    let (token, changes) = input;
    // As a stranger sends it.
    let _ = claimed_issuer(token);
    // As the provider signed it: a good one, and what is changed in it.
    let mut claims = json!({ "iss": ISSUER, "aud": CLIENT, "iat": NOW, "exp": NOW + 120, "jti": "j", "sub": "alice",
        "events": { EVENT: {} } });
    let claims = claims.as_object_mut().expect("an object");
    for (name, value) in changes {
        let name = NAMES[usize::from(name) % NAMES.len()];
        match value {
            "" => drop(claims.remove(name)),
            text => drop(claims.insert(name.to_owned(), serde_json::from_str(text).unwrap_or_else(|_| text.into()))),
        }
    }
    let now = Timestamp::from_secs(NOW);
    let Ok(token) = LogoutToken::read(claims, ISSUER, CLIENT, now) else { return };
    assert!(claims["iss"] == ISSUER && !claims.contains_key("nonce") && claims["events"][EVENT].is_object());
    assert!(claims["aud"] == CLIENT || claims["aud"].as_array().is_some_and(|all| all.iter().any(|one| one == CLIENT)));
    let named = |name: &str, read: Option<&str>| assert_eq!(claims.get(name).and_then(Value::as_str), read);
    named("sub", token.subject.as_deref());
    named("sid", token.sid.as_deref());
    named("jti", Some(&token.id));
    assert!(token.subject.is_some() || token.sid.is_some());
    assert!(!token.id.is_empty() && token.id.len() <= 1_024);
    assert!(token.stale_at > now && token.stale_at.since(now) <= Duration::from_secs(3_600 + 2 * 60));
});

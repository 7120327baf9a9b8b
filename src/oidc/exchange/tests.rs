use std::collections::HashMap;

use super::*;
use crate::base::{Ambient, Timestamp};
use crate::identity::Issuer;
use crate::oidc::keys::KeySet;
use crate::oidc::provider::Metadata;

fn settings(client_auth: ClientAuth, secret: &str) -> ProviderSettings {
    ProviderSettings {
        issuer: Issuer::parse("https://id.example.com").unwrap(),
        client_id: "client one".to_owned(),
        client_secret: Some(secret.to_owned().into()),
        client_auth,
        redirect_uri: "https://login.example.com/login/a/callback".to_owned(),
        scopes: ["profile", "openid", "groups"].map(str::to_owned).to_vec(),
    }
}

fn provider() -> Provider {
    let url = |path: &str| Url::parse(&format!("https://id.example.com/{path}")).unwrap();
    let metadata = Metadata {
        issuer: "https://id.example.com".to_owned(),
        authorization_endpoint: url("authorize?tenant=a"),
        token_endpoint: url("token"),
        jwks_uri: url("keys"),
        userinfo_endpoint: None,
        iss_in_response: false,
    };
    Provider { metadata, keys: KeySet::parse(br#"{"keys": []}"#).unwrap(), fetched: Timestamp::from_secs(0) }
}

#[test]
fn the_request_asks_for_everything_we_rely_on() {
    let attempt = Attempt::new(&Ambient::system());
    let ask = Ask { login_hint: Some("a&b@example.com".to_owned()), reauthenticate: true };
    let url = authorization_url(&settings(ClientAuth::Basic, "s"), &provider(), &ask, &attempt).unwrap();
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let asked: HashMap<&str, &str> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(asked.len(), pairs.len(), "nothing twice: {url}");
    for (name, value) in [
        ("tenant", "a"),
        ("response_type", "code"),
        ("client_id", "client one"),
        ("redirect_uri", "https://login.example.com/login/a/callback"),
        ("scope", "openid profile groups"),
        ("state", attempt.state.as_str()),
        ("nonce", attempt.nonce.as_str()),
        ("code_challenge_method", "S256"),
        ("login_hint", "a&b@example.com"),
        ("prompt", "login"),
    ] {
        assert_eq!(asked.get(name), Some(&value), "{name}");
    }
    assert!(!url.as_str().contains(&attempt.pkce_verifier));
    assert_eq!(asked["code_challenge"].len(), 43);
}

#[test]
fn only_what_is_reserved_is_encoded_in_basic() {
    let value = basic_authorization(&settings(ClientAuth::Basic, "aZ9-._~ *+/:%é")).unwrap().unwrap();
    assert!(value.is_sensitive());
    let pair = STANDARD.decode(value.to_str().unwrap().strip_prefix("Basic ").unwrap()).unwrap();
    assert_eq!(String::from_utf8(pair).unwrap(), "client+one:aZ9-._~+%2A%2B%2F%3A%25%C3%A9");
    assert!(basic_authorization(&settings(ClientAuth::Post, "s")).unwrap().is_none());
}

#[test]
fn nothing_secret_shows_in_debug() {
    let attempt = Attempt::new(&Ambient::system());
    let settings = settings(ClientAuth::Basic, "hush-hush");
    let shown = format!("{attempt:?} {settings:?}");
    for secret in [&attempt.state, &attempt.nonce, &attempt.pkce_verifier, "hush-hush"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[test]
fn an_attempt_survives_being_kept_by_a_browser() {
    let attempt = Attempt::new(&Ambient::system());
    let kept: Attempt = serde_json::from_str(&serde_json::to_string(&attempt).unwrap()).unwrap();
    assert_eq!((&kept.nonce, &kept.pkce_verifier), (&attempt.nonce, &attempt.pkce_verifier));
    assert!(kept.state_matches(&attempt.state));
    assert!(!kept.state_matches("") && !kept.state_matches(&attempt.nonce));
}

use std::collections::HashMap;

use super::*;
use crate::base::{Addresses, Ambient, Timestamp};
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
        addresses: Addresses::Any,
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
        end_session_endpoint: None,
        iss_in_response: false,
    };
    Provider { metadata, keys: KeySet::parse(br#"{"keys": []}"#).unwrap(), fetched: Timestamp::from_secs(0) }
}

#[test]
fn the_request_asks_for_everything_we_rely_on() {
    let attempt = Attempt::new(&Ambient::system());
    let hints = Hints { login_hint: Some("a&b@example.com".to_owned()), reauthenticate: true };
    let url = authorization_url(&settings(ClientAuth::Basic, "s"), &provider(), &hints, &attempt);
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

/// RFC 7636, appendix B.
#[test]
fn the_challenge_is_the_one_of_the_standards_example() {
    let challenge = code_challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    assert_eq!(challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
}

#[test]
fn only_what_is_reserved_is_encoded_in_basic() {
    let value = basic_authorization("client one", "aZ9-._~ *+/:%é").unwrap();
    assert!(value.is_sensitive());
    let pair = STANDARD.decode(value.to_str().unwrap().strip_prefix("Basic ").unwrap()).unwrap();
    assert_eq!(String::from_utf8(pair).unwrap(), "client+one:aZ9-._~+%2A%2B%2F%3A%25%C3%A9");
}

#[test]
fn the_token_request_proves_who_we_are_in_the_way_that_is_set_and_no_other() {
    let attempt = Attempt::new(&Ambient::system());
    let asked = |client_auth| {
        let endpoint = provider().metadata.token_endpoint;
        let settings = settings(client_auth, "s&=~ é");
        let request = token_request(&settings, &endpoint, &code_grant(&settings, "a+code", &attempt)).unwrap();
        assert_eq!((request.method().as_str(), request.uri().to_string().as_str()), ("POST", endpoint.as_str()));
        assert_eq!(request.headers()[ACCEPT], "application/json");
        assert_eq!(request.headers()[CONTENT_TYPE], "application/x-www-form-urlencoded");
        let form: Vec<(String, String)> = url::form_urlencoded::parse(request.body()).into_owned().collect();
        let shared = [
            ("grant_type", "authorization_code"),
            ("code", "a+code"),
            ("redirect_uri", "https://login.example.com/login/a/callback"),
            ("code_verifier", attempt.pkce_verifier.as_str()),
        ];
        let (first, rest) = form.split_at(shared.len());
        assert_eq!(first, shared.map(|(name, value)| (name.to_owned(), value.to_owned())));
        (rest.to_vec(), request.headers().contains_key(AUTHORIZATION))
    };
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(asked(ClientAuth::Basic), (vec![], true));
    let both = vec![pair("client_id", "client one"), pair("client_secret", "s&=~ é")];
    assert_eq!(asked(ClientAuth::Post), (both, false));
    assert_eq!(asked(ClientAuth::None), (vec![pair("client_id", "client one")], false));
}

fn read(json: &str) -> Result<(String, String), String> {
    let tokens = Tokens::parse(json.as_bytes()).map_err(|error| error.cause().to_string())?;
    Ok((tokens.access_token, tokens.id_token))
}

#[test]
fn nothing_odd_beside_the_tokens_stops_a_sign_in() {
    for odd in [
        "",
        r#""token_type": "bEaReR","#,
        r#""token_type": null,"#,
        r#""expires_in": "soon", "scope": ["openid"], "refresh_token": 7, "not-before-policy": 0,"#,
        r#""expires_in": -1.5, "expires_in": {},"#,
    ] {
        let answer = format!(r#"{{{odd} "access_token": "a", "id_token": "i"}}"#);
        assert_eq!(read(&answer), Ok(("a".to_owned(), "i".to_owned())), "{answer}");
    }
}

#[test]
fn a_token_response_without_what_we_need_is_refused_by_name() {
    for (answer, telling) in [
        ("", "no JSON object"),
        ("<html>", "no JSON object"),
        ("[]", "no JSON object"),
        (r#"{"id_token": "i", "token_type": "Bearer"}"#, "gave no access token"),
        (r#"{"id_token": "i", "access_token": ""}"#, "gave no access token"),
        (r#"{"access_token": "a"}"#, "gave no ID token"),
        (r#"{"access_token": "a", "id_token": {"sub": "1"}}"#, "gave no ID token"),
        (r#"{"access_token": "a", "id_token": "i", "token_type": "DPoP"}"#, "no bearer token"),
        (r#"{"access_token": "a", "id_token": "i", "token_type": 1}"#, "no bearer token"),
    ] {
        let cause = read(answer).unwrap_err();
        assert!(cause.contains(telling), "{answer}: {cause}");
    }
}

#[test]
fn an_error_response_says_whose_fault_it_is() {
    let said = |status, json: &str| refusal(&settings(ClientAuth::Post, "hush ~"), status, json.as_bytes());
    let (bad, unauthorized) = (StatusCode::BAD_REQUEST, StatusCode::UNAUTHORIZED);
    for (status, json, expected) in [
        (bad, r#"{"error": "invalid_grant"}"#, "\"invalid_grant\""),
        (bad, r#"{"error": "invalid_grant", "error_description": 7, "error_uri": []}"#, "\"invalid_grant\""),
        (bad, r#"{"error": "hush ~", "error_description": "got hush+~"}"#, "\"…\", \"got …\""),
        (bad, "", "400 without saying why"),
        (unauthorized, r#"{"error": {}}"#, "401 without saying why"),
    ] {
        let error = said(status, json);
        assert!(matches!(error, OidcError::Refused(_)), "{json}: {error}");
        assert_eq!(error.cause().as_str(), format!("{WHAT} answered {expected}"), "{json}");
    }
    for code in ["invalid_client", "unauthorized_client"] {
        let error = said(unauthorized, &format!(r#"{{"error": "{code}"}}"#));
        assert!(matches!(&error, OidcError::Misconfigured(cause) if cause.as_str().contains(code)), "{error}");
    }
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

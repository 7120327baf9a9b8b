use serde_json::json;

use super::*;

fn parsed(issuer: &str, change: Value) -> Result<Metadata, OidcError> {
    let mut document = json!({
        "issuer": issuer,
        "authorization_endpoint": "https://id.example.com//authorize?tenant=a",
        "token_endpoint": "https://id.example.com/token",
        "jwks_uri": "https://id.example.com/keys",
    });
    for (name, value) in change.as_object().unwrap() {
        document[name] = value.clone();
    }
    Metadata::parse(&Issuer::parse(issuer).unwrap(), document.to_string().as_bytes())
}

#[test]
fn what_we_do_not_use_may_be_anything_or_nothing() {
    let odd = json!({
        "response_types_supported": 1, "userinfo_endpoint": null, "id_token_signing_alg_values_supported": ["none", 2],
        "authorization_response_iss_parameter_supported": "true", "claims_supported": {},
    });
    let metadata = parsed("https://id.example.com/realms/a/", odd).unwrap();
    assert!(!metadata.iss_in_response && metadata.userinfo_endpoint.is_none());
    assert_eq!(metadata.authorization_endpoint.as_str(), "https://id.example.com//authorize?tenant=a");
}

#[test]
fn the_issuer_is_equal_to_the_last_character() {
    let issuer = "https://id.example.com/realms/a";
    assert!(parsed(issuer, json!({})).is_ok());
    for other in
        ["https://id.example.com/realms/a/", "https://id.example.com/realms/A", "https://ID.example.com/realms/a"]
    {
        assert!(matches!(parsed(issuer, json!({ "issuer": other })), Err(OidcError::Misconfigured(_))), "{other}");
    }
}

#[test]
fn endpoints_are_https_or_on_this_machine_with_their_issuer() {
    let with = |issuer: &str, url: Value| parsed(issuer, json!({ "token_endpoint": url }));
    let (far, here) = ("https://id.example.com", "http://localhost:3");
    for loopback in ["http://localhost:3/t", "http://id.localhost/t", "http://[::1]:3/t"] {
        assert!(with(here, json!(loopback)).is_ok(), "{loopback}");
        assert!(with(far, json!(loopback)).is_err(), "{loopback}: a stranger aims at what listens here alone");
    }
    assert!(with(far, json!("https://other.example.com/t")).is_ok());
    for bad in
        ["http://id.example.com/t", "javascript:alert(1)", "/token", "https://u:p@id.example.com/t", "", "ftp://x/"]
    {
        assert!(with(far, json!(bad)).is_err() && with(here, json!(bad)).is_err(), "{bad}");
    }
    assert!(with(far, json!(7)).is_err());
    assert!(with(far, json!(null)).is_err());
}

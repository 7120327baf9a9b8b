use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;
use crate::base::{Addresses, HttpSettings};

/// A provider that answers everything with one document, in which `HERE` is its own address.
async fn provider(document: Value) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let here = format!("http://{}", listener.local_addr().unwrap());
    let body = document.to_string().replace("HERE", &here);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 1024]).await;
            let head = format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
            let _ = stream.write_all((head + &body).as_bytes()).await;
        }
    });
    here
}

fn document(change: &Value) -> Value {
    let mut document = json!({
        "issuer": "HERE/",
        "authorization_endpoint": "HERE/authorize",
        "token_endpoint": "HERE/token",
        "jwks_uri": "HERE/keys",
        "keys": [],
    });
    for (name, value) in change.as_object().unwrap() {
        document[name] = value.clone();
    }
    document
}

async fn ask(typed: &str) -> Result<Preview, PreviewError> {
    preview(typed, &HttpClient::new(HttpSettings::default())).await
}

async fn found(change: Value) -> Preview {
    ask(&provider(document(&change)).await).await.unwrap()
}

#[tokio::test]
async fn the_issuer_is_taken_as_the_provider_writes_it() {
    let here = provider(document(&json!({}))).await;
    for typed in [here.clone(), format!(" {here}/ "), format!("{here}/.well-known/openid-configuration")] {
        assert_eq!(ask(&typed).await.unwrap().issuer.as_str(), format!("{here}/"), "{typed}");
    }
}

#[tokio::test]
async fn another_issuer_is_named_and_not_taken() {
    let here = provider(document(&json!({ "issuer": "https://id.example.com/{tenantid}/v2.0" }))).await;
    let error = ask(&here).await.unwrap_err();
    assert!(matches!(&error, PreviewError::OtherIssuer(_)), "{error:?}");
    assert!(error.to_string().contains("https://id.example.com/{tenantid}/v2.0"), "{error}");
}

#[tokio::test]
async fn what_is_no_provider_is_told_so() {
    for typed in ["", "ftp://id.example.com", "https://id.example.com?a=b", "http://id.example.com"] {
        assert!(matches!(ask(typed).await, Err(PreviewError::Invalid(_))), "{typed}");
    }
    let here = provider(json!("no document")).await;
    assert!(matches!(ask(&here).await, Err(PreviewError::Provider(OidcError::Misconfigured(_)))));
}

#[tokio::test]
async fn only_scopes_that_the_provider_knows_are_asked_for() {
    assert_eq!(found(json!({})).await.scopes, ["openid", "profile", "email"]);
    let scopes = found(json!({ "scopes_supported": ["groups", "email", "other", 7] })).await.scopes;
    assert_eq!(scopes, ["openid", "email", "groups"]);
}

#[tokio::test]
async fn the_way_to_authenticate_is_one_that_both_know() {
    for (methods, expected) in [
        (json!(["client_secret_post", "client_secret_basic"]), Some(ClientAuth::Basic)),
        (json!(["client_secret_post", "private_key_jwt"]), Some(ClientAuth::Post)),
        (json!(["none"]), Some(ClientAuth::None)),
        (json!(["private_key_jwt"]), None),
        (json!("anything"), Some(ClientAuth::Basic)),
    ] {
        let change = json!({ "token_endpoint_auth_methods_supported": methods });
        assert_eq!(found(change).await.client_auth, expected, "{methods}");
    }
}

#[tokio::test]
async fn a_provider_that_signs_with_nothing_we_accept_is_found_out() {
    let signs = async |algorithms: Value| found(json!({ "id_token_signing_alg_values_supported": algorithms })).await;
    assert!(signs(json!(["none", "HS256", "RS256"])).await.signs);
    assert!(!signs(json!(["none", "HS256"])).await.signs);
    assert_eq!(signs(json!(["RS256"])).await.keys, 0);
}

#[tokio::test]
async fn whoever_may_reach_the_public_alone_finds_nothing_here() {
    let here = provider(document(&json!({}))).await;
    let http = HttpClient::new(HttpSettings { addresses: Addresses::Public, ..HttpSettings::default() });
    let error = preview(&here, &http).await.unwrap_err();
    assert!(matches!(error, PreviewError::Provider(OidcError::Unavailable(_))), "{error:?}");
}

//! Against npm `oidc-provider`.

use serde_json::json;
use vestibule::base::{Ambient, HttpSettings};
use vestibule::identity::ClientAuth;
use vestibule::oidc::{Hints, OidcError, RelyingParty, VerifiedTokens};

use super::{REDIRECT_URI, answer, claims, party, settings};
use crate::kit::browser::Browser;
use crate::kit::provider::{Provider, Variant};

fn party_of(provider: &Provider, client_auth: ClientAuth) -> RelyingParty {
    let mut settings = settings(&provider.issuer);
    settings.client_auth = client_auth;
    if client_auth == ClientAuth::None {
        settings.client_secret = None;
    }
    party(settings, HttpSettings::default(), Ambient::system())
}

async fn sign_in(party: &RelyingParty, username: &str) -> Result<VerifiedTokens, OidcError> {
    let browser = new_browser();
    let (url, attempt) = party.authorize(Hints::default()).await?;
    let callback = callback(&browser, url.as_str(), Some(username)).await;
    party.redeem(answer(&callback, &attempt), &attempt).await
}

fn new_browser() -> Browser {
    Browser::new().ending_at(REDIRECT_URI)
}

/// Goes to the provider, signs in if asked to, and gives the address it is sent back to.
async fn callback(browser: &Browser, url: &str, username: Option<&str>) -> url::Url {
    let mut page = browser.follow(url).await.pop().expect("a page");
    if page.location().is_none() {
        let username = username.unwrap_or_else(|| panic!("asked to sign in at {}", page.url));
        page = browser.sign_in_as(&page, username).await.pop().expect("a page");
    }
    page.location().unwrap_or_else(|| panic!("not sent back: {}", page.text()))
}

async fn succeeds(variant: Variant, client_auth: ClientAuth) {
    let provider = Provider::start(&variant);
    let tokens =
        sign_in(&party_of(&provider, client_auth), "alice").await.unwrap_or_else(|e| panic!("{variant:?}: {e}"));
    let all = claims(&tokens);
    assert_eq!(tokens.subject, "alice");
    assert_eq!(all["email"], "alice@example.com", "{variant:?}");
    assert_eq!(all["email_verified"], true);
    assert_eq!(all["groups"], json!(["admin", "home-lab"]));
    assert_eq!(tokens.userinfo.is_some(), variant.userinfo);
    assert_eq!(tokens.id_token.contains_key("groups"), variant.claims_in_id_token || !variant.userinfo, "{variant:?}");
}

#[tokio::test]
async fn claims_come_from_userinfo() {
    succeeds(Variant::default(), ClientAuth::Basic).await;
}

#[tokio::test]
async fn claims_come_from_the_id_token() {
    succeeds(Variant { claims_in_id_token: true, ..Variant::default() }, ClientAuth::Basic).await;
    succeeds(Variant { claims_in_id_token: true, userinfo: false, ..Variant::default() }, ClientAuth::Basic).await;
}

/// A provider with one client for each value of a metadata name, called by that value.
fn provider_with_clients(name: &str, values: &[&str]) -> Provider {
    let client = |value: &&str| json!({ "client_id": value, "client_secret": "s", "redirect_uris": [REDIRECT_URI], name: value });
    Provider::start(&Variant { clients: values.iter().map(client).collect(), ..Variant::default() })
}

async fn sign_in_as_client(provider: &Provider, client_id: &str) -> Result<VerifiedTokens, OidcError> {
    let mut settings = settings(&provider.issuer);
    settings.client_id = client_id.to_owned();
    settings.client_secret = Some("s".to_owned().into());
    sign_in(&party(settings, HttpSettings::default(), Ambient::system()), "alice").await
}

#[tokio::test]
async fn every_accepted_algorithm_is_verified() {
    let algorithms = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA", "Ed25519"];
    let provider = provider_with_clients("id_token_signed_response_alg", &algorithms);
    for alg in algorithms {
        let tokens = sign_in_as_client(&provider, alg).await.unwrap_or_else(|error| panic!("{alg}: {error}"));
        assert_eq!(claims(&tokens)["email"], "alice@example.com", "{alg}");
    }
}

#[tokio::test]
async fn other_algorithms_are_refused_by_name() {
    let provider = provider_with_clients("id_token_signed_response_alg", &["HS256", "ES512"]);
    for alg in ["HS256", "ES512"] {
        let error = sign_in_as_client(&provider, alg).await.expect_err(alg);
        assert!(matches!(&error, OidcError::Refused(cause) if cause.as_str().contains(alg)), "{error}");
    }
}

#[tokio::test]
async fn userinfo_may_be_signed() {
    let algorithms = ["RS256", "PS256", "ES256", "EdDSA"];
    let provider = provider_with_clients("userinfo_signed_response_alg", &algorithms);
    for alg in algorithms {
        let tokens = sign_in_as_client(&provider, alg).await.unwrap_or_else(|error| panic!("{alg}: {error}"));
        assert_eq!(tokens.userinfo.expect("asked for")["iss"], provider.issuer, "it was a JWT: {alg}");
    }
}

#[tokio::test]
async fn every_client_authentication_works_and_pkce_is_sent() {
    succeeds(Variant { pkce_required: true, ..Variant::default() }, ClientAuth::Basic).await;
    succeeds(Variant { client_auth: "client_secret_post", ..Variant::default() }, ClientAuth::Post).await;
    succeeds(Variant { client_auth: "none", pkce_required: true, ..Variant::default() }, ClientAuth::None).await;
}

#[tokio::test]
async fn keys_may_rotate_while_we_run() {
    let provider = Provider::start(&Variant::default());
    let party = party_of(&provider, ClientAuth::Basic);
    sign_in(&party, "bob").await.expect("before");
    provider.rotate_keys().await;
    let tokens = sign_in(&party, "bob").await.expect("after");
    assert_eq!(claims(&tokens)["groups"], json!(["home-lab"]));
}

#[tokio::test]
async fn a_wrong_secret_is_our_misconfiguration() {
    let provider = Provider::start(&Variant::default());
    let mut settings = settings(&provider.issuer);
    settings.client_secret = Some("wrong".to_owned().into());
    let party = party(settings, HttpSettings::default(), Ambient::system());
    let error = sign_in(&party, "alice").await.expect_err("refused");
    assert!(matches!(&error, OidcError::Misconfigured(cause) if cause.as_str().contains("invalid_client")), "{error}");
}

#[tokio::test]
async fn a_code_is_good_once_and_only_with_its_own_attempt() {
    let provider = Provider::start(&Variant::default());
    let party = party_of(&provider, ClientAuth::Basic);
    let browser = new_browser();
    let (url, attempt) = party.authorize(Hints::default()).await.expect("begun");
    let first = answer(&callback(&browser, url.as_str(), Some("alice")).await, &attempt);
    let (_, other) = party.authorize(Hints::default()).await.expect("begun");
    let error = party.redeem(first.clone(), &other).await.expect_err("another verifier");
    assert!(error.to_string().contains("invalid_grant"), "{error}");
    // The browser is signed in there by now, so it is not asked again; unless we ask for it.
    let (url, attempt) = party.authorize(Hints::default()).await.expect("begun");
    let second = answer(&callback(&browser, url.as_str(), None).await, &attempt);
    party.redeem(second.clone(), &attempt).await.expect("once");
    let error = party.redeem(second.clone(), &attempt).await.expect_err("twice");
    assert!(error.to_string().contains("invalid_grant") && !error.to_string().contains(&second.code), "{error}");
}

#[tokio::test]
async fn reauthentication_and_hint_reach_the_provider() {
    let provider = Provider::start(&Variant::default());
    let party = party_of(&provider, ClientAuth::Basic);
    let browser = new_browser();
    let (url, _) = party.authorize(Hints::default()).await.expect("begun");
    callback(&browser, url.as_str(), Some("alice")).await;
    let hints = Hints { login_hint: Some("bob".to_owned()), reauthenticate: true };
    let (url, attempt) = party.authorize(hints).await.expect("begun");
    let page = browser.follow(url.as_str()).await.pop().expect("a page");
    assert!(page.text().contains("value=\"bob\""), "{}", page.text());
    let back = callback(&browser, page.url.as_str(), Some("bob")).await;
    let tokens = party.redeem(answer(&back, &attempt), &attempt).await.expect("signed in");
    assert_eq!(tokens.subject, "bob");
}

#[tokio::test]
async fn clients_may_be_added_while_it_runs_and_people_may_go_away() {
    let provider = Provider::start(&Variant::default());
    let metadata = json!({ "client_id": "late", "client_secret": "late-secret", "redirect_uris": [REDIRECT_URI] });
    provider.add_client(metadata).await;
    let mut settings = settings(&provider.issuer);
    settings.client_id = "late".to_owned();
    settings.client_secret = Some("late-secret".to_owned().into());
    let party = party(settings, HttpSettings::default(), Ambient::system());
    sign_in(&party, "carol").await.expect("signed in");

    let (url, _) = party.authorize(Hints::default()).await.expect("begun");
    let back = callback(&new_browser(), url.as_str(), Some("cancel")).await;
    let value = |name: &str| back.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    assert_eq!(value("error").as_deref(), Some("access_denied"));
    party.check_response_issuer(value("iss").as_deref()).await.expect("it says who it is");
    party.check_response_issuer(Some("https://other.example.com")).await.expect_err("another");
}

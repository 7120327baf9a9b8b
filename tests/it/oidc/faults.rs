//! Against the provider that misbehaves.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use vestibule::base::ambient::{Clock, SystemChance, SystemClock};
use vestibule::base::{Ambient, HttpSettings, Timestamp};
use vestibule::oidc::{Hints, OidcError, RelyingParty};

use super::{claims, party, settings, sign_in_unasked};
use crate::kit::faulty::{Endpoint, Fault, Faulty, Trouble};
use crate::kit::provider::CLIENT_SECRET;

/// Long enough for loopback on a busy machine, short enough to wait for.
const PATIENCE: Duration = Duration::from_millis(700);

/// The machine's clock, moved forward.
#[derive(Clone, Default)]
struct Later(Arc<Mutex<Duration>>);

impl Later {
    fn pass(&self, time: Duration) {
        *self.0.lock().expect("not poisoned") += time;
    }
}

impl Clock for Later {
    fn now(&self) -> Timestamp {
        SystemClock.now().plus(*self.0.lock().expect("not poisoned"))
    }
}

fn party_of(provider: &Faulty, clock: &Later) -> RelyingParty {
    let http = HttpSettings { total_timeout: PATIENCE, ..HttpSettings::default() };
    party(settings(&provider.issuer), http, Ambient::new(clock.clone(), SystemChance::default()))
}

async fn error_of(fault: Fault) -> OidcError {
    let provider = Faulty::start(fault).await;
    let error =
        sign_in_unasked(&party_of(&provider, &Later::default())).await.map(|_| ()).expect_err(&format!("{fault:?}"));
    let text = error.to_string();
    assert!(!text.contains(CLIENT_SECRET) && !text.chars().any(char::is_control), "{fault:?}: {text}");
    error
}

async fn refused(fault: Fault, telling: &str) {
    let error = error_of(fault).await;
    assert!(matches!(&error, OidcError::Refused(cause) if cause.as_str().contains(telling)), "{fault:?}: {error}");
}

async fn misconfigured(fault: Fault, telling: &str) {
    let error = error_of(fault).await;
    assert!(
        matches!(&error, OidcError::Misconfigured(cause) if cause.as_str().contains(telling)),
        "{fault:?}: {error}"
    );
}

async fn unavailable(fault: Fault, telling: &str) {
    let error = error_of(fault).await;
    assert!(matches!(&error, OidcError::Unavailable(cause) if cause.as_str().contains(telling)), "{fault:?}: {error}");
}

#[tokio::test]
async fn the_honest_one_is_believed() {
    let provider = Faulty::start(Fault::Honest).await;
    let party = party_of(&provider, &Later::default());
    // A server runs it on any thread.
    let task = tokio::spawn(async move { sign_in_unasked(&party).await });
    let tokens = task.await.expect("no panic").expect("signed in");
    assert_eq!(tokens.subject, "alice");
    assert_eq!(claims(&tokens)["groups"], json!(["admin", "home-lab"]));
}

#[tokio::test]
async fn who_the_token_is_from_and_for_is_checked() {
    refused(Fault::Issuer, "another issuer").await;
    refused(Fault::Audience, "another audience").await;
    refused(Fault::AudiencesWithoutAzp, "no azp").await;
    refused(Fault::Azp, "another client").await;
    refused(Fault::Nonce, "nonce").await;
    refused(Fault::NonceMissing, "nonce").await;
    refused(Fault::AtHash, "at_hash").await;
    refused(Fault::SubMissing, "no sub").await;
    refused(Fault::SubNumber, "no sub").await;
    refused(Fault::SubEmpty, "no sub").await;
    refused(Fault::IdTokenMissing, "no ID token").await;
}

#[tokio::test]
async fn the_signature_is_checked() {
    refused(Fault::AlgNone, "alg \"none\"").await;
    refused(Fault::Hs256Pem, "alg \"HS256\"").await;
    refused(Fault::Hs256Jwk, "alg \"HS256\"").await;
    refused(Fault::UnknownKid, "kid \"nobody-knows-it\"").await;
    refused(Fault::ForeignKey, "does not verify").await;
    refused(Fault::Tampered, "does not verify").await;
    refused(Fault::Crit, "crit").await;
    refused(Fault::Encrypted, "encrypted").await;
}

#[tokio::test]
async fn times_and_sizes_are_checked() {
    refused(Fault::Expired, "expired 1").await;
    refused(Fault::ExpMissing, "no exp").await;
    refused(Fault::Future, "in the future").await;
    refused(Fault::Old, "s ago (iat)").await;
    refused(Fault::Oversized, "larger than 65536").await;
    refused(Fault::UserinfoOversized, "more than 65536").await;
}

#[tokio::test]
async fn userinfo_is_of_the_same_person_or_nobody() {
    refused(Fault::UserinfoSub, "another sub").await;
    refused(Fault::UserinfoSubMissing, "no sub").await;
    refused(Fault::UserinfoUnsigned, "alg \"none\"").await;
    refused(Fault::UserinfoIssuer, "another issuer").await;
}

#[tokio::test]
async fn the_answer_is_the_providers_own() {
    refused(Fault::CallbackIss, "iss names another issuer").await;
    refused(Fault::CallbackIssMissing, "lacks iss").await;
    misconfigured(Fault::DiscoveryIssuer, "equal to the last character").await;
    misconfigured(Fault::DiscoveryScheme, "authorization_endpoint is no https URL").await;
}

#[tokio::test]
async fn endpoints_out_of_order_are_told_apart() {
    use Endpoint::{Discovery, Keys, Token, Userinfo};
    for (endpoint, name) in
        [(Discovery, "discovery"), (Keys, "key set"), (Token, "token endpoint"), (Userinfo, "userinfo")]
    {
        unavailable(Fault::At(endpoint, Trouble::Fails), &format!("{name} ")).await;
        unavailable(Fault::At(endpoint, Trouble::Silent), "no complete answer").await;
        misconfigured(Fault::At(endpoint, Trouble::Redirects), "a redirect, which is not followed").await;
        refused(Fault::At(endpoint, Trouble::Huge), "larger than 1048576").await;
    }
    misconfigured(Fault::At(Discovery, Trouble::NotJson), "no JSON object").await;
    misconfigured(Fault::At(Keys, Trouble::NotJson), "no JWK Set").await;
    refused(Fault::At(Token, Trouble::NotJson), "token response").await;
    refused(Fault::At(Userinfo, Trouble::NotJson), "JSON object").await;
}

#[tokio::test]
async fn what_the_token_endpoint_says_is_quoted_without_secrets() {
    let error = error_of(Fault::TokenError).await.to_string();
    assert!(error.contains("\"invalid_grant\", \"bad code …\\r\\nsecret …\""), "{error}");
}

#[tokio::test]
async fn a_provider_that_nobody_answers_for_is_unavailable() {
    let http = HttpSettings::default();
    let party = party(settings("http://127.0.0.1:1"), http, Ambient::system());
    let error = party.authorize(Hints::default()).await.expect_err("nobody listens");
    assert!(matches!(error, OidcError::Unavailable(_)), "{error}");
}

#[tokio::test]
async fn odd_types_stop_nobody_and_arrive_unchanged() {
    let provider = Faulty::start(Fault::Honest).await;
    let odd = json!({
        "name": 4711, "email_verified": "true", "auth_time": 1_700_000_000.25, "updated_at": "yesterday", "address": "here",
        "c_hash": "x", "typ": "ID", "jti": 7, "amr": "pwd", "acr": 1, "locale": ["en"], "birthdate": false, "groups": [""],
        "exp": 99_999_999_999.5, "realm_access": { "roles": ["a"] }, "cognito:groups": ["b"], "scopes": null,
    });
    provider.set_claims(odd.clone());
    let tokens = sign_in_unasked(&party_of(&provider, &Later::default())).await.expect("signed in");
    for (name, value) in odd.as_object().expect("an object") {
        assert_eq!(&tokens.id_token[name], value, "{name}");
    }
}

#[tokio::test]
async fn an_audience_may_be_an_array_and_azp_may_be_us() {
    let provider = Faulty::start(Fault::Honest).await;
    for extra in [json!({ "aud": ["vestibule"] }), json!({ "aud": ["x", "vestibule"], "azp": "vestibule" })] {
        provider.set_claims(extra.clone());
        sign_in_unasked(&party_of(&provider, &Later::default()))
            .await
            .unwrap_or_else(|error| panic!("{extra}: {error}"));
    }
}

#[tokio::test]
async fn a_provider_that_is_down_is_asked_again_only_after_a_pause() {
    let provider = Faulty::start(Fault::At(Endpoint::Discovery, Trouble::Fails)).await;
    let (clock, path) = (Later::default(), "/.well-known/openid-configuration");
    let party = party_of(&provider, &clock);
    for _ in 0..5 {
        assert!(matches!(sign_in_unasked(&party).await, Err(OidcError::Unavailable(_))));
    }
    assert_eq!(provider.hits(path), 1);
    provider.set_fault(Fault::Honest);
    assert!(sign_in_unasked(&party).await.is_err(), "the pause is not over");
    clock.pass(Duration::from_secs(2));
    sign_in_unasked(&party).await.expect("back");
    assert_eq!(provider.hits(path), 2);
}

#[tokio::test]
async fn many_who_wait_share_one_question() {
    let provider = Faulty::start(Fault::Honest).await;
    let party = Arc::new(party_of(&provider, &Later::default()));
    let all = (0..20).map(|_| {
        let party = Arc::clone(&party);
        tokio::spawn(async move { party.authorize(Hints::default()).await.map(|_| ()) })
    });
    for one in all.collect::<Vec<_>>() {
        one.await.expect("no panic").expect("begun");
    }
    assert_eq!(provider.hits("/.well-known/openid-configuration"), 1);
    assert_eq!(provider.hits("/jwks"), 1);
}

#[tokio::test]
async fn what_is_known_stays_in_use_while_a_provider_is_down() {
    let provider = Faulty::start(Fault::Honest).await;
    let clock = Later::default();
    let party = party_of(&provider, &clock);
    party.authorize(Hints::default()).await.expect("known");
    provider.set_fault(Fault::At(Endpoint::Discovery, Trouble::Fails));
    clock.pass(Duration::from_secs(2 * 60 * 60));
    party.authorize(Hints::default()).await.expect("still known");
    party.authorize(Hints::default()).await.expect("and not asked for again at once");
    assert_eq!(provider.hits("/.well-known/openid-configuration"), 2);
}

#[tokio::test]
async fn a_new_key_is_fetched_at_once_and_unknown_ones_do_not_hammer() {
    let provider = Faulty::start(Fault::Honest).await;
    let clock = Later::default();
    let party = party_of(&provider, &clock);
    sign_in_unasked(&party).await.expect("the first key");
    provider.rotate_key();
    sign_in_unasked(&party).await.expect("the second key, at once");
    assert_eq!(provider.hits("/jwks"), 2);
    provider.set_fault(Fault::UnknownKid);
    for _ in 0..5 {
        assert!(sign_in_unasked(&party).await.is_err());
    }
    assert_eq!(provider.hits("/jwks"), 2, "within the floor nobody is asked");
    clock.pass(Duration::from_secs(10));
    for _ in 0..5 {
        assert!(sign_in_unasked(&party).await.is_err());
    }
    assert_eq!(provider.hits("/jwks"), 3);
    provider.set_fault(Fault::Honest);
    sign_in_unasked(&party).await.expect("known keys go on");
}

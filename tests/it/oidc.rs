//! The relying party against a certified provider in its variants, and against one that misbehaves.

mod faults;
mod real;

use serde_json::{Map, Value};
use url::Url;
use vestibule::base::{Addresses, Ambient, HttpClient, HttpSettings};
use vestibule::identity::{ClientAuth, Issuer};
use vestibule::oidc::{Answer, Attempt, Hints, OidcError, ProviderSettings, RelyingParty, VerifiedTokens};

use crate::kit::browser::Browser;
use crate::kit::provider::{CLIENT_ID, CLIENT_SECRET};

/// Where providers send our browsers back to. Nobody listens there: the test reads the address.
const REDIRECT_URI: &str = "http://login.localhost:1/login/test/callback";

fn settings(issuer: &str) -> ProviderSettings {
    ProviderSettings {
        issuer: Issuer::parse(issuer).expect("an issuer"),
        client_id: CLIENT_ID.to_owned(),
        client_secret: Some(CLIENT_SECRET.to_owned().into()),
        client_auth: ClientAuth::Basic,
        redirect_uri: REDIRECT_URI.to_owned(),
        addresses: Addresses::Any,
        scopes: ["openid", "profile", "email", "groups"].map(str::to_owned).to_vec(),
    }
}

fn party(settings: ProviderSettings, http: HttpSettings, ambient: Ambient) -> RelyingParty {
    RelyingParty::new(settings, HttpClient::new(http), ambient).expect("settings that agree")
}

/// What the address of a callback carries.
fn answer(callback: &Url, attempt: &Attempt) -> Answer {
    assert!(callback.as_str().starts_with(REDIRECT_URI), "{callback}");
    let value = |name: &str| callback.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    assert!(attempt.state_matches(&value("state").expect("a state")));
    assert!(!attempt.state_matches("another"));
    Answer { code: value("code").unwrap_or_else(|| panic!("no code: {callback}")), iss: value("iss") }
}

/// A sign-in at a provider that asks nothing.
async fn sign_in_unasked(party: &RelyingParty) -> Result<VerifiedTokens, OidcError> {
    let (url, attempt) = party.authorize(Hints::default()).await?;
    let callback = Browser::new().navigate(url.as_str()).await.location().expect("sent back");
    party.redeem(answer(&callback, &attempt), &attempt).await
}

fn claims(tokens: &VerifiedTokens) -> Map<String, Value> {
    let mut all = tokens.userinfo.clone().unwrap_or_default();
    all.extend(tokens.id_token.clone());
    all
}

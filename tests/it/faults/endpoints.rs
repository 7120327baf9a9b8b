//! Endpoints that do not do their work.

use tokio::join;

use super::{REFUSED, Told, UNAVAILABLE, is_refused};
use crate::kit::faulty::{Endpoint, Fault, Trouble};

const ALL: [(Endpoint, &str); 4] = [
    (Endpoint::Discovery, "discovery"),
    (Endpoint::Keys, "key set"),
    (Endpoint::Token, "token endpoint"),
    (Endpoint::Userinfo, "userinfo endpoint"),
];

async fn everywhere(trouble: Trouble, told: Told, cause: &str) {
    for (endpoint, name) in ALL {
        is_refused(Fault::At(endpoint, trouble), told, &format!("{name}{cause}")).await;
    }
}

#[tokio::test]
async fn an_endpoint_that_fails_makes_the_provider_unavailable() {
    everywhere(Trouble::Fails, UNAVAILABLE, " answered 500").await;
}

#[tokio::test]
async fn an_endpoint_that_never_answers_makes_the_provider_unavailable() {
    let silent = |endpoint| is_refused(Fault::At(endpoint, Trouble::Silent), UNAVAILABLE, "10");
    join!(silent(Endpoint::Discovery), silent(Endpoint::Keys), silent(Endpoint::Token), silent(Endpoint::Userinfo),);
}

#[tokio::test]
async fn an_endpoint_that_redirects_is_not_followed() {
    everywhere(Trouble::Redirects, REFUSED, " answered 302, a redirect").await;
}

#[tokio::test]
async fn an_endpoint_that_answers_no_json_is_refused() {
    for (endpoint, cause) in [
        (Endpoint::Discovery, "no JSON object"),
        (Endpoint::Keys, "no JWK Set"),
        (Endpoint::Token, "did not answer with a token response"),
        (Endpoint::Userinfo, "did not answer with a JSON object"),
    ] {
        is_refused(Fault::At(endpoint, Trouble::NotJson), REFUSED, cause).await;
    }
}

#[tokio::test]
async fn an_endpoint_that_answers_without_end_is_not_read_to_the_end() {
    everywhere(Trouble::Huge, REFUSED, ": ").await;
}

#[tokio::test]
async fn metadata_of_another_issuer_is_refused() {
    is_refused(Fault::DiscoveryIssuer, REFUSED, "another issuer").await;
}

#[tokio::test]
async fn metadata_that_would_send_people_into_a_script_is_refused() {
    is_refused(Fault::DiscoveryScheme, REFUSED, "authorization_endpoint").await;
}

//! The signed assertion: an application can check it with what we publish, and with nothing else.

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::Value;

use crate::kit::browser::Browser;
use crate::kit::database::Database;
use crate::kit::raw;
use crate::kit::upstream::received;
use crate::kit::world::World;

#[tokio::test]
async fn the_assertion_verifies_against_the_published_keys() {
    let world = World::usual().await;
    let (browser, page) = world.signed_in("alice").await;
    let seen = page.json();
    let assertion = received(&seen, "x-vestibule-assertion")[0];

    let published = Browser::new().fetch(&world.login("/.well-known/vestibule/jwks.json")).await;
    assert_eq!(published.header("content-type"), Some("application/jwk-set+json"));
    assert!(!published.text().contains("\"d\""), "no private key");
    let keys: JwkSet = serde_json::from_slice(&published.body).unwrap();
    let header = decode_header(assertion).unwrap();
    assert_eq!(header.typ.as_deref(), Some("vestibule-assertion+jwt"));
    assert!(matches!(header.alg, Algorithm::EdDSA | Algorithm::ES256));
    let key = DecodingKey::from_jwk(keys.find(&header.kid.unwrap()).expect("the key is published")).unwrap();
    let mut validation = Validation::new(header.alg);
    validation.set_audience(&["wiki"]);
    validation.set_issuer(&[format!("http://login.localhost:{}", world.places.port)]);
    validation.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
    let claims = decode::<Value>(assertion, &key, &validation).unwrap().claims;

    let lives = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
    assert!((1..=300).contains(&lives), "{lives} seconds");
    let database = Database::open(&world.database_path()).await;
    assert_eq!(claims["sub"], database.texts("select id from users where username = 'alice'").await[0]);
    assert_eq!(claims["preferred_username"], "alice");
    assert_eq!(claims["email"], "alice@example.com");
    assert_eq!(claims["groups"], serde_json::json!(["Admin"]));
    assert_eq!(claims["organization"], "home-lab");

    validation.set_audience(&["docs"]);
    assert!(decode::<Value>(assertion, &key, &validation).is_err(), "it is for one application");
    let later = browser.navigate(&world.url("wiki", "/")).await.json();
    assert_eq!(received(&later, "x-vestibule-assertion")[0], assertion, "signed once, not for every request");
    world.clock.advance(std::time::Duration::from_secs(200));
    let later = browser.navigate(&world.url("wiki", "/")).await.json();
    assert_ne!(received(&later, "x-vestibule-assertion")[0], assertion, "and renewed before it runs out");
}

#[tokio::test]
async fn the_keys_may_be_kept_for_a_while_and_are_only_ever_read() {
    let world = World::usual().await;
    let address = ([127, 0, 0, 1], world.places.port).into();
    let ask = async |method: &str| {
        let host = format!("login.localhost:{}", world.places.port);
        let line = format!("{method} /.well-known/vestibule/jwks.json HTTP/1.1");
        raw::ask(address, format!("{line}\r\nHost: {host}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")).await
    };
    let (get, head) = (ask("GET").await, ask("HEAD").await);
    for answer in [&get, &head] {
        assert_eq!((answer.status, answer.all("cache-control")), (200, vec!["public, max-age=300"]), "{answer:?}");
        assert_eq!(answer.all("content-length"), [get.body.len().to_string()]);
    }
    assert!(head.body.is_empty() && get.json()["keys"][0]["kty"] == "OKP", "{get:?}");
    assert_eq!(ask("POST").await.status, 405);
}

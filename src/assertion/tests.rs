use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::base::{Clock, SystemChance};

#[derive(Clone)]
struct Hand(Arc<AtomicI64>);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_secs(self.0.load(Ordering::Relaxed))
    }
}

const START: i64 = 1_800_000_000;

struct Bench {
    hand: Hand,
    assertions: Assertions,
    application: ApplicationId,
    organization: OrganizationId,
    role: RoleName,
}

impl Bench {
    fn new() -> Self {
        let hand = Hand(Arc::new(AtomicI64::new(START)));
        let ambient = Ambient::new(hand.clone(), SystemChance::default());
        let key = SigningKey::generate(&ambient).unwrap();
        let assertions = Assertions::new(key, "https://login.example.com".parse().unwrap(), ambient);
        Self {
            hand,
            assertions,
            application: "wiki".parse().unwrap(),
            organization: "home-lab".parse().unwrap(),
            role: "Admin".parse().unwrap(),
        }
    }

    fn subject(&self) -> Subject<'_> {
        Subject {
            application: &self.application,
            organization: &self.organization,
            user: UserId::new(Uuid::from_u128(7)),
            username: "alice",
            display_name: Some("Älice"),
            email: None,
            groups: vec![&self.role],
        }
    }

    fn sign(&self) -> Signature {
        self.assertions.sign(&self.subject()).unwrap()
    }

    fn write(&self, signature: &Signature) -> String {
        let mut text = String::new();
        self.assertions.write(&self.subject(), signature, &mut text).unwrap();
        text
    }
}

#[test]
fn an_upstream_can_check_it_with_the_published_keys() {
    let bench = Bench::new();
    let token = bench.write(&bench.sign());
    let jwks = bench.assertions.jwks();
    let header = decode_header(&token).unwrap();
    assert_eq!(header.typ.as_deref(), Some("vestibule-assertion+jwt"));
    assert_eq!(header.kid.as_deref(), jwks["keys"][0]["kid"].as_str());
    assert!(jwks["keys"][0].get("d").is_none());

    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.validate_exp = false; // The hand of this clock stands where no other does.
    validation.set_audience(&["wiki"]);
    validation.set_issuer(&["https://login.example.com"]);
    let public = DecodingKey::from_ed_components(jwks["keys"][0]["x"].as_str().unwrap()).unwrap();
    let claims = decode::<Value>(&token, &public, &validation).unwrap().claims;
    let expected = json!({
        "iss": "https://login.example.com",
        "aud": "wiki",
        "sub": Uuid::from_u128(7).to_string(),
        "iat": START,
        "exp": START + 300,
        "preferred_username": "alice",
        "name": "Älice",
        "groups": ["Admin"],
        "organization": "home-lab",
    });
    assert_eq!(claims, expected);
    validation.set_audience(&["other"]);
    assert!(decode::<Value>(&token, &public, &validation).is_err());
}

#[test]
fn it_is_renewed_when_half_its_life_is_over() {
    let bench = Bench::new();
    let first = bench.sign();
    assert_eq!(first.renew_at(), Timestamp::from_secs(START + 150));
    let written = bench.write(&first);
    bench.hand.0.fetch_add(1, Ordering::Relaxed);
    assert_eq!(bench.write(&first), written, "until then it stays the same to the letter");
    assert_ne!(bench.write(&bench.sign()), written);
}

#[test]
fn the_key_survives_the_store_and_shows_nothing_of_itself() {
    let key = SigningKey::generate(&Ambient::system()).unwrap();
    let stored = key.to_stored();
    let again = SigningKey::from_stored(&stored).unwrap();
    assert_eq!(again.id(), key.id());
    assert_eq!(again.jwk(), key.jwk());
    let secret = secrecy::ExposeSecret::expose_secret(&stored);
    assert!(!format!("{key:?}").contains(&secret[20..40]));
    assert!(SigningKey::from_stored(&"bm9uZQ==".to_owned().into()).is_err());
}

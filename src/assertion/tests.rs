use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};
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
    username: Username,
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
            username: "alice".parse().unwrap(),
            role: "Admin".parse().unwrap(),
        }
    }

    fn header(&self, generation: u64) -> String {
        let subject = || Subject {
            application: &self.application,
            organization: &self.organization,
            user: UserId::new(Uuid::from_u128(7)),
            username: &self.username,
            display_name: Some("Älice"),
            email: None,
            groups: vec![&self.role],
        };
        self.assertions.header(key(generation), subject).unwrap().to_str().unwrap().to_owned()
    }
}

fn key(generation: u64) -> AssertionKey {
    AssertionKey {
        session: SessionId::new(Uuid::from_u128(1)),
        application: ApplicationKey::new(Uuid::from_u128(2)),
        generation,
        version: 1,
    }
}

#[test]
fn an_upstream_can_check_it_with_the_published_keys() {
    let bench = Bench::new();
    let token = bench.header(1);
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
    let claims = decode::<Claims>(&token, &public, &validation).unwrap().claims;
    assert_eq!(
        claims,
        Claims {
            iss: "https://login.example.com".into(),
            aud: "wiki".into(),
            sub: Uuid::from_u128(7).to_string(),
            iat: START,
            exp: START + 300,
            preferred_username: "alice".into(),
            name: Some("Älice".into()),
            email: None,
            groups: vec!["Admin".into()],
            organization: "home-lab".into(),
        }
    );
    validation.set_audience(&["other"]);
    assert!(decode::<Claims>(&token, &public, &validation).is_err());
}

#[test]
fn it_is_kept_until_half_its_life_is_over() {
    let bench = Bench::new();
    let first = bench.header(1);
    bench.hand.0.fetch_add(149, Ordering::Relaxed);
    assert_eq!(bench.header(1), first);
    bench.hand.0.fetch_add(1, Ordering::Relaxed);
    assert_ne!(bench.header(1), first);
}

#[test]
fn a_changed_principal_or_catalogue_gets_another() {
    let bench = Bench::new();
    let first = bench.header(1);
    bench.hand.0.fetch_add(1, Ordering::Relaxed);
    assert_ne!(bench.header(2), first);
    let subject = || -> Subject<'_> { unreachable!("it is kept") };
    assert!(bench.assertions.header(key(1), subject).is_ok());
    let asked = std::cell::Cell::new(false);
    let subject = || {
        asked.set(true);
        Subject {
            application: &bench.application,
            organization: &bench.organization,
            user: UserId::new(Uuid::from_u128(7)),
            username: &bench.username,
            display_name: None,
            email: None,
            groups: Vec::new(),
        }
    };
    bench.assertions.header(AssertionKey { version: 2, ..key(1) }, subject).unwrap();
    assert!(asked.get());
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
